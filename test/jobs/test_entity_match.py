"""The entity match job: contents of the primary table and its cross-reference after each batch."""
from __future__ import annotations

import contextlib
import io

import pytest

from lake_etl.adapters.local import pyiceberg_tables as merged_tables
from lake_etl.adapters.local.pyiceberg_tables import PyIcebergTables
from lake_etl.errors import ConfigurationError, DataError, SchemaChangeError
from lake_etl.jobs import entity_match
from lake_etl.publish.undo import find_table, read_recorded
from lib.local_lake.cli import main
from lib.local_lake.commands.clean import clean

COLUMNS = {'no': 'string', 'system': 'string', 'first': 'string', 'last': 'string', 'zip': 'string', 'updated': 'int'}
SPEC = {
    'primary_entity_table': 'people', 'global_id_field': 'globalid', 'sort_field': 'updated',
    'exact_match_fields': {'source_primary_key': 'no', 'source_system_key': 'system'},
    'levels': [{'id': 'name', 'blocks': ['last', 'zip'], 'threshold': 0.85,
                'fields': [{'fieldname': 'first', 'type': 'string', 'method': 'jarowinkler'}]}]}
PEOPLE = 'SELECT no, first, updated, year, month, day FROM customer_consume.people ORDER BY first, no'
KEYS = ('SELECT source_system, source_key, CAST(first_seen AS varchar), CAST(last_seen AS varchar), level '
        'FROM customer_consume.people_xref ORDER BY source_system, source_key')
EVERYTHING = 'SELECT * FROM customer_consume.people ORDER BY globalid'
KEYS_AND_IDS = 'SELECT * FROM customer_consume.people_xref ORDER BY match_key'
FIRST, SECOND = ('2026', '03', '04'), ('2026', '03', '05')
DAY_1, DAY_2 = 'Customer/A01/2026/03/04/a.csv', 'Customer/A01/2026/03/05/a.csv'


@pytest.fixture
def customers(lake):
    """A lake with a match specification, and a function to fill the Consume table and match one of its partitions."""
    lake.configure('transformation-spec/Customer-entitymatch.json', SPEC)

    def fill_and_match(key, partitions, columns=COLUMNS, **arguments):
        lake.publish('customer_consume', 'a01', columns, partitions)
        lake.match(key, **arguments)
    lake.fill_and_match = fill_and_match
    return lake


def versions(lake, spark):
    tables = PyIcebergTables(lake.folders.catalog, f'{lake.folders.consume}/iceberg')
    states = [tables.state(spark, 'customer_consume', name) for name in ('people', 'people_xref')]
    return [state and state.version for state in states]


def undone(lake, *arguments):
    """Type the command undo and return what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert main(['--lake', str(lake.folders.root), '--config', str(lake.configuration), 'undo', *arguments]) == 0
    return printed.getvalue()


def test_two_days_lead_to_one_row_for_each_person_and_every_key_stays_known(customers, spark):
    first = {FIRST: [('1', 'A', 'Ann', 'Smith', '10115', 1), ('2', 'A', 'Bob', 'Jones', '20000', 1),
                     ('7', 'B', 'Anne', 'Smith', '10115', 5), ('8', 'B', 'Zoe', 'Last', '3', None)]}
    customers.fill_and_match(DAY_1, first)
    assert customers.rows(PEOPLE) == [('7', 'Anne', 5, *FIRST), ('2', 'Bob', 1, *FIRST), ('8', 'Zoe', None, *FIRST)]
    assert [(*row[:2], *row[2:4]) for row in customers.rows(KEYS)] == [
        (system, key, '2026-03-04', '2026-03-04') for system, key in (('A', '1'), ('A', '2'), ('B', '7'), ('B', '8'))]
    assert sorted(row[4] for row in customers.rows(KEYS)) == ['name', 'new', 'new', 'new']
    ids = dict(customers.rows('SELECT first, globalid FROM customer_consume.people'))
    before = versions(customers, spark)

    customers.match(DAY_1, execution='again')
    assert versions(customers, spark) == before, 'a rerun changes nothing, not even the history'

    second = {SECOND: [('1', 'A', 'Ann', 'Married', '99', 6), ('3', 'A', 'Bobby', 'Jones', '20000', 0),
                       ('9', 'C', 'Annie', 'Smith', '10115', 2)]}
    customers.fill_and_match(DAY_2, first | second, execution='two')
    # 1 is Anne by its key, and the later row wins; 9 matches her too, and is older, as 3 is older than Bob.
    assert customers.rows(PEOPLE) == [('1', 'Ann', 6, *SECOND), ('2', 'Bob', 1, *FIRST), ('8', 'Zoe', None, *FIRST)]
    assert dict(customers.rows('SELECT first, globalid FROM customer_consume.people')) == {
        'Ann': ids['Anne'], 'Bob': ids['Bob'], 'Zoe': ids['Zoe']}
    keys = {row[:2]: row[2:] for row in customers.rows(KEYS)}
    assert keys['A', '1'][:2] == ('2026-03-04', '2026-03-05') and keys['C', '9'][2] == 'name'
    assert keys['B', '7'][:2] == ('2026-03-04', '2026-03-04')

    before = versions(customers, spark)
    customers.match(DAY_1, execution='late')
    assert versions(customers, spark) == before, 'an earlier day, run again, does not bring its rows back'
    clean(customers.folders, keep_history=False)
    after = customers.rows(EVERYTHING), customers.rows(KEYS_AND_IDS)
    text = undone(customers, 'customer_consume.People')
    assert f'the match of {DAY_2}' in text and 'people: 3 rows before, 3 rows now' in text
    assert 'people_xref: 6 rows before, 4 rows now' in text
    assert customers.rows(PEOPLE) == [('7', 'Anne', 5, *FIRST), ('2', 'Bob', 1, *FIRST), ('8', 'Zoe', None, *FIRST)]
    assert dict(customers.rows('SELECT first, globalid FROM customer_consume.people')) == ids
    customers.match(DAY_2, execution='two again')
    assert (customers.rows(EVERYTHING), customers.rows(KEYS_AND_IDS)) == after, 'every row and key has the id it had'
    undone(customers, 'people_xref', '--to', 'match')
    assert len(customers.rows(KEYS)) == 4
    undone(customers, 'people')
    assert (customers.rows(EVERYTHING), customers.rows(KEYS_AND_IDS)) == after
    recorded = read_recorded(find_table('people'))
    assert [(change.cause.kind, change.cause.run) for change in recorded.changes if change.cause.kind == 'match'] == [
        ('match', 'two again'), ('match', 'two'), ('match', 'match')]


def test_new_columns_appear_missing_ones_keep_their_values_and_a_type_that_does_not_fit_is_refused(customers, spark):
    columns = {name: kind for name, kind in COLUMNS.items() if name != 'zip'} | {'zip': 'string', 'phone': 'string'}
    customers.fill_and_match(DAY_1, {FIRST: [('1', 'A', 'Ann', 'Smith', '10115', 1, 'kept')]},
                             COLUMNS | {'note': 'string'})
    customers.fill_and_match(DAY_2, {SECOND: [('1', 'A', 'Anna', 'Smith', 2, '10115', '555')]}, columns)
    assert customers.rows('SELECT first, note, zip, phone FROM customer_consume.people') == [
        ('Anna', 'kept', '10115', '555')]
    before = versions(customers, spark)
    with pytest.raises(SchemaChangeError, match='updated is string, in the primary table int'):
        customers.fill_and_match(DAY_2, {SECOND: [('1', 'A', 'Ann', 'Smith', '10115', 'x')]},
                                 COLUMNS | {'updated': 'string'})
    assert versions(customers, spark) == before


def test_a_partition_without_rows_changes_nothing(customers, spark):
    customers.fill_and_match(DAY_2, {FIRST: [('1', 'A', 'Ann', 'Smith', '10115', 1)]})
    assert versions(customers, spark) == [None, None]


def test_what_the_specification_names_must_be_there_before_anything_is_read(customers):
    columns = {'no': 'string', 'sytem': 'string', 'first': 'string'}
    with pytest.raises(ConfigurationError) as raised:
        customers.fill_and_match(DAY_1, {FIRST: [('1', 'A', 'Ann')]}, columns)
    text = str(raised.value)
    assert "Customer-entitymatch.json: column 'system' is not in customer_consume.a01 (did you mean 'sytem'?)" in text
    assert all(f"'{name}'" in text for name in ('last', 'zip', 'updated')) and raised.value.problems[3:]


def test_without_a_table_or_a_specification_the_job_says_what_is_missing(customers, lake):
    with pytest.raises(DataError, match='no table customer_consume.a01 to match'):
        lake.match(DAY_1)
    with pytest.raises(ConfigurationError, match='Other-entitymatch.json: there is no such file'):
        lake.match('Other/A01/2026/03/04/a.csv')


def test_a_run_that_another_one_overtakes_matches_again_and_loses_nothing(customers, monkeypatch):
    customers.fill_and_match(DAY_1, {
        FIRST: [('1', 'A', 'Ann', 'Smith', '10115', 1)], SECOND: [('9', 'B', 'Zoe', 'Last', '3', 1)],
        ('2026', '03', '06'): [('5', 'C', 'Zoey', 'Last', '3', 2), ('1', 'A', 'Anna', 'Smith', '10115', 3)]})
    publish, overtaken = entity_match.publish_matches, []

    def overtaken_once(run, *rest):
        if not overtaken:
            overtaken.append(True)
            customers.match('Customer/A01/2026/03/06/a.csv', execution='other')
        publish(run, *rest)
    monkeypatch.setattr(entity_match, 'publish_matches', overtaken_once)
    monkeypatch.setattr(entity_match, 'PAUSE_SECONDS', 0)
    customers.match(DAY_2)
    assert [row[:3] for row in customers.rows(PEOPLE)] == [('1', 'Anna', 3), ('5', 'Zoey', 2)]
    assert [row[:2] for row in customers.rows(KEYS)] == [('A', '1'), ('B', '9'), ('C', '5')]
    assert len(customers.rows('SELECT DISTINCT globalid FROM customer_consume.people_xref')) == 2


def test_a_run_that_ends_half_way_leaves_the_old_rows_and_can_be_repeated(customers, monkeypatch):
    first = [('1', 'A', 'Ann', 'Smith', '10115', 1)]
    customers.fill_and_match(DAY_1, {FIRST: first})
    old = customers.rows(PEOPLE)
    batch = [('1', 'A', 'Anna', 'Smith', '10115', 2), ('2', 'B', 'Zoe', 'Last', '3', 1),
             ('3', 'C', 'Zoey', 'Last', '3', 2)]
    original, calls = merged_tables._commit, []

    def ending(*args):
        calls.append(args)
        if len(calls) == 2:  # The keys are written and switched to, the rows are written.
            raise KeyboardInterrupt
        return original(*args)
    with monkeypatch.context() as patched:
        patched.setattr(merged_tables, '_commit', ending)
        with pytest.raises(KeyboardInterrupt):
            customers.fill_and_match(DAY_2, {FIRST: first, SECOND: batch})
    assert customers.rows(PEOPLE) == old
    customers.match(DAY_2)
    assert [row[:3] for row in customers.rows(PEOPLE)] == [('1', 'Anna', 2), ('3', 'Zoey', 2)]
    assert len(customers.rows(KEYS)) == 3
