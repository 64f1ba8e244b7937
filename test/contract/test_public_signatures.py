"""The names that users' own code imports, and how they are called, by the short and by the long module names."""
from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = REPOSITORY / 'lib' / 'glue_scripts' / 'lib'

# `*` takes any number of values, `**` any keywords. Names are free where only a position is relied on: `_`.
TRANSFORM = '_, _, _, _, sc=None, *'
SIGNATURES = {
    'glue_catalog_helpers': {
        'table_exists': 'target_database, table_name',
        'create_database': 'database_name, database_uri, database_description=None',
        'check_schema_change': 'existing_schema, new_schema, allow_schema_change',
        'upsert_catalog_table': "df, target_database, table_name, partition_keys, storage_location, "
                                "database_description=None, table_description=None, allow_schema_change='strict'",
        'clear_partition': 'database_name, table_name, partition, sc=None',
        'clean_column_names': 'df',
        'generate_spec': 'df, input_file_extension',
        'put_s3_object': 'uri, data',
        'clean_nulltypes': 'df',
        'GlueCatalogDecimal': 'decimalstring',
    },
    'custom_mapping': {
        'custommapping': 'df, field_mapping_list, args, lineage, strict=False',
        'custommapping_with_glue': 'dyf, field_mapping_list, args, lineage',
        'flatten_schema': "schema, prefix=''",
        'escape_field_name': 'name',
        'unescape_field_name': 'name',
    },
    'datalineage': {
        'DataLineageGenerator': 'args, uniid=None, batch_size=1',
        'DataLineageGenerator.update_lineage': 'self, df, dataset, operation, **',
        'DataLineageGenerator.insert_table': 'self, dataset, operation, transform_spec',
        'DataLineageGenerator.generatecounts': 'self, df',
        'DataLineageGenerator.generateuuid': 'self',
    },
    'dataquery': {
        'athena_execute_query': 'database, query, workgroup, max_attempts=30',
        'redshift_execute_query': 'database, query, cluster_id=None, workgroup_name=None, secret_arn=None, '
                                  'max_attempts=120',
    },
    'dataquality_check': {
        'DataQualityCheck': 'dq_rules, partition, args, lineage, sc=None',
        'DataQualityCheck.run_data_quality': 'self, df, dq_rules, ruleset_name',
    },
    'datatransform_typeconversion': dict.fromkeys((
        'transform_currency', 'transform_changetype', 'transform_date', 'transform_timestamp',
        'transform_implieddecimal', 'transform_titlecase'), TRANSFORM),
    'datatransform_stringmanipulation': {'format_column.func': 'formatstring, *'} | dict.fromkeys((
        'transform_columnfromcolumn', 'transform_columnreplace', 'transform_combinecolumns', 'transform_literal',
        'transform_filename'), TRANSFORM),
    'datatransform_dataprotection': dict.fromkeys((
        'transform_hash', 'transform_redact', 'transform_tokenize'), TRANSFORM),
    'datatransform_premium': {
        'add_columns': '*',
        'policy_month_list': 'policy_effective_date, policy_expiration_date',
        'months_between_normalized': 'expiration_date, effective_date',
        'add_policy_months_list.func': 'policy_effective_date, policy_expiration_date',
        'last_day_of_month.func': 'any_date_in_month',
        'earnedpremium_straightline.func': 'total_premium, effective_date, expiration_date, period_start_date, '
                                           'period_end_date',
        'earnedpremium_byday.func': 'total_premium, effective_date, expiration_date, period_start_date, '
                                    'period_end_date',
    } | dict.fromkeys((
        'transform_flipsign', 'transform_addcolumns', 'transform_multiplycolumns', 'transform_enddate',
        'transform_policymonths', 'transform_expandpolicymonths', 'transform_earnedpremium'), TRANSFORM),
    'datatransform_structureddata': dict.fromkeys((
        'transform_jsonexpandarray', 'transform_jsonexpandmap', 'transform_flatten', 'transform_jsonstructured',
        'transform_json', 'transform_xmlstructured', 'transform_xml'), TRANSFORM),
    'datatransform_lookup': {
        'get_lookup_data': 'table_name, key_values, lookup_data_attribute_name',
        'get_multilookup_data': 'table_name, lookup_group, lookup_data_attributes, limit=None',
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
    name = parameter.name
    return name if parameter.default is parameter.empty else f'{name}={parameter.default!r}'

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
    found = json.loads(in_new_process([folder], DESCRIBE, prefix, json.dumps(wanted)))
    for module, signatures in found.items():
        for name, expected in SIGNATURES[module].items():
            if expected == TRANSFORM:
                signatures[name] = re.sub(r'^\w+, \w+, \w+, \w+, ', '_, _, _, _, ', signatures[name])
    assert found == SIGNATURES
