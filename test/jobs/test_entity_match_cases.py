"""Small batches, read from files next to this test, and the number of persons afterwards."""
from __future__ import annotations

import csv
import io
import json
import logging
import re
from pathlib import Path

import pytest

from small_lake import SmallLake

CASES = Path(__file__).parent / 'entity_match_cases'
DAYS = [('2026', '03', '04'), ('2026', '03', '05'), ('2026', '03', '06')]


class Case:
    """A lake whose Consume table holds the rows of a case, day by day."""

    def __init__(self, lake, name, **changes):
        self.lake = lake
        self.spec = json.loads((CASES / f'{name}.json').read_text()) | changes
        self.columns, self.rows = case_rows(name)
        lake.configure('transformation-spec/Case-entitymatch.json', self.spec)
        self.days = {}

    def match(self, *batches):
        """Match batches of rows, one a day."""
        for batch in batches:
            day = DAYS[len(self.days)]
            self.days[day] = [tuple(row) for row in batch]
            self.lake.publish('case_consume', 'src', dict.fromkeys(self.columns, 'string'), self.days)
            self.lake.match(f'Case/Src/{"/".join(day)}/a.csv')
        return self

    def varied(self, group, **changes):
        """Return the rows with the name of a group in their source keys, and other values in some columns."""
        def value(name, old):
            return f'{group}-{old}' if name == 'customerno' else changes.get(name, '{}').format(old)
        return [[value(name, old) for name, old in zip(self.columns, row, strict=True)] for row in self.rows]

    def persons(self, group=None):
        """Return the source keys of each person; those of a group without its name."""
        found = {}
        table = f'case_consume.{self.spec["primary_entity_table"]}_xref'
        for person, system, key in self.lake.rows(f'SELECT globalid, source_system, source_key FROM {table}'):
            of_group, _, number = str(key).partition('-')
            if group is None or of_group == group:
                found.setdefault(person, []).append(f'{system}/{number if group else key}')
        return sorted(sorted(keys) for keys in found.values())

    def primary(self):
        """Return the number of rows of the primary table."""
        return self.lake.rows(f'SELECT count(*) FROM case_consume.{self.spec["primary_entity_table"]}')[0][0]

    def ids(self, group):
        """Return the global ids in the primary table of the rows of a group."""
        return {person for person, key in self.lake.rows('SELECT globalid, customerno FROM case_consume.prim')
                if key.startswith(f'{group}-')}


def case_rows(name):
    """Return the columns and the rows of a case."""
    columns, *rows = csv.reader(io.StringIO((CASES / f'{name}.csv').read_text(encoding='utf-8')))
    return columns, rows


@pytest.fixture(scope='module')
def new_lake(spark, small_data, tmp_path_factory):
    """A function that makes an empty lake, for a match whose results several tests examine."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr('sys.argv', ['test'])
        patched.setattr('lake_etl.runtime._catalog_address', 'glue')
        yield lambda: SmallLake(tmp_path_factory.mktemp('match'))


SHARED_MAIL = {'once': [[0, 1, 2, 3, 4]], 'pairs': [[0, 1], [2, 3], [4]], 'last first': [[4], [0, 1], [2, 3]],
               'three': [[0, 1, 4], [2, 3]], 'one': [[0], [1, 2, 3, 4]]}


@pytest.fixture(scope='module')
def shared_mail(new_lake):
    """The rows of one case five times, in different batches: groups that have no birthday, address or zip in common."""
    case = Case(new_lake(), 'shared_mail')
    days = [[], [], []]
    for number, (group, batches) in enumerate(SHARED_MAIL.items()):
        rows = case.varied(group, customerdob=f'199{number}-05-05', email=f'{number}{{}}', zip=f'{number}{{}}')
        for day, batch in zip(days, batches, strict=False):
            day += [rows[item] for item in batch]
    return case.match(*days)


def test_a_shared_address_and_one_more_row_do_not_unite_two_persons(shared_mail):
    persons = shared_mail.persons('once')
    assert [[key for key in keys if key != 'C/3'] for keys in persons if keys != ['C/3']] == [
        ['A/1', 'B/1'], ['A/2', 'B/2']]
    assert shared_mail.primary() == len(shared_mail.persons())
    assert len(shared_mail.persons()) == sum(len(shared_mail.persons(group)) for group in SHARED_MAIL), 'no group mixes'


@pytest.mark.parametrize('group', list(SHARED_MAIL)[1:])
def test_nor_do_they_in_several_batches(shared_mail, group):
    persons = shared_mail.persons(group)
    assert not any({'A/1', 'A/2'} <= set(keys) for keys in persons)
    assert any({'A/1', 'B/1'} <= set(keys) for keys in persons)
    assert any({'A/2', 'B/2'} <= set(keys) for keys in persons)


def test_stand_ins_for_keys_and_telephones_equal_nothing_make_no_block_and_the_log_counts_them(lake, caplog):
    compared = {'id': 'compared', 'blocks': ['zip'], 'fields': [{'fieldname': 'phone', 'type': 'exact'}],
                'threshold': 1.0}
    _, without_keys = case_rows('source_keys')
    blocked, = json.loads((CASES / 'telephones.json').read_text())['levels']
    with caplog.at_level(logging.INFO, 'lake_etl'):
        case = Case(lake, 'telephones', levels=[blocked, compared])
        case.match([*case.rows, *without_keys])
    assert (len(case.rows), len(without_keys)) == (28, 6)
    assert case.primary() == 28 + 6 == len(case.persons())
    assert '6 of 34 rows to compare have no source key' in caplog.text
    said = [record.getMessage() for record in caplog.records if 'Blocks by phone' in record.getMessage()]
    assert said and '28 of 34 rows' in said[0]
    # Versions of tables have any digits.
    counted = ' '.join(record.getMessage() for record in caplog.records if 'match' in record.name)
    assert 'no source key' in counted and not re.search(r'000|unknown|xxx', counted, re.IGNORECASE)
    before = lake.rows('SELECT * FROM case_consume.prim_xref ORDER BY match_key')
    lake.match('Case/Src/2026/03/04/a.csv', execution='again')
    assert lake.rows('SELECT * FROM case_consume.prim_xref ORDER BY match_key') == before


def test_composed_and_decomposed_accents_are_one_name_where_they_are_compared_and_in_blocks(lake):
    case = Case(lake, 'accents')
    case = Case(lake, 'accents', levels=[*case.spec['levels'], {
        'id': 'blocks', 'blocks': [['lastname[:3]', 'firstname', 'phone']], 'threshold': 1.0,
        'fields': [{'fieldname': 'lastname', 'type': 'exact'}]}])
    case.match([*case.varied('compared', phone=''), *case.varied('blocks', zip='', phone='5')])
    persons = case.persons('compared')
    assert any({'A/1', 'B/1'} <= set(keys) for keys in persons)
    assert not any(len(keys) > 1 for keys in persons if 'G/1' in keys or 'H/1' in keys)
    assert ['A/1', 'B/1'] in case.persons('blocks')
    assert len(case.persons()) == len(persons) + len(case.persons('blocks')), 'no group mixes'


@pytest.fixture(scope='module')
def batches(new_lake):
    """The rows of one case in different batches, and the ids of the group `known` after the first day."""
    case = Case(new_lake(), 'one_batch_or_two')
    one, two, known, given = (case.varied(group, zip=group) for group in ('one', 'two', 'known', 'given'))
    case.match([*one, two[0], known[0], known[2], given[0], given[2]])
    assert case.persons('known') == [['A/1'], ['C/3']] == case.persons('given')
    before = case.ids('known')
    case.match([*two[1:], known[1], given[1]])
    return case, before


def test_rows_that_one_batch_unites_may_be_one_person_in_two_batches_too(batches):
    case, _ = batches
    assert case.persons('one') == [['A/1', 'B/2', 'C/3']] and len(case.ids('one')) == 1


def test_a_row_joins_a_known_person_by_way_of_another_row_of_its_batch(batches):
    assert batches[0].persons('two') == [['A/1', 'B/2', 'C/3']]


def test_known_persons_are_not_united_by_a_row_that_matches_both(batches):
    case, before = batches
    assert len(case.persons('known')) == 2 == len(before)
    assert case.ids('known') == before
    assert len(case.persons()) == sum(len(case.persons(group)) for group in ('one', 'two', 'known', 'given'))


def test_a_row_that_brings_the_id_of_another_person_unites_the_two_and_no_id_is_lost(batches):
    case, _ = batches
    ids = dict(case.lake.rows("SELECT source_system, globalid FROM case_consume.prim_xref "
                              "WHERE source_key LIKE 'given-%'"))
    # The second row matches both others equally well; it has joined the one with the smaller id.
    single = 2 if ids['B'] == ids['A'] else 0
    row = case.varied('given', zip='given')[single]
    case.columns.append('globalid')
    case.days = {day: [(*row, None) for row in rows] for day, rows in case.days.items()}
    case.match([(*row, ids['B'])])
    assert case.persons('given') == [['A/1', 'B/2', 'C/3']]
    assert case.ids('given') == {ids['A'], ids['C']}
    case.lake.match('Case/Src/2026/03/04/a.csv', execution='again')
    assert case.persons('given') == [['A/1', 'B/2', 'C/3']], 'the days before, run again, do not part them'


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
