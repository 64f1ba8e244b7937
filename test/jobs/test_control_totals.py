"""Loads with control totals: a load that differs from what its sender states publishes nothing and says where."""
from __future__ import annotations

import argparse
import csv
import io
import json
from decimal import Decimal

import pytest

from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.controls.control_points import ControlPoints, StageColumns
from lake_etl.controls.control_statement import CONTROLS, READ, Measure, StatedTotals
from lake_etl.controls.run_records import ROW_COUNTS
from lake_etl.errors import ConfigurationError, ControlTotalsError, DataError
from lake_etl.spark.materialize import compute
from lib.local_lake.commands import run as run_command
from lib.local_lake.commands.runs import run as print_runs
from lib.local_lake.running.collected_files import AUDIT

KEY = 'Gen/Claim/claims.csv'
HEADER = 'Claim No;Currency;Paid Amount;Year of loss'
ROWS = ['1;EUR;1.000,10;2020', '2;EUR;(0,20);2021', '3;GBP;5,00;2022', '4;GBP;7,77;1999', '5;EUR;3,33;2023',
        '6;GBP;8,00;2024']
TRAILERS = ['T;EUR;3;1.003,23', 'T;GBP;3;20,77']
MAPPING = 'SourceName,DestName\nClaim No,claimno\nCurrency,cur\nPaid Amount,paid\nYear of loss,lossyear\n'
SPEC = {
    'input_spec': {
        'csv': {'delimiter': ';'}, 'skip_footer': 2, 'allow_schema_change': 'permissive',
        'controls': {'per': 'Currency', 'trailer': {
            'pattern': r'T;(?P<per>[A-Z]{3});(?P<rows>\d+);(?P<paid>[-\d.,]+)', 'sums': {'Paid Amount': 'paid'},
            'decimal_mark': ','}}},
    'transform_spec': {'currency': [{'field': 'paid', 'euro': True}], 'filterrows': [{'condition': 'lossyear > 2000'}],
                       'literal': {'system': 'Claims'}}}
# One row fails before the transforms, one after them, and one is filtered out.
RULES = {'before_transform': {'quarantine_rules': ['ColumnValues "claimno" != 5']},
         'after_transform': {'quarantine_rules': ['ColumnValues "claimno" != 6']}}


def file_with(rows, trailers=TRAILERS):
    return '\n'.join([HEADER, *rows, *trailers]) + '\n'


def configure(lake, rules=RULES, **transforms):
    lake.configure('transformation-spec/Gen-Claim.json',
                   {**SPEC, 'transform_spec': {**SPEC['transform_spec'], **transforms}})
    lake.configure('transformation-spec/Gen-Claim.csv', MAPPING)
    lake.configure('dq-rules/dq-Gen-Claim.json', rules)


def published(lake):
    return lake.rows('SELECT claimno, paid FROM gen.claim ORDER BY claimno')


def table_names(lake):
    return {(table.database, table.name) for table in lake.catalog.tables()}


def statement(lake, execution):
    item = next(item for item in SqliteItems().scan(lake.folders.items(AUDIT)) if item['execution_id'] == execution)
    return [(line['stage'], line['by'], line['column'], line['group'], line['amount'], line['difference'])
            for line in item[CONTROLS]]


def test_every_row_and_cent_is_followed_from_the_trailer_to_the_table_without_another_job(lake, spark_jobs, capsys):
    configure(lake)
    with spark_jobs() as count:
        execution = lake.run(KEY, file_with(ROWS)).execution
    with_controls = count()
    found = statement(lake, execution)
    assert [row[0] for row in published(lake)] == [1, 2, 3]
    assert [line for line in found if line[3] == 'EUR'] == [
        ('stated', 'the trailer of claims.csv', 'rows', 'EUR', '3', ''),
        ('stated', 'the trailer of claims.csv', 'Paid Amount', 'EUR', '1003.23', ''),
        ('read', '', 'rows', 'EUR', '3', ''),
        ('mapped', '', 'rows', 'EUR', '3', ''), ('mapped', '', 'Paid Amount', 'EUR', '1003.23', ''),
        ('accepted', 'quarantined', 'rows', 'EUR', '1', ''),
        ('accepted', 'quarantined', 'Paid Amount', 'EUR', '3.33', ''),
        ('accepted', '', 'rows', 'EUR', '2', ''), ('accepted', '', 'Paid Amount', 'EUR', '999.90', ''),
        ('transformed', '', 'rows', 'EUR', '2', ''), ('transformed', '', 'Paid Amount', 'EUR', '999.90', ''),
        ('published', '', 'rows', 'EUR', '2', ''), ('published', '', 'Paid Amount', 'EUR', '999.90', '')]
    assert ('transformed', 'filtered', 'Paid Amount', 'GBP', '7.77', '') in found
    assert ('published', 'quarantined', 'Paid Amount', 'GBP', '8.00', '') in found
    assert all(line[5] == '' for line in found)
    # A sum of several currencies is never shown.
    assert {line[3] for line in found if line[2] == 'Paid Amount'} == {'EUR', 'GBP'}

    print_runs(lake.folders, argparse.Namespace(last=5, controls=True, format='json'))
    shown = json.loads(capsys.readouterr().out)
    assert len(shown[0]['controls']) == len(found)
    print_runs(lake.folders, argparse.Namespace(last=5, format='json'))
    assert json.loads(capsys.readouterr().out)[0]['rows'][0]['filtered'] == 1
    print_runs(lake.folders, argparse.Namespace(last=5, controls=True, format='csv'))
    assert len(list(csv.DictReader(io.StringIO(capsys.readouterr().out)))) == len(found)

    spec = {**SPEC, 'input_spec': {key: value for key, value in SPEC['input_spec'].items() if key != 'controls'}}
    lake.configure('transformation-spec/Gen-Claim.json', spec)
    with spark_jobs() as count:
        lake.load('Gen/Claim/2026/03/05/claims.csv', file_with(ROWS), recorded=True)
    assert with_controls == count()
    counts = [{'table': 'gen.claim', 'read': 6, 'filtered': 1, 'quarantined': 2, 'published': 3}]
    assert {item['execution_id'] == execution: item[ROW_COUNTS] for item in SqliteItems().scan(
        lake.folders.items(AUDIT))} == {True: counts, False: counts}


LOSSES = {
    'dropped rows and another currency': (file_with([*ROWS[1:5], '7;USD;1,00;2020']), {}, [
        "stage 'read', number of rows: the trailer of claims.csv states 6, found 5 (1 missing)",
        "stage 'mapped', sum of 'Paid Amount' of EUR: the trailer of claims.csv states 1003.23, found 3.13 "
        '(1000.10 missing)',
        "sum of 'Paid Amount' of (any other): the trailer of claims.csv states 0, found 1.00 (1.00 too much)"]),
    'lost cents': (file_with(ROWS), {'changetype': {'paid': 'decimal(10,0)'}}, [
        "stage 'transformed', sum of 'Paid Amount' of EUR: stage 'mapped' had 1003.23, found 1003.00 (0.23 "
        'missing)']),
}


def test_a_load_that_differs_publishes_nothing_and_names_stage_and_amount(lake):
    configure(lake, rules={})
    lake.load(KEY, file_with(ROWS[:4], ['T;EUR;2;999,90', 'T;GBP;2;12,77']), recorded=True)
    before, tables = published(lake), table_names(lake)
    for name, (content, transforms, expected) in LOSSES.items():
        configure(lake, rules={}, **transforms)
        with pytest.raises(ControlTotalsError) as error:
            lake.load(KEY, content, recorded=True)
        for text in expected:
            assert text in str(error.value), (name, str(error.value))
        assert published(lake) == before, name
        assert table_names(lake) == tables, name
    assert lake.unreferenced_files() == []


def test_rows_that_spark_counts_twice_to_sample_ranges_are_counted_again(spark, spark_settings):
    points, paid = ControlPoints(), Measure('paid')
    points.expect([StatedTotals('the trailer', {Measure(): Decimal(1000), paid: Decimal(499500)})])
    rows = spark.range(0, 1000, 1, 4).withColumnRenamed('id', 'paid')
    with spark_settings({'spark.sql.shuffle.partitions': '4'}):
        counted = points.observe(rows, READ, StageColumns({'paid': 'paid'}))
        compute(counted.repartitionByRange(4, 'paid'))
    assert points.figures(READ) == {Measure(): 2000, paid: 999000}
    points.count_again()
    assert points.figures(READ) == {Measure(): 1000, paid: 499500}


def test_side_files_land_first_are_never_loaded_and_have_to_be_there(lake, tmp_path):
    lake.configure('transformation-spec/Gen-Claim.json', {'input_spec': {
        'fixed': {}, 'skip_footer': 1, 'controls': {
            'sums': {'Paid': '30.75'}, 'side_file': {'name': '{stem}.ctl.json'},
            'trailer': {'pattern': r'T(?P<rows>\d{4})(?P<paid>\d{8})', 'sums': {'Paid': 'paid'},
                        'implied_decimals': 2}}}})
    lake.configure('transformation-spec/Gen-Claim.csv', 'SourceName,DestName,Width\nNo,no,4\nPaid,paid,8\n')
    source = tmp_path / 'claims.txt'
    source.write_text('0001   10.25\n0002   20.50\nT000200003075\n')
    (tmp_path / 'claims.ctl.json').write_text('{"rows": 2, "sums": {"Paid": 30.75}}')
    landing, parts = run_command.uploads(lake.folders, source, 'Gen/Claim', None)
    assert list(parts) == ['Gen/Claim/claims.ctl.json', landing.key]
    with pytest.raises(DataError, match='claims.ctl.json does not exist'):
        lake.load(landing.key, source.read_bytes(), recorded=True)
    lake.land('Gen/Claim/claims.ctl.json', parts['Gen/Claim/claims.ctl.json'].read_bytes())
    execution = lake.load(landing.key, source.read_bytes(), recorded=True)
    assert [str(row[1]) for row in lake.rows('SELECT no, paid FROM gen.claim ORDER BY no')] == ['10.25', '20.5']
    by = {line[1] for line in statement(lake, execution) if line[0] == 'stated'}
    assert by == {'the specification', 'the trailer of claims.txt', 'side file claims.ctl.json'}


def test_totals_of_protected_or_absent_columns_or_of_dates_are_refused(lake):
    for section, error in (({'sums': {'Tax Id': '5'}}, ConfigurationError), ({'sums': {'Taxes': '5'}}, DataError)):
        lake.configure('transformation-spec/Gen-Claim.json',
                       {'input_spec': {'controls': section}, 'transform_spec': {'hash': ['tax']}})
        lake.configure('transformation-spec/Gen-Claim.csv', 'SourceName,DestName\nTax Id,tax\n')
        with pytest.raises(error, match='is protected by' if error is ConfigurationError else 'Taxes') as raised:
            lake.load(KEY, 'Tax Id\n4711\n')
        assert '4711' not in str(raised.value)
    lake.configure('transformation-spec/Gen-Claim.json', {
        'input_spec': {'controls': {'side_file': {'name': 'totals.json'}}}, 'transform_spec': {'hash': ['tax']}})
    lake.land('Gen/Claim/totals.json', '{"sums": {"tax id": "5"}}')
    with pytest.raises(DataError, match='which steps protect'):
        lake.load(KEY, 'Tax Id\n4711\n')
    lake.configure('transformation-spec/Gen-Claim.json', {'input_spec': {'controls': {'sums': {'Paid on': '5'}}}})
    lake.configure('transformation-spec/Gen-Claim.csv', 'SourceName,DestName\nPaid on,paid\n')
    with pytest.raises(ControlTotalsError, match="numbers for the sum of 'Paid on'"):
        lake.load(KEY, 'Paid on\n2026-01-31\n')
    assert list(lake.catalog.tables()) == []
