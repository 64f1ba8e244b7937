"""A job names the argument that it misses or cannot use, and importing its script has no side effects."""
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from glue_arguments import arguments_class
from lake_etl.arguments import LoadArguments, load_arguments, optional_names, required_names
from lake_etl.errors import LakeError
from lake_etl.jobs.job_run import resolve_arguments
from lib.job_table import JOBS
from lib.local_lake.running.glue_job import ensure_glue_library

REPOSITORY = Path(__file__).resolve().parents[2]
ARGUMENTS = {job.name: arguments_class(job) for job in JOBS}
GIVEN = {
    'environment': 'Dev', 'execution_id': 'e-1', 'source_key': 'Gen/Policy', 'target_database_name': 'Gen',
    'table_name': 'Policy', 'p_year': '2026', 'p_month': '3', 'p_day': '04', 'TempDir': 's3://temp/x/',
    'txn_bucket': 'scripts', 'target_bucket': '/lake/cleanse'}


def required_arguments():
    return [(job, name) for job, kind in ARGUMENTS.items() for name in required_names(kind)]


@pytest.mark.parametrize('job, name', required_arguments())
def test_a_missing_argument_is_named(monkeypatch, job, name):
    ensure_glue_library()
    from awsglue.utils import GlueArgumentError  # here, as it cannot be imported without the line above
    required, optional = required_names(ARGUMENTS[job]), optional_names(ARGUMENTS[job])
    arguments = [f'--{other}=x' for other in required if other != name]
    monkeypatch.setattr('sys.argv', [job, *arguments])
    with pytest.raises(GlueArgumentError, match=rf'--{name}\b'):
        resolve_arguments(required, optional)


def test_arguments_may_stand_in_both_spellings_and_optional_ones_only_where_given(monkeypatch):
    ensure_glue_library()
    monkeypatch.setattr('sys.argv', ['job', '--a', '1', '--b=2=3', '--d=', '--unknown=9'])
    assert resolve_arguments(('a', 'b'), ('c', 'd')) == {'a': '1', 'b': '2=3', 'd': ''}


def test_arguments_become_typed_values():
    assert load_arguments(GIVEN) == LoadArguments(
        environment='Dev', execution_id='e-1', source_key='Gen/Policy', database='Gen', table='Policy',
        partition=('2026', '03', '04'), temporary_folder='s3://temp/x', scripts_folder='s3://scripts',
        target_folder='/lake/cleanse', retention_hours=72.0)


# Each case: argument, its value, and what the error says.
UNUSABLE = [
    ('p_year', 'abc', "--p_year is 'abc', expected a whole number"),
    ('p_month', '', "--p_month is '', expected a whole number"),
    ('p_day', '1.5', "--p_day is '1.5', expected a whole number"),
    ('p_day', '-1', "--p_day is '-1', expected a whole number"),
    ('p_year', '٢٠٢٦', "--p_year is '٢٠٢٦', expected a whole number"),
    ('p_year', '../..', "--p_year is '../..', expected a whole number"),
    ('execution_id', ' ', '--execution_id is empty'),
    ('table_name', '', '--table_name is empty'),
    ('retention_hours', 'soon', "--retention_hours is 'soon', expected a number of hours"),
    ('retention_hours', '-1', "--retention_hours is '-1', expected a number of hours"),
]


@pytest.mark.parametrize('name, value, message', UNUSABLE)
def test_an_argument_that_cannot_be_used_is_named_with_what_is_expected(name, value, message):
    with pytest.raises(LakeError) as error:
        load_arguments(GIVEN | {name: value})
    assert message in str(error.value)


def test_a_job_refuses_its_arguments_before_it_touches_anything(lake):
    with pytest.raises(LakeError, match="--p_year is 'abc'"):
        lake.load('Gen/Policy/a.csv', 'a\n1\n', p_year='abc')
    assert not lake.folders.database_file.exists()


IMPORT_THE_SCRIPTS = '''
import logging
from lib.glue_scripts import etl_cleanse_to_consume, etl_collect_to_cleanse
import sys
from pyspark import SparkContext
started = [SparkContext._gateway, SparkContext._active_spark_context]
present = [name for name in ('boto3', 'awsglue', 'duckdb', 'pandas') if name in sys.modules]
print(started, present, logging.getLogger().handlers, sys.argv[1:])
'''


def test_importing_the_scripts_starts_nothing_and_needs_no_glue_library():
    path = [str(REPOSITORY), str(REPOSITORY / 'lib' / 'glue_scripts' / 'lib')]
    done = subprocess.run([sys.executable, '-c', f'import sys; sys.path[:0] = {path!r}\n{IMPORT_THE_SCRIPTS}'],
                          capture_output=True, text=True, check=True)
    assert done.stdout == '[None, None] [] [] []\n'
    assert done.stderr == ''


def test_without_a_source_path_the_file_lies_in_the_folder_of_its_workflow(lake):
    lake.load('Gen/Policy/policies.csv', 'number\n1\n2\n', source_path='/')
    assert lake.rows('SELECT count(*) FROM gen.policy') == [(2,)]
