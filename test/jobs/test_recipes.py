"""Each recipe works as it is written: followed to the letter in a copy of the repository, it ends with what it adds."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lake_etl.adapters.local.sqlite_items import SqliteItems
from lib.local_lake.folders import LakeFolders
from lib.local_lake.running.collected_files import AUDIT
from recipes import follow

# What looks at every transform, input format, document, or shared module.
FURTHER_TESTS = (
    'test/test_architecture.py::test_a_transform_stands_in_the_module_of_its_kind', 'test/unit/test_docs.py',
    'test/unit/test_known_transforms.py', 'test/unit/test_reference.py', 'test/unit/test_sample_workflows.py',
    'test/unit/test_transform_entries_1.py', 'test/unit/test_transform_entries_2.py',
    'test/contract/test_public_signatures.py', 'test/spark/test_discovery.py', 'test/unit/test_recommend.py',
    'test/unit/test_json_schema.py')
# The examples of the other transforms, the decisions in docs/adr, and what texts of chance do are in the copy what they
# are here.
OWN_EXAMPLES = ('(not test_an_example_comes_out_as_the_page_says or uppercase) and not adr and not broken_text '
                'and not editor_never_marks and not zip')


def resources(assembly: Path, kind: str) -> list[dict[str, Any]]:
    """Return the properties of all resources of a kind in the templates of an assembly."""
    templates = [json.loads(path.read_text(encoding='utf-8')) for path in assembly.rglob('*.template.json')]
    return [resource['Properties'] for template in templates for resource in template['Resources'].values()
            if resource['Type'] == kind]


def test_transforms_an_input_format_and_a_rule_type(tmp_path, spark_environment):
    # They touch different lines. One copy, one process and one Spark session serve the four.
    follow(['A transform of your own', 'A transform of the lake', 'An input format', 'A rule type'],
           tmp_path / 'copy', (*FURTHER_TESTS, '-k', OWN_EXAMPLES))


def test_a_job_with_its_step(tmp_path, spark_environment):
    copy = tmp_path / 'copy'
    printed = follow(['A job with its step'], copy)

    [job] = [job for job in resources(copy / 'cdk.out', 'AWS::Glue::Job')
             if job['Name'] == 'dev-insurancelake-count-rows-job']
    assert 'etl/etl_count_rows.py' in json.dumps(job['Command']['ScriptLocation'])
    assert '--target_bucket' in job['DefaultArguments']

    [machine] = resources(copy / 'cdk.out', 'AWS::StepFunctions::StateMachine')
    states = json.loads(machine['DefinitionString'])['States']
    assert states['Cleanse to Consume']['Next'] == 'Count rows'
    assert states['Count rows']['Parameters']['JobName'] == '${CountRowsJob}'
    assert states['Count rows']['Parameters']['Arguments']['--target_database_name.$'] == '$.target_database_name'
    assert 'CountRowsJob' in machine['DefinitionSubstitutions']

    assert 'of SyntheticGeneralData.ClaimData has 1000 rows.' in printed, 'what the job logs under --verbose'
    [run] = SqliteItems().scan(LakeFolders.of(str(copy / '.lake'), None).items(AUDIT))
    assert run['job_latest_status'] == 'SUCCEEDED'
    assert list(run['seconds']) == ['collect-to-cleanse', 'cleanse-to-consume', 'count-rows']
