"""Small batches, read from files next to this test, and the number of persons afterwards."""
from __future__ import annotations

import csv
import io
import json
import logging
import re
from pathlib import Path

import pytest

CASES = Path(__file__).parent / 'entity_match_cases'
DAYS = [('2026', '03', '04'), ('2026', '03', '05'), ('2026', '03', '06')]


class Case:
    """A lake whose Consume table holds the rows of a case, day by day."""

    def __init__(self, lake, name, **changes):
        self.lake = lake
        self.spec = json.loads((CASES / f'{name}.json').read_text()) | changes
        text = (CASES / f'{name}.csv').read_text(encoding='utf-8')
        self.columns, *self.rows = list(csv.reader(io.StringIO(text)))
        lake.configure('transformation-spec/Case-entitymatch.json', self.spec)
        self.days = {}

    def match(self, *batches):
        """Match batches, one a day, each a list of positions of rows or of rows."""
        for batch in batches:
            day = DAYS[len(self.days)]
            self.days[day] = [tuple(self.rows[item] if isinstance(item, int) else item) for item in batch]
            self.lake.publish('case_consume', 'src', dict.fromkeys(self.columns, 'string'), self.days)
            self.lake.match(f'Case/Src/{"/".join(day)}/a.csv')
        return self

    def persons(self):
        """Return the source keys of each person."""
        found = {}
        table = f'case_consume.{self.spec["primary_entity_table"]}_xref'
        for person, *key in self.lake.rows(f'SELECT globalid, source_system, source_key FROM {table}'):
            found.setdefault(person, []).append('/'.join(str(part) for part in key))
        return sorted(sorted(keys) for keys in found.values())

    def primary(self):
        """Return the number of rows of the primary table."""
        return self.lake.rows(f'SELECT count(*) FROM case_consume.{self.spec["primary_entity_table"]}')[0][0]


def test_a_shared_address_and_one_more_row_do_not_unite_two_persons(lake):
    case = Case(lake, 'shared_mail').match(range(5))
    persons = case.persons()
    assert [[key for key in keys if key != 'C/3'] for keys in persons if keys != ['C/3']] == [
        ['A/1', 'B/1'], ['A/2', 'B/2']]
    assert case.primary() == len(persons)


@pytest.mark.parametrize('batches', [
    [[0, 1], [2, 3], [4]], [[4], [0, 1], [2, 3]], [[0, 1, 4], [2, 3]], [[0], [1, 2, 3, 4]]], ids=str)
def test_nor_do_they_in_several_batches(lake, batches):
    persons = Case(lake, 'shared_mail').match(*batches).persons()
    assert not any({'A/1', 'A/2'} <= set(keys) for keys in persons)
    assert any({'A/1', 'B/1'} <= set(keys) for keys in persons)
    assert any({'A/2', 'B/2'} <= set(keys) for keys in persons)


def test_blank_keys_and_stand_ins_for_keys_equal_nothing(lake, caplog):
    with caplog.at_level(logging.INFO, 'lake_etl'):
        case = Case(lake, 'source_keys').match(range(6))
    assert case.primary() == 6 == len(case.persons())
    assert '6 of 6 rows to compare have no source key' in caplog.text
    before = case.lake.rows('SELECT * FROM case_consume.prim_xref ORDER BY match_key')
    case.lake.match('Case/Src/2026/03/04/a.csv', execution='again')
    assert case.lake.rows('SELECT * FROM case_consume.prim_xref ORDER BY match_key') == before


def test_telephones_that_stand_for_a_missing_one_make_no_block_and_the_log_counts_them(lake, caplog):
    with caplog.at_level(logging.INFO, 'lake_etl'):
        case = Case(lake, 'telephones').match(range(28))
    assert case.primary() == 28 == len(case.persons())
    said = [record.getMessage() for record in caplog.records if 'Blocks by phone' in record.getMessage()]
    assert said and '28 of 28 rows' in said[0] and not re.search(r'000|unknown|xxx', caplog.text, re.IGNORECASE)


def test_stand_ins_do_not_agree_where_they_are_compared(lake):
    level = {'id': 'phone', 'blocks': ['zip'], 'fields': [{'fieldname': 'phone', 'type': 'exact'}], 'threshold': 1.0}
    assert Case(lake, 'telephones', levels=[level]).match(range(28)).primary() == 28


def test_composed_and_decomposed_accents_are_one_name(lake):
    persons = Case(lake, 'accents').match(range(8)).persons()
    assert any({'A/1', 'B/1'} <= set(keys) for keys in persons)
    assert not any(len(keys) > 1 for keys in persons if 'G/1' in keys or 'H/1' in keys)


def test_accents_make_no_difference_to_blocks_either(lake):
    level = {'id': 'n', 'blocks': ['lastname[:3]', 'firstname'], 'threshold': 1.0,
             'fields': [{'fieldname': 'lastname', 'type': 'exact'}]}
    persons = Case(lake, 'accents', levels=[level]).match(range(8)).persons()
    assert ['A/1', 'B/1'] in persons


def test_rows_that_one_batch_unites_may_be_one_person_in_two_batches_too(lake):
    case = Case(lake, 'one_batch_or_two').match(range(3))
    assert case.persons() == [['A/1', 'B/2', 'C/3']] and case.primary() == 1


def test_a_row_joins_a_known_person_by_way_of_another_row_of_its_batch(lake):
    assert Case(lake, 'one_batch_or_two').match([0], [1, 2]).persons() == [['A/1', 'B/2', 'C/3']]


def test_known_persons_are_not_united_by_a_row_that_matches_both(lake):
    case = Case(lake, 'one_batch_or_two').match([0, 2])
    assert case.persons() == [['A/1'], ['C/3']]
    ids = {row[0] for row in case.lake.rows('SELECT globalid FROM case_consume.prim')}
    assert len(case.match([1]).persons()) == 2
    assert {row[0] for row in case.lake.rows('SELECT globalid FROM case_consume.prim')} == ids


def test_a_row_that_brings_the_id_of_another_person_unites_the_two_and_no_id_is_lost(lake):
    case = Case(lake, 'one_batch_or_two').match([0, 2], [1])
    ids = dict(lake.rows("SELECT source_system, globalid FROM case_consume.prim_xref"))
    case.columns.append('globalid')
    case.days = {day: [(*row, None) for row in rows] for day, rows in case.days.items()}
    case.match([(*case.rows[2], ids['A'])])
    assert case.persons() == [['A/1', 'B/2', 'C/3']]
    assert {row[0] for row in lake.rows('SELECT globalid FROM case_consume.prim')} == {ids['A'], ids['C']}
    lake.match('Case/Src/2026/03/04/a.csv', execution='again')
    assert case.persons() == [['A/1', 'B/2', 'C/3']], 'the days before, run again, do not part them'


def test_a_source_key_keeps_its_zeros_when_a_later_file_brings_some(lake):
    lake.configure('transformation-spec/Num-entitymatch.json', (CASES / 'key_numbers.json').read_text())
    for table in ['Src']:
        lake.configure(f'transformation-spec/Num-{table}.json', {'input_spec': {}})
        lake.configure(f'transformation-sql/spark-Num-{table}.sql', f'SELECT * FROM num.{table.lower()}')
    for day, name in (('04', 'key_numbers'), ('05', 'key_numbers_second')):
        result = lake.run(f'Num/Src/2026/03/{day}/a.csv', (CASES / f'{name}.csv').read_text())
        assert (result.status, result.reason) == ('SUCCEEDED', '')
    assert lake.rows('SELECT source_key FROM num_consume.prim_xref ORDER BY 1') == [('007',), ('17',), ('18',)]
    assert [row[0] for row in lake.rows('SELECT CAST(customerno AS varchar) FROM num_consume.prim ORDER BY 1')] == [
        '007', '17', '18']
