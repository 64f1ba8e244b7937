"""Job arguments become typed values, or an error that names the argument and says what was expected."""
from __future__ import annotations

import re

import pytest

from lake_etl.arguments import LoadArguments, load_arguments, partition_values
from lake_etl.errors import LakeError
from lake_etl.runtime import bucket_address

ARGS = {
    'environment': 'Dev', 'execution_id': 'e1', 'source_key': 'Gen/Policy', 'target_database_name': 'Gen',
    'table_name': 'Policy', 'p_year': '2026', 'p_month': '3', 'p_day': '07', 'TempDir': 's3://temp/etl/',
    'txn_bucket': 'dev-etl-scripts', 'target_bucket': '/lake/cleanse/',
}


def test_all_arguments_of_a_load_are_read_with_names_in_their_own_case():
    assert load_arguments(ARGS) == LoadArguments(
        environment='Dev', execution_id='e1', source_key='Gen/Policy', database='Gen', table='Policy',
        partition=('2026', '03', '07'), temporary_folder='s3://temp/etl', scripts_folder='s3://dev-etl-scripts',
        target_folder='/lake/cleanse', retention_hours=72.0)


@pytest.mark.parametrize(('given', 'expected'), [
    (('2026', '1', '9'), ('2026', '01', '09')),
    ((2026, 12, 31), ('2026', '12', '31')),
    (('2026', '011', '00009'), ('2026', '11', '09')),
    ((' 2026 ', '1\n', '1'), ('2026', '01', '01')),
    (('26', '1', '1'), ('0026', '01', '01')),
])
def test_partition_values_are_padded_with_zeros(given, expected):
    assert partition_values(dict(zip(('p_year', 'p_month', 'p_day'), given, strict=True))) == expected


@pytest.mark.parametrize('value', ['', 'june', '1.5', '-1', '+1', '1e1', '0x1', '٣', '²', None, "1' OR '1'='1"])
@pytest.mark.parametrize('name', ['p_year', 'p_month', 'p_day'])
def test_a_partition_value_that_is_no_whole_number_is_refused_by_name(name, value):
    with pytest.raises(LakeError, match=f'--{name} is .*expected a whole number such as 7'):
        load_arguments({**ARGS, name: value})


@pytest.mark.parametrize('name', ['execution_id', 'target_database_name', 'table_name'])
@pytest.mark.parametrize('value', ['', '  '])
def test_a_name_that_is_empty_is_refused(name, value):
    with pytest.raises(LakeError, match=f'--{name} is empty'):
        load_arguments({**ARGS, name: value})


@pytest.mark.parametrize(('value', 'hours'), [('0', 0.0), ('1.5', 1.5), (72, 72.0), (' 8 ', 8.0)])
def test_the_retention_period_is_a_number_of_hours(value, hours):
    assert load_arguments({**ARGS, 'retention_hours': value}).retention_hours == hours


@pytest.mark.parametrize('value', ['-1', 'three days', '', 'nan', 'inf', '1e300'])
def test_a_retention_period_that_is_no_number_of_hours_is_refused(value):
    with pytest.raises(LakeError, match=re.escape(f"--retention_hours is '{value}', expected a number of hours")):
        load_arguments({**ARGS, 'retention_hours': value})


@pytest.mark.parametrize(('bucket', 'address'), [
    ('s3://lake/etl/', 's3://lake/etl'), ('dev-lake', 's3://dev-lake'), ('/lake/cleanse/', '/lake/cleanse'),
    ('./.lake/cleanse', '{here}/.lake/cleanse'), ('.lake/cleanse/', '{here}/.lake/cleanse'), ('.', '{here}')])
def test_a_folder_among_bucket_arguments_becomes_a_full_path(bucket, address, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert bucket_address(bucket) == address.format(here=tmp_path)
