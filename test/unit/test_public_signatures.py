"""The names that users' own code imports, and how they are called, by the short and by the long module names."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = REPOSITORY / 'lib' / 'glue_scripts' / 'lib'

# A value that must be given is `_`, so that its name is free; `*` takes any number of values.
TRANSFORM = '_, _, _, _, sc=None, *'
SIGNATURES = {
    'glue_catalog_helpers': {
        'table_exists': '_, _',
        'create_database': '_, _, description=None',
        'check_schema_change': '_, _, _',
        'upsert_catalog_table': "_, _, _, _, _, database_description=None, table_description=None, "
                                "allow_schema_change='strict'",
        'clear_partition': '_, _, _, sc=None',
        'clean_column_names': '_',
        'generate_spec': '_, _',
        'put_s3_object': '_, _',
        'clean_nulltypes': '_',
    },
    'custom_mapping': {
        'custommapping': '_, _, _, _, strict=False',
        'custommapping_with_glue': '_, _, _, _',
        'flatten_schema': "_, prefix=''",
    },
    'datalineage': {
        'DataLineageGenerator': '_, uniid=None',
        'DataLineageGenerator.update_lineage': '_, _, _, _, **',
    },
    'dataquery': {
        'athena_execute_query': '_, _, _, max_attempts=30',
        'redshift_execute_query': '_, _, cluster_id=None, workgroup_name=None, secret_arn=None, max_attempts=120',
    },
    'dataquality_check': {
        'DataQualityCheck': '_, _, _, _, sc=None',
        'DataQualityCheck.run_data_quality': '_, _, _, _',
    },
    'datatransform_typeconversion': dict.fromkeys((
        'transform_currency', 'transform_changetype', 'transform_date', 'transform_timestamp',
        'transform_implieddecimal', 'transform_titlecase'), TRANSFORM),
    'datatransform_stringmanipulation': dict.fromkeys((
        'transform_columnfromcolumn', 'transform_columnreplace', 'transform_combinecolumns', 'transform_literal',
        'transform_filename'), TRANSFORM),
    'datatransform_dataprotection': dict.fromkeys((
        'transform_hash', 'transform_redact', 'transform_tokenize'), TRANSFORM),
    'datatransform_premium': {'add_columns': '*'} | dict.fromkeys((
        'transform_flipsign', 'transform_addcolumns', 'transform_multiplycolumns', 'transform_enddate',
        'transform_policymonths', 'transform_expandpolicymonths', 'transform_earnedpremium'), TRANSFORM),
    'datatransform_structureddata': dict.fromkeys((
        'transform_jsonexpandarray', 'transform_jsonexpandmap', 'transform_flatten', 'transform_jsonstructured',
        'transform_json', 'transform_xmlstructured', 'transform_xml'), TRANSFORM),
    'datatransform_lookup': {
        'get_lookup_data': '_, _, _', 'get_multilookup_data': '_, _, _, limit=None',
        'transform_lookup': TRANSFORM, 'transform_multilookup': TRANSFORM,
    },
    'datatransform_misc': dict.fromkeys((
        'transform_merge', 'transform_filldown', 'transform_rownumber', 'transform_filterrows'), TRANSFORM),
}
DESCRIBE = '''
import importlib, inspect, json, operator, sys

def written(parameter):
    if parameter.kind is parameter.VAR_POSITIONAL:
        return '*'
    if parameter.kind is parameter.VAR_KEYWORD:
        return '**'
    return '_' if parameter.default is parameter.empty else f'{parameter.name}={parameter.default!r}'

prefix, wanted = sys.argv[1], json.loads(sys.argv[2])
found = {}
for module, names in wanted.items():
    loaded = importlib.import_module(prefix + module)
    signatures = {name: inspect.signature(operator.attrgetter(name)(loaded)) for name in names}
    found[module] = {name: ', '.join(map(written, signature.parameters.values()))
                     for name, signature in signatures.items()}
print(json.dumps(found))
'''


def in_new_process(folders: list[Path], program: str, *arguments: str) -> str:
    """Run a program in a Python of its own that imports from these folders; return what it prints."""
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(map(str, folders))}
    done = subprocess.run([sys.executable, '-c', program, *arguments], capture_output=True, text=True, env=environment,
                          cwd=folders[0], check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(('prefix', 'folder'), [('', SHARED), ('lib.glue_scripts.lib.', REPOSITORY)],
                         ids=['short names', 'long names'])
def test_public_names_are_called_as_the_contract_says(prefix, folder, spark_environment):
    wanted = {module: list(names) for module, names in SIGNATURES.items()}
    assert json.loads(in_new_process([folder], DESCRIBE, prefix, json.dumps(wanted))) == SIGNATURES
