"""A workflow's files as a whole: their combined meaning, and all of their problems in one error."""
from __future__ import annotations

import json
import logging

import pytest
from declared_transforms import REGISTRY as DECLARED
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_etl.config.configuration_files import file_names
from lake_etl.config.dependencies import Dependencies
from lake_etl.config.entries.known import known_forms
from lake_etl.config.input import InputSpec
from lake_etl.config.workflow import Workflow, read_consume_workflow, read_workflow
from lake_etl.errors import ConfigurationError, ItemStoreError
from lake_etl.syntax.sql_files import SparkSql

REGISTRY = {**known_forms(), 'own': DECLARED['own']}
SPEC = 'transformation-spec/Gen-Policy.json'
MAPPING = 'transformation-spec/Gen-Policy.csv'
DEPENDENT = 'transformation-spec/Gen-Policy-dependent.json'
RULES = 'dq-rules/dq-Gen-Policy.json'
SPARK, ATHENA, REDSHIFT = (f'transformation-sql/{engine}-Gen-Policy.sql' for engine in ('spark', 'athena', 'redshift'))
COMPLETE = {
    SPEC: b'// why\n{"input_spec": {"table_description": "Policies"}, "transform_spec": {"hash": ["TIN"]}}',
    MAPPING: b'SourceName,DestName\nTax Id,tin\nPolicy,policyno\nBorn,Null\n',
    DEPENDENT: b'{"depends_on": {"Gen/Claim": 1}}',
    RULES: b'{"after_transform": {"halt_rules": ["RowCount > 0"]}}',
    SPARK: b'CREATE TABLE Summary AS SELECT * FROM gen.policy WHERE year = {p_year}',
    ATHENA: b'CREATE VIEW a AS SELECT 1; CREATE VIEW b AS SELECT 2;',
    REDSHIFT: b'CREATE VIEW c AS SELECT 3',
}


def read(files, environment='Prod', **more) -> Workflow:
    return read_workflow('Gen', 'Policy', files.get, REGISTRY, environment, **more)


def problems_of(files, environment='Prod', **more):
    with pytest.raises(ConfigurationError) as raised:
        read(files, environment, **more)
    return [str(item) for item in raised.value.problems]


def transforms(**steps):
    return json.dumps({'transform_spec': steps}).encode()


def test_all_files_together_make_the_workflow():
    workflow = read(COMPLETE)
    assert workflow.input.table_description == 'Policies'
    assert workflow.mapping.destinations() == ('tin', 'policyno')
    assert [step.name for step in workflow.steps] == ['hash']
    assert [str(rule) for rule in workflow.quality.after_transform.halt_rules] == ['RowCount > 0']
    assert workflow.spark_sql == SparkSql('Summary', ('SELECT * FROM gen.policy WHERE year = {p_year}',))
    assert workflow.athena_statements == ('CREATE VIEW a AS SELECT 1', 'CREATE VIEW b AS SELECT 2')
    assert workflow.redshift_statements == ('CREATE VIEW c AS SELECT 3',)
    assert workflow.dependencies == Dependencies((('Gen', 'Claim'),))
    assert set(workflow.present_files) == set(COMPLETE)


def test_a_workflow_needs_no_file():
    assert read({}) == Workflow(input=InputSpec(), allow_schema_change='strict')


def test_names_of_files_keep_upper_and_lower_case():
    assert file_names('Gen', 'Policy').spec == SPEC
    assert read({SPEC.lower(): b'not JSON'}).present_files == ()


@pytest.mark.parametrize('name', list(COMPLETE))
def test_an_empty_file_is_refused_and_never_taken_for_absent(name):
    problems = problems_of({**COMPLETE, name: b''})
    assert len(problems) == 1 and problems[0].startswith(f'{name.rpartition("/")[2]}: ')


@pytest.mark.parametrize('failure', [PermissionError('access denied'), ItemStoreError('access denied')])
def test_a_file_that_cannot_be_read_is_refused(failure):
    def refuse(name):
        if name == SPEC:
            raise failure
        return COMPLETE.get(name)
    with pytest.raises(ConfigurationError, match=r'Gen-Policy\.json: the file cannot be read: access denied'):
        read_workflow('Gen', 'Policy', refuse, REGISTRY, 'Prod')


def test_the_problems_of_all_files_are_in_one_error():
    assert problems_of({
        SPEC: b'{"input_spec": {"skip_rows": "2"}, "transform_spec": {"redcat": {}, "hash": "TIN"}}',
        MAPPING: b'SourceName,DestName\nA,a\nB,A\n', DEPENDENT: b'{"depends_on": 1,}', RULES: b'[]',
        SPARK: b'DROP TABLE a', ATHENA: b'-- none', REDSHIFT: b'\xff'}) == [
        "Gen-Policy.json: input_spec.skip_rows: expected a whole number, got '2'",
        'Gen-Policy.json: transform_spec.redcat: Transform function transform_redcat called for in Gen-Policy.json not '
        "implemented (did you mean 'redact'?)",
        "Gen-Policy.json: transform_spec.hash: expected a list of column names, got 'TIN'",
        "Gen-Policy.csv: row 3: destination 'A' is already that of row 2 (upper and lower case count alike)",
        'Gen-Policy-dependent.json: line 1, column 17: a comma stands before a closing bracket (remove the comma)',
        'dq-Gen-Policy.json: expected an object, got a list',
        'spark-Gen-Policy.sql: last statement: is no query (end the file with the SELECT that gives the rows to '
        'publish)',
        'athena-Gen-Policy.sql: the file holds no statement (write one, or delete the file)',
        'redshift-Gen-Policy.sql: byte 1 is not UTF-8 text (save the file as UTF-8)']


@pytest.mark.parametrize(('spec', 'problem'), [
    (b'{"transfrm_spec": {}}', "Gen-Policy.json: transfrm_spec: unknown key (did you mean 'transform_spec'?)"),
    (transforms(hash=['policynr']), "Gen-Policy.json: transform_spec.hash[0]: column 'policynr' is not among the "
                                    "columns at this point (did you mean 'policyno'?)"),
    (transforms(hash=['tax id']), "Gen-Policy.json: transform_spec.hash[0]: column 'tax id' is not among the columns "
                                  "at this point (row 2 of Gen-Policy.csv calls it 'tin')"),
    (transforms(filterrows=[{'condition': 'born > 1950'}]),
     "Gen-Policy.json: transform_spec.filterrows[0]: column 'born' is not among the columns at this point (row 4 of "
     'Gen-Policy.csv drops it)'),
    (b'{"input_spec": {"fixed": {}}}', "Gen-Policy.csv: row 2: 'Width' is empty, and the source has columns of fixed "
                                       'width'),
])
def test_a_specification_must_fit_the_mapping(spec, problem):
    assert problems_of({**COMPLETE, SPEC: spec})[0] == problem


def test_columns_that_only_a_fuzzy_row_brings_can_be_read():
    mapping = b'SourceName,DestName,Threshold,Scorer\nA,a,,\nB,b,90,ratio\n'
    assert read({SPEC: transforms(hash=['b']), MAPPING: mapping}).steps
    assert len(problems_of({SPEC: transforms(hash=['c']), MAPPING: mapping})) == 1


def test_without_a_mapping_any_column_may_be_read():
    assert read({SPEC: transforms(hash=['anything'])}).steps


def test_fixed_width_needs_a_mapping():
    assert problems_of({SPEC: b'{"input_spec": {"fixed": {}}}'}) == [
        f'Gen-Policy.json: input_spec.fixed: needs the widths in {MAPPING}, which is missing']


@pytest.mark.parametrize('name', ['year', 'Month', 'DAY', 'execution_id'])
def test_a_destination_of_a_name_that_the_load_itself_writes_is_refused(name):
    mapping = f'SourceName,DestName\nA,{name}\n'.encode()
    assert problems_of({MAPPING: mapping}) == [
        f"Gen-Policy.csv: row 2: destination '{name}' is reserved for the load's own column (give it another name, or "
        'Null to drop it)']


def test_an_unknown_transform_is_skipped_in_development_only(caplog):
    files = {SPEC: transforms(flipsing={}, hash=['tin'])}
    workflow = read(files, 'Dev')
    assert ([step.name for step in workflow.steps], workflow.unknown_transforms) == (['hash'], ('flipsing',))
    assert caplog.text.count('Transform function transform_flipsing called for in Gen-Policy.json not implemented') == 1
    for environment in ('Test', 'Prod', 'Staging'):
        assert len(problems_of(files, environment)) == 1


@pytest.mark.parametrize(('content', 'environment', 'setting'), [
    (b'{}', 'Dev', 'permissive'), (b'{}', 'Test', 'reorder'), (b'{}', 'Prod', 'strict'),
    (b'{"input_spec": {"allow_schema_change": "evolve"}}', 'Prod', 'evolve')])
def test_the_environment_decides_about_schema_changes_unless_the_workflow_does(content, environment, setting):
    assert read({SPEC: content}, environment).allow_schema_change == setting


def test_oddities_are_logged_once_each_as_warnings(caplog):
    files = {SPEC: b'{"owner": 1, "input_spec": {"csv": {}, "csv": {}}, "transform_spec": {"literal": {"year": 1}}}',
             SPARK: b'-- mode: annual\nSELECT * FROM gen.policy'}
    with caplog.at_level(logging.INFO):
        read(files)
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        'Gen-Policy.json: input_spec.csv: key given 2 times, the last value counts',
        'Gen-Policy.json: owner: unknown key, ignored (known keys: input_spec, transform_spec)',
        "Gen-Policy.json: transform_spec.literal.year: column 'year' is overwritten by the load's own column of that "
        'name (write another column)',
        "spark-Gen-Policy.sql: mode: unknown mode 'annual', ignored (known modes: table, partition)"]
    assert caplog.messages[-1] == ('Workflow Gen/Policy has 2 of 7 possible configuration files: '
                                   f'{SPEC}, {SPARK}.')


def test_placeholders_are_checked_when_their_names_are_given():
    files = {SPARK: b'SELECT *, {p_yaer}', ATHENA: b"SELECT '{execution_id}', '[0-9]{2}'", REDSHIFT: b'SELECT {nme}'}
    assert read(files).spark_sql
    assert [problem.partition(' unknown')[0] for problem in problems_of(files, placeholders=('p_year', 'execution_id'))
            ] == ['spark-Gen-Policy.sql: {p_yaer}:', 'redshift-Gen-Policy.sql: {nme}:']


def test_for_consume_only_rules_and_sql_are_read():
    asked = []

    def read_file(name):
        asked.append(name)
        return COMPLETE.get(name)
    workflow = read_consume_workflow('Gen', 'Policy', read_file)
    assert asked == [RULES, SPARK, ATHENA, REDSHIFT]
    assert (workflow.quality, workflow.spark_sql) == (read(COMPLETE).quality, read(COMPLETE).spark_sql)
    with pytest.raises(ConfigurationError):
        read_consume_workflow('Gen', 'Policy', {SPARK: b'', RULES: b'{'}.get)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(COMPLETE)), st.data())
def test_a_damaged_file_gives_a_workflow_or_a_configuration_error(name, data):
    content = COMPLETE[name]
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, len(content)))
    damaged = content[:start] + data.draw(st.binary(max_size=4)) + content[end:]
    try:
        assert name in read({**COMPLETE, name: damaged}).present_files
    except ConfigurationError as error:
        assert error.problems
