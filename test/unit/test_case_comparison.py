"""Expected rows of test cases are compared typed, in any order, and a difference names its cell."""
from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_etl.errors import ConfigurationError
from lake_etl.syntax.type_text import parse_type
from lib.local_lake.checks.case_csv import CaseTable, case_csv, read_case_csv
from lib.local_lake.checks.comparison import ComparedColumns, RowSet, compare_rows
from lib.local_lake.checks.typed_cells import CellError, read_cell, same_text, write_cell

TYPES = {'policyno': 'string', 'startdate': 'date', 'premium': 'decimal(16,2)', 'months': 'int'}
ROWS = (('P1', '2026-01-01', '10.00', '1'), ('P2', '2026-02-01', '20.50', '2'), ('P3', '2026-03-01', None, '3'))


def relation(rows=ROWS, protected=()):
    return RowSet(tuple((name, parse_type(kind)) for name, kind in TYPES.items()), tuple(rows), frozenset(protected))


def texts(names, rows, found=None, **scope):
    return [item.text for item in compare_rows(names, rows, found or relation(), ComparedColumns(**scope))]


@pytest.mark.parametrize(('kind', 'one', 'other'), [
    ('decimal(16,2)', '10', '10.00'),
    ('decimal(38,2)', '123456789012345678901234567890123456.7', '123456789012345678901234567890123456.70'),
    ('decimal(16,2)', '1e1', ' 10.00 '), ('int', '007', '7'), ('double', '0.1', '0.10000000000000001'),
    ('double', '1e3', '1000'), ('float', '0.1', '0.10000000149'), ('boolean', 'TRUE', 'true'),
    ('date', '2026-01-31', ' 2026-01-31'), ('timestamp', '2026-01-31T10:00:00', '2026-01-31 10:00:00.000'),
    ('timestamp', '2026-01-31 11:00:00+01:00', '2026-01-31 10:00:00'),
    ('array<string>', '["a", "b"]', '["a","b"]'), ('string', 'a\r\nb\rc', 'a\nb\nc'),
    ('struct<a:int,b:decimal(4,2)>', '{"b": 1.50, "a": 1}', '{"a":1,"b":1.5}')])
def test_equal_values_of_a_type_are_equal_however_they_are_written(kind, one, other):
    assert same_text(one, parse_type(kind)) == same_text(other, parse_type(kind))


@pytest.mark.parametrize(('kind', 'one', 'other'), [
    ('decimal(16,2)', '10.00', '10.01'), ('string', '10', '10.0'), ('string', 'a', 'a '), ('string', 'a', 'A'),
    ('decimal(38,2)', '123456789012345678901234567890123456.7', '123456789012345678901234567890123456.8'),
    ('double', '0.1', '0.1000001'), ('timestamp', '2026-01-31 10:00:00', '2026-01-31 10:00:00.000001'),
    ('array<string>', '["a"]', '["b"]'), ('struct<a:int>', '{"a": null}', '{"a": 0}')])
def test_other_values_differ(kind, one, other):
    assert same_text(one, parse_type(kind)) != same_text(other, parse_type(kind))


@pytest.mark.parametrize(('kind', 'text'), [
    ('decimal(16,2)', '10.001'), ('decimal(4,2)', '100'), ('decimal(16,2)', 'abc'), ('decimal(16,2)', 'NaN'),
    ('decimal(16,2)', ''), ('int', '1.0'), ('date', '31.01.2026'), ('date', '2026-02-30'), ('boolean', 'yes'),
    ('timestamp', 'today'), ('array<string>', '[a]'), ('double', 'x'), ('binary', 'zz')])
def test_text_that_is_not_of_the_type_is_refused(kind, text):
    with pytest.raises(CellError):
        read_cell(text, parse_type(kind))


@given(st.one_of(st.tuples(st.just('decimal(38,4)'), st.decimals(places=4, min_value=-10**20, max_value=10**20)),
                 st.tuples(st.just('timestamp'), st.datetimes()), st.tuples(st.just('date'), st.dates()),
                 st.tuples(st.just('double'), st.floats(allow_nan=True)), st.tuples(st.just('boolean'), st.booleans()),
                 st.tuples(st.just('bigint'), st.integers(-2**63, 2**63 - 1)), st.tuples(st.just('string'), st.text()),
                 st.tuples(st.just('map<string,array<int>>'), st.dictionaries(st.text(), st.lists(st.integers())))))
def test_what_is_written_reads_back_as_the_same_cell(value):
    kind = parse_type(value[0])
    text = write_cell(value[1], kind)
    assert same_text(text, kind) == text


def test_values_as_query_engines_give_them_are_written_plainly():
    assert write_cell(Decimal('10.50'), parse_type('decimal(16,2)')) == '10.50'
    assert write_cell(date(2026, 1, 31), parse_type('date')) == '2026-01-31'
    assert write_cell(datetime(2026, 1, 31, 10, tzinfo=UTC), parse_type('timestamp')) == '2026-01-31 10:00:00'
    assert write_cell({'b': Decimal('1.50'), 'a': [None, True]}, parse_type('struct<b:decimal(4,2),a:array<boolean>>')
                      ) == '{"a": [null, true], "b": 1.5}'


def test_the_order_of_rows_and_the_letter_case_of_columns_do_not_matter():
    assert texts(['PolicyNo', 'StartDate', 'Premium', 'Months'], list(reversed(ROWS))) == []
    assert texts(['Months', 'PolicyNo', 'StartDate', 'Premium'],
                 [('01', 'P1', '2026-01-01', '10'), ('2', 'P2', '2026-02-01', '20.5'),
                  ('3', 'P3', '2026-03-01', None)]) == []


def test_a_difference_names_row_column_and_both_values():
    rows = [ROWS[0], ROWS[1], ('P3', '2026-03-01', '0.01', '3')]
    assert texts(list(TYPES), rows) == ['row 3 column premium: expected 0.01, found null']
    rows = [('P1', '2026-01-01', '10.01', '1'), *ROWS[1:]]
    assert texts(['PolicyNo', 'StartDate', 'Premium', 'Months'], rows) == [
        'row 1 column Premium: expected 10.01, found 10.00']


def test_rows_are_compared_with_the_ones_that_are_most_alike():
    rows = [('P2', '2026-02-01', '20.50', '9'), ('P1', '2026-01-01', '10.00', '8'), ROWS[2]]
    assert texts(list(TYPES), rows) == ['row 1 column months: expected 9, found 2',
                                        'row 2 column months: expected 8, found 1']


def test_missing_and_unexpected_rows_are_told_by_their_first_cells():
    rows = [*ROWS[:2], ('X9', '2020-01-01', '1.00', '7')]
    assert texts(list(TYPES), rows) == [
        'row 3 was not found: policyno = X9, startdate = 2020-01-01, premium = 1.00, …',
        'an unexpected row was found: policyno = P3, startdate = 2026-03-01, months = 3, …']


def test_the_same_row_twice_is_not_the_same_row_once():
    assert texts(list(TYPES), [*ROWS, ROWS[0]]) == [
        'row 4 was not found: policyno = P1, startdate = 2026-01-01, premium = 10.00, …']
    assert texts(list(TYPES), ROWS, relation([*ROWS, ROWS[0]])) == [
        'an unexpected row was found: policyno = P1, startdate = 2026-01-01, premium = 10.00, …']


def test_null_and_empty_text_differ():
    found = relation([('', '2026-01-01', '1.00', '1')])
    assert texts(list(TYPES), [(None, '2026-01-01', '1.00', '1')], found) == [
        "row 1 column policyno: expected null, found ''"]


def test_a_column_that_one_side_does_not_have_is_named():
    short = [row[:3] for row in ROWS]
    assert texts(['policyno', 'startdate', 'premium'], short) == [
        "column months was found and is missing in the file; add it, add it to 'ignore' in case.yml, or set "
        "'partial: true' there to compare the columns of the file only"]
    assert texts(['policyno', 'startdate', 'premium'], short, partial=True) == []
    assert texts(['policyno', 'startdate', 'premium'], short, ignored=frozenset({'months'})) == []
    assert texts(['policyno', 'startdate', 'premiun', 'months'], ROWS) == [
        'column premiun was not found; there are policyno, startdate, premium, months',
        *texts(['policyno', 'startdate', 'months'], [(*row[:2], row[3]) for row in ROWS])]


def test_text_of_another_type_in_the_file_is_not_shown():
    rows = [('P1', 'Smith', '10.00', '1'), *ROWS[1:]]
    assert texts(list(TYPES), rows) == ['row 1 column startdate: the text in the file is not of the type date']


def test_values_of_protected_columns_are_not_shown():
    found = relation([('Smith', *ROWS[0][1:]), *ROWS[1:]], protected=['policyno'])
    assert texts(list(TYPES), ROWS, found) == [
        'row 1 column policyno: found another value; values of protected columns are not shown']
    plain = relation(found.rows)
    assert texts(list(TYPES), ROWS, plain, hidden=frozenset({'policyno'}))[0].endswith('are not shown')
    far = relation([('Smith', '1999-01-01', '7.77', '99')], protected=['policyno'])
    assert not any('Smith' in text for text in texts(list(TYPES), ROWS[:1], far))


def test_the_part_of_long_texts_in_which_they_differ_is_shown():
    one, other = 'a' * 100 + 'first', 'a' * 100 + 'second'
    text, = texts(list(TYPES), [(one, *ROWS[0][1:])], relation([(other, *ROWS[0][1:])]))
    assert 'first' in text and 'second' in text and len(text) < 160


def test_hundreds_of_different_rows_are_compared_in_a_moment():
    rows = [(f'P{number}', '2026-01-01', '1.00', '1') for number in range(2000)]
    found = relation([(f'P{number}', '2026-01-01', '2.00', '1') for number in range(2000)])
    assert 'row 1 column premium: expected 1.00, found 2.00' in texts(list(TYPES), rows, found)


def read(tmp_path, content):
    file = tmp_path / 'cleanse.csv'
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_case_csv(file, 'case/expected/cleanse.csv')


@pytest.mark.parametrize('content', [
    'a,b\n1,\n"",2\n', '\ufeffa,b\r\n1,\r\n"",2\r\n', 'a,b\r1,\r"",2',
    b'\xff\xfe' + 'a,b\n1,\n"",2'.encode('utf-16-le'),
    ' a , b \n\n1,\n\n"",2\n\n'])
def test_byte_order_marks_line_ends_and_blank_lines_do_no_harm(tmp_path, content):
    assert read(tmp_path, content) == CaseTable(('a', 'b'), (('1', None), ('', '2')))


@pytest.mark.parametrize(('content', 'message'), [
    ('', 'the file is empty (it needs a line with the names of the columns; without further lines it holds no rows)'),
    ('a,b\n1\n', 'line 2: has 1 cells, the header has 2 (put double quotes around a value that holds a comma)'),
    ('a,b\n"x\ny",2\n1,2,3\n', 'line 4: has 3 cells'), ('a,b\n"x,2\n', 'line 2: a double quote is opened and not'),
    ('a,b\n"x"y,2\n', 'line 2: there is text behind the closing double quote'), ('a,\n1,2\n', 'column 2 has no name'),
    ('a,A\n1,2\n', "column 'A' is there twice"), (b'a,b\n\xff,2\n', 'byte 5 is not UTF-8 text')])
def test_a_file_that_is_not_csv_is_refused_with_the_line(tmp_path, content, message):
    with pytest.raises(ConfigurationError) as refused:
        read(tmp_path, content)
    assert f'case/expected/cleanse.csv: {message}' in str(refused.value) or message in str(refused.value)


def test_a_type_behind_a_name_needs_no_double_quotes(tmp_path):
    columns = ('a:decimal(10,2)', 'b', 'c:struct<x:int,y:map<string,int>>', 'd:decimal(4,1)')
    assert read(tmp_path, ','.join(columns) + '\n1,2,3,4\n') == CaseTable(columns, (('1', '2', '3', '4'),))
    assert read(tmp_path, 'a:decimal(10,2\n1\n').columns == ('a:decimal(10,2',)


def test_a_header_alone_stands_for_no_rows(tmp_path):
    assert read(tmp_path, 'a,b\n') == CaseTable(('a', 'b'), ())


@given(st.lists(st.lists(st.one_of(st.none(), st.text(alphabet=st.characters(exclude_characters='\r',
                                                                             exclude_categories=['Cs']))),
                         min_size=2, max_size=2), max_size=5))
def test_every_table_reads_back_as_it_was_written(rows):
    import tempfile
    from pathlib import Path
    table = CaseTable(('a', 'b'), tuple(map(tuple, rows)))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / 'x.csv'
        file.write_text(case_csv(table), encoding='utf-8', newline='')
        assert read_case_csv(file, 'x.csv') == table


def test_a_null_in_a_single_column_is_a_row(tmp_path):
    table = CaseTable(('a',), ((None,), ('',), ('1',)))
    assert read(tmp_path, case_csv(table)) == table
