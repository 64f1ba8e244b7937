"""Quarantined rows say which file they come from, the number of their record in it, and the text that failed there."""
from __future__ import annotations

import hashlib
import random

import pyarrow.parquet as pq
import pytest

from lake_etl.errors import DataError

KEY = 'Gen/Policy/a.csv'
RULES = 'dq-rules/dq-Gen-Policy.json'
SPEC = 'transformation-spec/Gen-Policy.json'
MAPPING = 'transformation-spec/Gen-Policy.csv'
BEFORE, AFTER = (f'gen.policy_quarantine_{stage}' for stage in ('before_transform', 'after_transform'))
ORIGIN = 'source_file, source_row, raw_values'
# Spark splits files of a few kilobytes into tasks, as it splits large ones by default.
SMALL_TASKS = {'spark.sql.files.maxPartitionBytes': '3000', 'spark.sql.files.openCostInBytes': '500'}


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def policies(seed, count, breaks):
    """Return a file of policies, and for each stage the number, amount and tax number of the rows that fail there."""
    rng = random.Random(seed)
    lines, before, after = ['No,Premium,TaxId,Note,State'], {}, {}
    for number in range(1, count + 1):
        fate = rng.choice(['good'] * 8 + ['no number', 'bad amount', 'filtered', 'left out', 'both'])
        no = '' if fate in ('no number', 'both') else f'P{number:04}'
        bad, good = f'"oops, {"x" * rng.randint(1, 9)}"', f'"$1,{number % 900:03}.50"'
        amount = bad if fate in ('bad amount', 'both') else good
        tax = f'{number}-{rng.randint(100, 999)}'
        note = '"two\nlines"' if breaks and rng.random() < 0.2 else 'n' * rng.randint(0, 30)
        state = {'filtered': 'SKIP', 'left out': 'OUT'}.get(fate, 'NY')
        lines.append(f'{no},{amount},{tax},{note},{state}')
        lines += [''] * (rng.random() < 0.1)
        if fate in ('no number', 'both'):
            before[number] = tax
        elif fate == 'bad amount':
            after[number] = (amount.strip('"'), tax)
    return '\n'.join(lines) + '\n', before, after


@pytest.fixture
def workflow(lake):
    lake.configure(MAPPING, 'SourceName,DestName\nNo,PolicyNo\nPremium,Amount\nTaxId,Tin\nNote,Note\nState,State\n')
    lake.configure(SPEC, {'input_spec': {'row_filter': "State != 'OUT'"}, 'transform_spec': {
        'filterrows': [{'condition': "State != 'SKIP'"}], 'currency': [{'field': 'Amount'}], 'hash': ['Tin']}})
    lake.configure(RULES, {
        'before_transform': {'quarantine_rules': ["(IsComplete 'PolicyNo') and (ColumnLength 'Tin' > 0)"]},
        'after_transform': {'quarantine_rules': ["IsComplete 'Amount'", "(IsComplete 'Amount') or (IsComplete 'Tin')",
                                                 "(IsComplete 'Amount') and (ColumnLength 'Tin' = 64)"]}})
    return lake


@pytest.mark.parametrize('breaks', [False, True], ids=['in several tasks', 'with line breaks in quotes'])
def test_each_quarantined_row_has_its_file_its_number_and_the_text_that_failed(workflow, spark_settings, breaks):
    # An older version of the lake has made the table.
    workflow.publish('gen', 'policy_quarantine_after_transform', {'policyno': 'string'},
                     {('2020', '01', '01'): [('P1',)]})
    content, before, after = policies(1, 400, breaks)
    assert len(before) > 20 and len(after) > 20
    with spark_settings(SMALL_TASKS):
        workflow.load(KEY, content)
    found = {row: (file, raw) for file, row, raw in workflow.rows(f'SELECT {ORIGIN} FROM {BEFORE}')}
    assert found == {number: (KEY, {'No': None, 'TaxId': digest(tax)}) for number, tax in before.items()}
    found = {row: (file, raw) for file, row, raw in workflow.rows(
        f"SELECT {ORIGIN} FROM {AFTER} WHERE year = '2026'")}
    assert found == {number: (KEY, {'Premium': amount, 'TaxId': digest(tax)})
                     for number, (amount, tax) in after.items()}
    assert workflow.rows(f"SELECT policyno, {ORIGIN} FROM {AFTER} WHERE year = '2020'") == [('P1', None, None, None)]
    partition, = workflow.catalog.partitions('gen', 'policy')
    table = pq.read_table(partition.location)
    columns = list(workflow.types('gen', 'policy'))
    assert table.column_names[:len(columns)] == columns, 'an engine may find columns by their place'
    assert [table[name].null_count for name in table.column_names[len(columns):]] == [table.num_rows] * 2
    first = min(after)
    assert workflow.rows(f"SELECT element_at(raw_values, 'Premium'), element_at(raw_values, 'Note') FROM {AFTER} "
                         f'WHERE source_row = {first}') == [(after[first][0], None)]


def test_text_of_protected_columns_is_protected_and_columns_of_the_user_keep_their_names(lake):
    lake.configure(SPEC, {'transform_spec': {
        'redact': {'phone': 'none'}, 'hash': ['tin'], 'tokenize': ['iban'],
        'combinecolumns': [{'field': 'contact', 'format': '{}', 'source_columns': ['mail']}], 'hash:2': ['contact']}})
    rules = [f"IsComplete '{name}'" for name in ('phone', 'tin', 'iban', 'contact', 'source_file')]
    lake.configure(RULES, {'after_transform': {'quarantine_rules': [
        ' and '.join(f'({rule})' for rule in [*rules, "ColumnValues 'amount' > 0"])]}})
    lake.load(KEY, 'tin,phone,iban,mail,amount,source_file\n1-2,555,DE1,a@x.org,1,x\n3-4,777,DE2,b@x.org,-1.50,y\n')
    assert lake.rows(f'SELECT source_file, _source_file, source_row, raw_values FROM {AFTER}') == [('y', KEY, 2, {
        'phone': 'none', 'tin': digest('3-4'), 'iban': digest('DE2'), 'mail': digest('b@x.org'), 'amount': '-1.50',
        'source_file': 'y'})]
    with pytest.raises(DataError, match='has columns named _lake_etl_file_position, which the lake itself uses'):
        lake.load(KEY, 'tin,_lake_etl_file_position\n1-2,555\n')


def test_rows_of_a_folder_have_their_own_files_and_malformed_ones_no_text_where_personal_data_is_protected(
        lake, spark_settings):
    lake.configure(SPEC, {'input_spec': {'files': 'folder', 'json': {}}, 'transform_spec': {'hash': ['tax']}})
    # With so many rules, rows that fail are computed once more.
    many = [f"ColumnValues 'id' != {number}" for number in range(-1, -9, -1)]
    lake.configure(RULES, {'before_transform': {'quarantine_rules': ["IsComplete 'id'"]},
                           'after_transform': {'quarantine_rules': ["ColumnValues 'id' > 0", *many]}})
    bad, malformed = {'x.json': (7, 180), 'y.json': (2, 150)}, {'x.json': 100, 'y.json': 50}
    for name in bad:
        rows = [f'{{"id": {-number if number in bad[name] else number}, "tax": "{number}-9"}}'
                for number in range(1, 201)]
        rows[malformed[name] - 1] = '{"id": 1, "tax": "secret'
        lake.land(f'Gen/Policy/{name}', '\n'.join(rows))
    with spark_settings(SMALL_TASKS):
        lake.load('Gen/Policy/done', 'x')
    assert sorted(lake.rows(f'SELECT {ORIGIN} FROM {BEFORE}')) == [
        (f'Gen/Policy/{name}', number, None) for name, number in malformed.items()]
    assert sorted(lake.rows(f'SELECT {ORIGIN} FROM {AFTER}'), key=lambda row: row[:2]) == [
        (f'Gen/Policy/{name}', number, {'id': str(-number)}) for name in bad for number in bad[name]]
