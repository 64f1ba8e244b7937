"""With AWS Glue's own library, jobs understand every command line with which Glue may start them."""
from __future__ import annotations

import importlib
import inspect
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glue_arguments import OF_EACH_RUN, SPECIAL, arguments_class, command_line, started_by_glue
from glue_half import is_real, wanted_library
from lake_etl.arguments import COMMON, COMMON_OPTIONAL, CollectToCleanseArguments, optional_names, required_names
from lake_etl.jobs.job_run import resolve_arguments
from lake_etl.jobs.resolved_options import DECLARED_BY_GLUE, resolved_options
from lib.job_table import JOBS

pytestmark = pytest.mark.skipif(not wanted_library(), reason='AWS has no library for this Python with this Spark')

ARGUMENTS = {job.name: arguments_class(job) for job in JOBS}
# What the definition of a job has as defaults; that it does is seen in the tests of the stacks.
DEFAULTS = {name: f'default of {name}' for kind in ARGUMENTS.values()
            for name in required_names(kind)
            if name not in ('source_database_name', 'target_database_name', 'database_name_prefix')}
BY_HAND = {
    'execution_id': 'by-hand', 'source_key': 'Gen/Policy', 'base_file_name': 'policies.csv',
    'database_name_prefix': 'Gen', 'table_name': 'Policy', 'p_year': '2026', 'p_month': '3', 'p_day': '4',
    'data_lineage_table': 'lineage', 'state_machine_name': 'machine'}
DATABASES = {
    'collect-to-cleanse': {'target_database_name': 'Gen'},
    'cleanse-to-consume': {'source_database_name': 'Gen', 'target_database_name': 'Gen_consume'},
    'consume-entity-match': {'database_name_prefix': 'Gen'}}
STAND_IN = 'lib.local_lake.awsglue_stand_in.awsglue'
FRAMES = Path(__file__).parents[1] / 'ports' / 'glue_stand_in' / 'awsglue' / 'dynamicframe.py'


def resolved(job, words):
    """Return what a job makes of a command line."""
    with mock.patch.object(sys, 'argv', words):
        return resolve_arguments(required_names(ARGUMENTS[job]), optional_names(ARGUMENTS[job]))


def with_equals_signs(script, arguments):
    """Return the other form of a command line."""
    return [script, *(f'--{name}={value}' for name, value in arguments.items())]


def test_the_library_is_the_one_of_aws():
    assert is_real()


@pytest.mark.parametrize('form', [command_line, with_equals_signs])
@pytest.mark.parametrize('further', [{}, {'source_bucketname': 'collect'}, {'some_argument': 'of the user'}])
@pytest.mark.parametrize('job', ARGUMENTS)
def test_a_start_by_hand_with_the_least_arguments_is_completed(job, form, further):
    given = started_by_glue(DEFAULTS | BY_HAND | further | {'JOB_NAME': job, 'TempDir': 's3://temp'})
    found = resolved(job, form('script.py', given))
    assert {name: found[name] for name in required_names(ARGUMENTS[job])} == {
        name: (given | DATABASES[job])[name] for name in required_names(ARGUMENTS[job])}
    assert (found['JOB_ID'], found['JOB_RUN_ID']) == (OF_EACH_RUN['JOB_ID'], OF_EACH_RUN['JOB_RUN_ID'])


@pytest.mark.parametrize('job', ARGUMENTS)
def test_without_a_prefix_the_database_is_the_one_of_the_source_key(job):
    given = {name: value for name, value in (DEFAULTS | BY_HAND).items() if name != 'database_name_prefix'}
    found = resolved(job, command_line('script.py', started_by_glue(given)))
    assert {name: found[name] for name in DATABASES[job]} == DATABASES[job]


def test_databases_that_are_given_are_not_replaced():
    named = {'source_database_name': 'A', 'target_database_name': 'B'}
    found = resolved('cleanse-to-consume', command_line('x', started_by_glue(DEFAULTS | BY_HAND | named)))
    assert {name: found[name] for name in named} == named


@pytest.mark.parametrize(('job', 'name'), [
    (job, name) for job, kind in ARGUMENTS.items() for name in required_names(kind)])
@pytest.mark.parametrize('prefix', [{}, {'database_name_prefix': ' '}])
def test_a_required_argument_that_is_neither_given_nor_derived_is_named(job, name, prefix):
    from awsglue.utils import GlueArgumentError
    given = started_by_glue(DEFAULTS | BY_HAND | DATABASES[job] | {'source_key': 'no database'})
    left = {other: value for other, value in given.items() if other not in (name, 'database_name_prefix')
            or (other == 'database_name_prefix' != name and job == 'consume-entity-match')}
    left = prefix | left if name != 'database_name_prefix' else left
    with pytest.raises(GlueArgumentError, match=rf'--{name}\b'):
        resolved(job, command_line('script.py', left))


@pytest.mark.parametrize('value', [
    '-4.csv', '--draft.csv', '--a b.csv', '-h', '-help.csv', 'a=b.csv', '--=x', 'O\'Brien "x".csv', 'zwei\nZeilen.csv',
    'ü保.csv', ' ', '', '%s.csv', '@file.csv', '{JOB_NAME}.csv', '-', '-1', '$(x).csv', 'a\tb'])
@pytest.mark.parametrize('separate', [False, True])
def test_a_value_may_be_any_text(value, separate):
    words = ['--base_file_name', value] if separate else [f'--base_file_name={value}']
    given = {name: text for name, text in (DEFAULTS | BY_HAND).items() if name != 'base_file_name'}
    found = resolved('collect-to-cleanse', [*command_line('script.py', started_by_glue(given)), *words])
    assert found['base_file_name'] == value


@pytest.mark.parametrize('words', [
    ['--base_file_name'], ['--base_file_name', '--enable-metrics'], ['--base_file_name', '--table_name=Policy'],
    ['--base_file_name', '--']])
def test_a_name_without_a_value_is_an_error_and_takes_no_other_argument_for_it(words):
    from awsglue.utils import GlueArgumentError
    given = {name: text for name, text in (DEFAULTS | BY_HAND).items() if name != 'base_file_name'}
    with pytest.raises(GlueArgumentError, match='--base_file_name: expected one argument'):
        resolved('collect-to-cleanse', [*command_line('script.py', started_by_glue(given)), *words])


def test_an_optional_argument_without_a_value_is_an_error_too():
    """A hash key that is left out by mistake must not become hashes without a key."""
    from awsglue.utils import GlueArgumentError
    with pytest.raises(GlueArgumentError, match='--hash_key_secret: expected one argument'):
        resolved('collect-to-cleanse', [*command_line('x', DEFAULTS | BY_HAND), '--hash_key_secret'])


@pytest.mark.parametrize('further', [
    ['--table', 'Other'], ['--base_file=x'], ['--target_database', 'x'], ['--p', '1'], ['--TempDirectory=x'],
    ['--JOB_RUN', 'x'], ['--help'], ['-h'], ['--hel'], ['--source_bucketname', 'x'], ['--p_year_x', '1'], ['x', 'y'],
    ['--enable-metrics'], ['--conf', '--conf'], ['-x', '--y']])
def test_an_argument_of_another_name_changes_nothing(further):
    words = command_line('script.py', started_by_glue(DEFAULTS | BY_HAND))
    expected = resolved('cleanse-to-consume', words)
    assert resolved('cleanse-to-consume', [*words, *further]) == expected
    assert resolved('cleanse-to-consume', [words[0], *further, *words[1:]]) == expected


def test_the_last_of_several_values_counts():
    words = command_line('script.py', started_by_glue(DEFAULTS | BY_HAND))
    assert resolved('collect-to-cleanse', [*words, '--p_day', '5', '--p_day=6'])['p_day'] == '6'


def test_the_old_name_of_the_temporary_folder_serves():
    given = {name: value for name, value in (DEFAULTS | BY_HAND).items() if name != 'TempDir'}
    words = [*command_line('script.py', given), '--RedshiftTempDir', 's3://old']
    assert resolved('collect-to-cleanse', words)['TempDir'] == 's3://old'


def test_a_job_of_ones_own_may_name_what_all_jobs_have_and_what_the_library_declares():
    required = (*COMMON, 'table_name', 'JOB_RUN_ID', 'own-name')
    words = [*command_line('own.py', started_by_glue(DEFAULTS | BY_HAND)), '--own-name', 'x']
    with mock.patch.object(sys, 'argv', words):
        found = resolve_arguments(required, (*COMMON_OPTIONAL, 'table_name'))
        options = resolved_options(required, COMMON_OPTIONAL)
    assert (found['table_name'], found['JOB_RUN_ID'], found['own_name']) == ('Policy', 'jr_0c9e', 'x')
    assert options['job_bookmark_option'] == 'job-bookmark-disable', 'which the beginning of a run asks for'


# The stand-in of the laptop.

def test_what_the_library_declares_is_known_here_and_to_the_stand_in():
    from awsglue.job import Job
    from awsglue.utils import getResolvedOptions
    declared = {name.removeprefix('--') for name in (
        *Job.id_params()[1:], Job.continuation_options()[0], Job.job_bookmark_options()[0],
        *Job.job_bookmark_range_options(), Job.encryption_type_options()[0], *Job.data_lineage_options())}
    assert declared | {'TempDir', 'RedshiftTempDir'} == DECLARED_BY_GLUE
    answered = {name.replace('-', '_') for name in DECLARED_BY_GLUE} - {'continuation_option'}
    assert set(getResolvedOptions(['x'], [])) == answered
    assert set(importlib.import_module(f'{STAND_IN}.utils').OWN_OPTIONS) == DECLARED_BY_GLUE


def parameters(found, name):
    """Return name, kind and default of each parameter of a function in a module or class."""
    for part in name.split('.'):
        found = getattr(found, part)
    return [(item.name, item.kind, item.default) for item in inspect.signature(found).parameters.values()]


@pytest.mark.parametrize(('module', 'name'), [
    ('utils', 'getResolvedOptions'), ('context', 'GlueContext.__init__'), ('job', 'Job.__init__'), ('job', 'Job.init'),
    ('job', 'Job.commit'), ('job', 'Job.isInitialized'), ('utils', 'GlueArgumentParser.error'),
    ('dynamicframe', 'DynamicFrame.fromDF'), ('dynamicframe', 'DynamicFrame.toDF'),
    ('dynamicframe', 'DynamicFrameCollection.select')])
def test_a_stand_in_has_the_signatures_of_the_library(module, name):
    """The library may have more parameters, as long as one need not give them."""
    if module == 'dynamicframe':
        stand_in = SimpleNamespace(**runpy.run_path(str(FRAMES)))
    else:
        stand_in = importlib.import_module(f'{STAND_IN}.{module}')
    ours, real = parameters(stand_in, name), parameters(importlib.import_module(f'awsglue.{module}'), name)
    assert real[:len(ours)] == ours
    assert all(default is not inspect.Parameter.empty for _, _, default in real[len(ours):])


WORDS = st.one_of(
    st.sampled_from([f'--{name}' for name in (
        *required_names(CollectToCleanseArguments), *COMMON_OPTIONAL, *BY_HAND, 'table')]),
    st.sampled_from(['--JOB_RUN_ID=jr', '--TempDir=t', '--RedshiftTempDir=r', '--p_day=3', '--', '-h', '--SPECIAL']),
    st.sampled_from(sorted(SPECIAL)).map('--{}'.format), st.text(max_size=8), st.text(max_size=4).map('--x={}'.format))


@given(st.lists(WORDS, max_size=12), st.booleans())
@settings(max_examples=400, deadline=None)
def test_the_stand_in_gives_the_same_answer_to_any_command_line(words, complete):
    beginning = command_line('script.py', started_by_glue(DEFAULTS | BY_HAND)) if complete else ['script.py']
    answers = []
    for package in ('awsglue', STAND_IN):
        utils = importlib.import_module(f'{package}.utils')
        with mock.patch.dict(sys.modules, {'awsglue.utils': utils}):
            try:
                answers.append(resolved('collect-to-cleanse', [*beginning, *words]))
            except utils.GlueArgumentError as error:
                answers.append(str(error))
    assert answers[0] == answers[1]
