"""Rows that fail quarantine rules are written in the same pass as the others, and computed once."""
from __future__ import annotations

import pytest

from lake_etl.errors import DataError
from lake_etl.publish.failed_rows import MOST_RULES

KEY = 'Gen/Policy/a.csv'
RULES = 'dq-rules/dq-Gen-Policy.json'
SPEC = 'transformation-spec/Gen-Policy.json'
AFTER = 'gen.policy_quarantine_after_transform'
COUNTS = f'SELECT (SELECT count(*) FROM gen.policy), (SELECT count(*) FROM {AFTER})'


def numbers(*values):
    return 'number\n' + ''.join(f'{value}\n' for value in values)


def test_rows_that_depend_on_chance_are_set_aside_as_they_were_checked(lake):
    lake.publish('gen', 'policy', {'id': 'int'}, {('2026', '03', '04'): [(number,) for number in range(200)]})
    lake.configure('transformation-sql/spark-Gen-Policy.sql',
                   'SELECT id, rand() AS share, year, month, day FROM gen.policy')
    lake.configure(RULES, {'after_sparksql': {'quarantine_rules': ["ColumnValues 'share' > 0.5"]}})
    lake.consume(KEY)
    found = lake.rows('SELECT min(share) > 0.5, count(*) FROM gen_consume.policy UNION ALL SELECT max(share) <= 0.5, '
                      'count(*) FROM gen_consume.policy_quarantine_after_sparksql')
    assert [right for right, _ in found] == [True, True]
    assert sum(rows for _, rows in found) == 200
    assert lake.unreferenced_files() == []


def test_a_source_is_parsed_once_though_rows_of_it_fail(lake, rows_read):
    lake.configure(SPEC, {'transform_spec': {'flipsign': [{'field': 'number'}]}})
    lake.configure(RULES, {'after_transform': {'quarantine_rules': ["ColumnValues 'number' > 0"]}})
    with rows_read() as clean:
        lake.load(KEY, numbers(*range(-500, 0)))
    with rows_read() as mixed:
        lake.load(KEY, numbers(3, 5, *range(-498, 0)))
    assert mixed() == clean() + 2, 'the two rows are read again from where they were written'
    assert clean() > 0
    assert lake.rows(COUNTS) == [(498, 2)]


@pytest.mark.parametrize('rules', [2, 5, MOST_RULES + 1])  # five give more sets than a task has files open
def test_each_row_set_aside_has_the_rules_it_fails_however_many_sets_of_them_there_are(lake, rules):
    bits = [f'bit{number}' for number in range(rules)]
    lake.configure(RULES, {'after_transform': {
        'warn_rules': ['RowCount > 1'], 'quarantine_rules': [f"ColumnValues '{bit}' = 0" for bit in bits]}})
    numbers = range(2 ** rules)
    lake.load(KEY, '\n'.join([','.join(['number', *bits]), *(
        ','.join([str(number), *(str(number >> place & 1) for place in range(rules))]) for number in numbers)]) + '\n')
    assert lake.rows('SELECT number FROM gen.policy') == [(0,)]
    assert lake.rows(f'SELECT number, failed_rules FROM {AFTER} ORDER BY number') == [
        (number, [f'ColumnValues "{bit}" = 0' for place, bit in enumerate(bits) if number >> place & 1])
        for number in numbers[1:]]
    assert lake.unreferenced_files() == []


def test_a_column_that_is_called_like_a_folder_of_the_lake_stops_the_load(lake):
    lake.publish('gen', 'policy', {'number': 'int'}, {('2026', '03', '04'): [(1,)]})
    with pytest.raises(DataError, match='Gen/Policy have a column named lake_failed_rules'):
        lake.load(KEY, 'number,Lake Failed Rules\n2,none\n')
    lake.configure('transformation-sql/spark-Gen-Policy.sql',
                   'SELECT number AS lake_load, year, month, day FROM gen.policy')
    with pytest.raises(DataError, match='Gen/Policy have a column named lake_load'):
        lake.consume(KEY)
    assert lake.rows('SELECT number FROM gen.policy') == [(1,)]


def test_a_partition_is_empty_when_no_row_comes_to_the_rules(lake):
    lake.configure(SPEC, {'transform_spec': {'filterrows': [{'condition': 'number > 10'}]}})
    lake.configure(RULES, {'after_transform': {'quarantine_rules': ["IsComplete 'number'"]}})
    lake.configure('transformation-sql/spark-Gen-Policy.sql', 'SELECT number, year, month, day FROM gen.policy')
    for value, rows in ((11, 1), (1, 0), (12, 1)):
        lake.load(KEY, numbers(value))
        lake.consume(KEY)
        assert lake.rows(COUNTS) == [(rows, 0)]
        assert lake.rows('SELECT count(*) FROM gen_consume.policy') == [(rows,)]


def test_files_of_one_partition_are_carried_over_beside_rows_that_fail(lake):
    lake.configure(SPEC, {'input_spec': {'load_mode': 'by_file'}})
    lake.configure(RULES, {'after_transform': {'quarantine_rules': ["ColumnValues 'number' > 0"]}})
    lake.load('Gen/Policy/a.csv', numbers(1, -1))
    lake.load('Gen/Policy/b.csv', numbers(2, -2, -3))
    lake.load('Gen/Policy/a.csv', numbers(4, -4))
    assert lake.rows('SELECT number FROM gen.policy ORDER BY number') == [(2,), (4,)]
    assert lake.rows(f'SELECT number FROM {AFTER} ORDER BY number') == [(-4,), (-3,), (-2,)]
    lake.configure(RULES, {})
    lake.load('Gen/Policy/b.csv', numbers(2, -2))
    assert lake.rows('SELECT number FROM gen.policy ORDER BY number') == [(-2,), (2,), (4,)]
    assert lake.rows(f'SELECT number FROM {AFTER} ORDER BY number') == [(-4,)]
