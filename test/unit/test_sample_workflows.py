"""The sample workflows: valid in production, consistent among their files, and named as users know them."""
from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import duckdb
import pytest
import sqlglot
from sqlglot.optimizer.qualify import qualify

from lake_etl.arguments import RESERVED_COLUMNS
from lake_etl.config.entries.known import known_forms
from lake_etl.config.formats.delimited_format import DelimitedSection
from lake_etl.config.formats.excel_format import ExcelSection
from lake_etl.config.formats.fixed_width_format import FixedSection
from lake_etl.config.formats.json_format import JsonSection
from lake_etl.config.formats.xml_format import XmlSection
from lake_etl.config.input import InputSpec
from lake_etl.config.match_specification import parse_entity_match
from lake_etl.config.workflow import Workflow, read_workflow
from lake_etl.syntax.clean_names import clean_name
from lake_etl.syntax.json_with_comments import parse_json_object
from lake_etl.syntax.records import Findings
from lake_etl.transform.discovery import all_transforms
from resources.sample_data import DATA_SETS

REPOSITORY = Path(__file__).resolve().parents[2]
CONFIGURATION = REPOSITORY / 'lib' / 'glue_scripts'
GENERAL, LIFE, CUSTOMER = 'SyntheticGeneralData', 'SyntheticLifeData', 'Customer'
SYSTEMS = ('A01', 'C25', 'F15')
WORKFLOWS = {
    (GENERAL, 'PolicyData'): {'date', 'timestamp', 'changetype', 'redact', 'hash', 'tokenize', 'lookup', 'merge'},
    (GENERAL, 'ClaimData'): {'changetype'},
    (GENERAL, 'WrittenPolicyData'): {'enddate', 'policymonths', 'expandpolicymonths', 'earnedpremium', 'flipsign',
                                     'combinecolumns', 'literal'},
    (GENERAL, 'NestedPolicyData'): {'jsonexpandarray', 'jsonexpandmap', 'changetype', 'expandpolicymonths'},
    (GENERAL, 'CombinedData'): set(),
    (LIFE, 'PolicyData'): {'columnfromcolumn', 'date', 'timestamp', 'redact', 'hash', 'tokenize', 'changetype',
                           'lookup', 'literal'},
    (LIFE, 'ClaimData'): {'date', 'timestamp'},
    **{(CUSTOMER, system): {'date', 'timestamp', 'changetype', 'hash'} for system in SYSTEMS},
}
# Users put files of their own databases beside those of the samples.
SAMPLE = re.compile(rf'(^|-)({"|".join(sorted({database for database, _ in WORKFLOWS} | {"all"}))})-')
CONSUMED = [(GENERAL, 'PolicyData', 'policydata'), (GENERAL, 'WrittenPolicyData', 'policysummarydata'),
            (LIFE, 'PolicyData', 'policydata'), *((CUSTOMER, system, system.lower()) for system in SYSTEMS)]


def _read(name: str) -> bytes | None:
    path = CONFIGURATION / name
    return path.read_bytes() if path.exists() else None


def _workflow(database: str, table: str) -> Workflow:
    return read_workflow(database, table, _read, all_transforms(), 'Prod', placeholders=())


def _mapped_columns(database: str, table: str, workflow: Workflow) -> set[str]:
    """Return the columns after the mapping, as the specification writes them."""
    if workflow.mapping:
        return set(workflow.mapping.destinations())
    return {clean_name(name) for name in _source_columns(database, table)}


def _source_columns(database: str, table: str) -> tuple[str, ...]:
    """Return the columns of the sample files; those of the customers are alike on every day."""
    return next(item.columns for name, item in DATA_SETS.items() if name.startswith(f'{database}-{table}'))


def _cleanse_columns(database: str, table: str) -> set[str]:
    """Return the columns of the Cleanse table, as the specification writes them."""
    workflow = _workflow(database, table)
    written = {name for step in workflow.steps for entry in step.entries or () for name in entry.writes() or ()}
    return _mapped_columns(database, table, workflow) | written | set(RESERVED_COLUMNS)


def _consume_query(database: str, table: str) -> sqlglot.Expression:
    """Return the Spark query, every column in it resolved against the Cleanse tables."""
    schema = {database.lower(): {name.lower(): {column.lower(): 'text' for column in _cleanse_columns(database, name)}
                                 for owner, name in WORKFLOWS if owner == database and name != 'CombinedData'}}
    spark_sql = _workflow(database, table).spark_sql
    return qualify(sqlglot.parse_one(spark_sql.statements[-1], read='spark'), schema=schema, dialect='spark')


@pytest.mark.parametrize('database, table', WORKFLOWS)
def test_a_workflow_is_valid_in_production_and_shows_its_transforms(database, table, caplog):
    workflow = _workflow(database, table)
    assert {step.name for step in workflow.steps} == WORKFLOWS[database, table]
    assert [record.message for record in caplog.records if record.levelname == 'WARNING'] == []


def test_every_configuration_file_belongs_to_a_workflow():
    present = {name for database, table in [*WORKFLOWS, ('all', 'transforms-example')]
               for name in _workflow(database, table).present_files}
    folders = ('transformation-spec', 'transformation-sql', 'dq-rules')
    assert present == {f'{folder}/{path.name}' for folder in folders for path in (CONFIGURATION / folder).glob('*')
                       if SAMPLE.search(path.name) and not path.name.endswith('-entitymatch.json')}


@pytest.mark.parametrize('database, table', [key for key in WORKFLOWS if key != (GENERAL, 'CombinedData')])
def test_steps_read_columns_that_are_there(database, table):
    workflow = _workflow(database, table)
    known = _mapped_columns(database, table, workflow)
    for step in workflow.steps:
        for entry in step.entries:
            assert set(entry.reads()) <= known, step.key
            known |= set(entry.writes())


@pytest.mark.parametrize('database, table', [
    *((GENERAL, name) for name in ('PolicyData', 'WrittenPolicyData', 'NestedPolicyData')),
    *((CUSTOMER, system) for system in SYSTEMS)])
def test_a_mapping_names_every_column_of_its_file(database, table):
    found_by_likeness = {'NewRenewal': 'NewOrRenewal'}
    named = {re.search(r'\w+', row.source_name)[0] for row in _workflow(database, table).mapping.rows}
    assert {found_by_likeness.get(name, name) for name in named} == set(_source_columns(database, table))


def test_the_match_specification_of_the_customers_is_valid_and_reads_what_their_tables_hold():
    findings = Findings('Customer-entitymatch.json')
    raw = parse_json_object(_read('transformation-spec/Customer-entitymatch.json'), findings)
    spec = parse_entity_match(raw, findings)
    assert findings.problems == [] and findings.warnings == []
    assert [str(rule) for rule in spec.levels[0].rules] == ['firstname[:1] + lastname[1:] + zip']
    for system in SYSTEMS:
        assert set(spec.columns()) <= set(_consume_query(CUSTOMER, system).named_selects)


def test_policy_data_renames_and_drops_columns_and_written_policies_match_one_by_likeness():
    policies = {row.source_name: row.dest_name for row in _workflow(GENERAL, 'PolicyData').mapping.rows}
    assert (policies['TIN'], policies['EffDate'], policies['LineOfBusinessCode']) == ('EIN', 'EffectiveDate', 'LOBCode')
    assert None in policies.values()
    written = _workflow(GENERAL, 'WrittenPolicyData').mapping.rows
    assert [(row.source_name, row.threshold, row.scorer) for row in written if row.scorer] == [
        ('NewRenewal', 90, 'ratio')]


def test_lookups_of_the_specifications_are_in_the_lookup_data():
    for database, file in ((GENERAL, 'syntheticgeneral'), (LIFE, 'syntheticlife')):
        lookups = json.loads((REPOSITORY / 'resources' / f'{file}_lookup_data.json').read_bytes())
        steps = [step for step in _workflow(database, 'PolicyData').steps if step.name == 'lookup']
        assert {entry.lookup for step in steps for entry in step.entries} == set(lookups)


@pytest.mark.parametrize('database, table, target', CONSUMED)
def test_a_consume_query_names_its_table_and_returns_distinct_columns_with_the_partition(database, table, target):
    assert (_workflow(database, table).spark_sql.table_override or table.lower()) == target
    names = _consume_query(database, table).named_selects
    assert len(set(names)) == len(names)
    assert names[-3:] == ['year', 'month', 'day']


@pytest.mark.parametrize('database, table, target', [item for item in CONSUMED if item[0] == GENERAL])
def test_athena_views_run_on_the_columns_of_their_consume_table(database, table, target):
    columns = ', '.join(f'"{name}" {_type_of(name)}' for name in _consume_query(database, table).named_selects)
    statements = _workflow(database, table).athena_statements
    assert len(statements) == {'policydata': 1, 'policysummarydata': 2}[target]
    with duckdb.connect() as connection:
        connection.execute(f'CREATE TABLE {target} ({columns})')
        for statement in statements:
            translated, = sqlglot.transpile(statement, read='athena', write='duckdb')
            connection.execute(translated)
            view = re.search(r'VIEW (\w+)', translated)[1]
            assert connection.execute(f'SELECT * FROM {view}').fetchall() == []


def _type_of(column: str) -> str:
    if column.endswith(('premiumamount', 'premium', 'premiumbyday', 'incurredamount', 'ledgeramount')):
        return 'decimal(16,2)'
    if column in ('policyinforce', 'writtenpolicy', 'expiringpolicy', 'policymonthindex'):
        return 'integer'
    return 'date' if column.endswith('date') else 'varchar'


def test_combined_data_waits_a_day_for_policy_data_and_fills_only_redshift():
    workflow = _workflow(GENERAL, 'CombinedData')
    assert workflow.dependencies.depends_on == ((GENERAL, 'PolicyData'),)
    assert workflow.dependencies.lookback == {'days': 1}
    assert workflow.redshift_statements and not workflow.spark_sql and not workflow.athena_statements


def test_the_example_is_valid_and_shows_every_transform_and_every_input_option():
    assert _workflow('all', 'transforms-example').unknown_transforms == ()
    raw = parse_json_object(_read('transformation-spec/all-transforms-example.json'), Findings('example'))
    assert {key.partition(':')[0] for key in raw['transform_spec']} == set(known_forms())
    # A file is described by one of csv, tsv and pipe, which have the same keys.
    assert set(raw['input_spec']) == {item.name for item in dataclasses.fields(InputSpec)} - {'tsv', 'pipe'}
    sections = {'csv': DelimitedSection, 'json': JsonSection, 'xml': XmlSection, 'excel': ExcelSection,
                'fixed': FixedSection}
    for name, section in sections.items():
        assert set(raw['input_spec'][name]) == {item.name for item in dataclasses.fields(section)}


def test_the_example_shows_every_key_of_every_transform():
    raw = parse_json_object(_read('transformation-spec/all-transforms-example.json'), Findings('example'))
    for key, value in raw['transform_spec'].items():
        entry_type = known_forms()[key.partition(':')[0]].entry_type
        entries = [value] if isinstance(value, dict) and 'policy_month_start_field' in value else value
        if not isinstance(entries, list) or not isinstance(entries[0], dict):
            continue
        shown = {name for entry in entries for name in entry} - {'description'}
        assert shown >= {item.name for item in dataclasses.fields(entry_type)} - {
            'source', 'uniqueid_field', 'description'}, key
