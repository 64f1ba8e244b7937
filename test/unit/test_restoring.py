"""Which state an undo returns to, which columns the table has then, and what is refused, without files."""
from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_etl.adapters.change_records import effective_changes, new_change, read_record, record_bytes
from lake_etl.errors import LakeError
from lake_etl.ports import Cause, Column, Partition, Publication, Table, TableChange
from lake_etl.publish.ownership import PROTECTED
from lake_etl.publish.protected_state import (
    joined_protection, missing_protection, protection_of, protection_of_rows, protection_property)
from lake_etl.publish.restoring import (
    RecordedTable, can_be_read_as, change_of_state, find_run, find_values, latest_change, require_protection,
    restoration, state_after, state_before)

KEYS = tuple(Column(name, 'string') for name in ('year', 'month', 'day'))
COLUMNS = (Column('policy', 'string', 'Number'), Column('premium', 'int'))
WIDER = (COLUMNS[0], Column('premium', 'decimal(16,2)'), Column('state', 'string'))
TABLE = Table('gen', 'policy', COLUMNS, KEYS, '/lake/gen/policy')
FOUR, FIVE = ('2026', '03', '04'), ('2026', '03', '05')
START = datetime(2026, 3, 4, tzinfo=UTC)
UNDO = Cause('undo', 'undo-1')


def part(values, load, columns=COLUMNS, **parameters):
    return Partition(values, f'/lake/gen/policy/{"-".join(values)}/{load}', columns, parameters)


class History:
    """Publishes to a table in memory, as a catalog does, and records each change."""

    def __init__(self, table=TABLE):
        self.table, self.partitions, self.changes = table, {}, []

    def publish(self, publication, effective=True):
        after = publication.table
        change = new_change(publication, self.table, after, self.partitions)
        number = len(self.changes)
        self.changes.insert(0, TableChange(f'{number:06}', START + timedelta(hours=number), change.cause,
                                           change.columns, change.switches))
        if effective:
            self.table = after
            self.partitions.update({item.values: item for item in publication.put})
            self.partitions = {key: value for key, value in self.partitions.items() if key not in publication.drop}
        return self

    def load(self, run, *put, drop=(), columns=None, kind='load'):
        table = self.table if columns is None else Table('gen', 'policy', columns, KEYS, TABLE.location)
        return self.publish(Publication(table, put, drop, cause=Cause(kind, run, f'{run}.csv')))

    def now(self):
        partitions = tuple(self.partitions.values())
        return RecordedTable(self.table, partitions, tuple(effective_changes(self.changes, partitions)))


def test_the_latest_change_is_taken_back_with_all_its_partitions():
    recorded = (History().load('one', part(FOUR, 'a')).load('two', part(FOUR, 'b'), part(FIVE, 'b')).now())
    publication = restoration(recorded, state_before(latest_change(recorded)), COLUMNS, UNDO)
    assert (publication.put, publication.drop) == ((part(FOUR, 'a'),), (FIVE,))
    assert publication.expected == {FOUR: part(FOUR, 'b').location, FIVE: part(FIVE, 'b').location}
    alone = restoration(recorded, state_before(latest_change(recorded, FIVE), FIVE), COLUMNS, UNDO)
    assert (alone.put, alone.drop) == ((), (FIVE,))


def test_a_dropped_partition_comes_back():
    recorded = History().load('one', part(FOUR, 'a'), part(FIVE, 'a')).load('two', part(FOUR, 'b'), drop=(FIVE,)).now()
    publication = restoration(recorded, state_before(latest_change(recorded)), COLUMNS, UNDO)
    assert publication.put == (part(FOUR, 'a'), part(FIVE, 'a'))
    assert publication.expected[FIVE] is None, 'it must not have appeared meanwhile'


def test_the_state_after_a_run_is_found_through_all_later_changes():
    history = History().load('one', part(FOUR, 'a')).load('two', part(FIVE, 'b')).load('three', part(FOUR, 'c'))
    recorded = history.load('four', drop=(FIVE,)).load('five', part(FIVE, 'e')).now()
    assert state_after(recorded, find_run(recorded, 'two')) == {FOUR: part(FOUR, 'a'), FIVE: part(FIVE, 'b')}
    assert state_after(recorded, find_run(recorded, 'o')) == {FOUR: part(FOUR, 'a'), FIVE: None}
    assert state_after(recorded, find_run(recorded, 'four')) == {FOUR: part(FOUR, 'c'), FIVE: None}
    for run, words in (('t', 'beginning of 2 runs'), ('six', 'No run'), ('', 'No run')):
        with pytest.raises(LakeError, match=words):
            find_run(recorded, run)


@pytest.mark.parametrize('text', ['2026/03/04', '2026-03-04', '2026/3/4', 'year=2026/month=3/day=4', '/2026/03/04/'])
def test_a_partition_is_named_as_people_write_days(text):
    assert find_values(History().load('one', part(FOUR, 'a')).now(), text) == FOUR


@pytest.mark.parametrize('text', ['2026/03', '2026/03/05', 'x', '', '2026/03/04/01', '²/3/4'])
def test_a_partition_that_does_not_exist_is_refused(text):
    with pytest.raises(LakeError, match='has no partition'):
        find_values(History().load('one', part(FOUR, 'a')).now(), text)


def test_types_of_the_table_go_back_with_all_partitions_and_never_with_some():
    history = History().load('one', part(FOUR, 'a'), part(FIVE, 'a'))
    history.load('two', part(FOUR, 'b', WIDER), part(FIVE, 'b', WIDER), columns=WIDER)
    recorded = history.now()
    publication = restoration(recorded, state_before(latest_change(recorded)), COLUMNS, UNDO)
    assert publication.table.columns == COLUMNS
    with pytest.raises(LakeError, match=r'premium is (int|decimal\(16,2\)), and (int|decimal\(16,2\)) in the table'):
        restoration(recorded, state_before(latest_change(recorded), FOUR), COLUMNS, UNDO)


def test_a_column_that_other_partitions_have_stays_in_the_table():
    more = (*COLUMNS, Column('state', 'string', 'Home'))
    history = History().load('one', part(FOUR, 'a')).load('two', part(FIVE, 'b', more), columns=more)
    recorded = history.load('three', part(FOUR, 'c', more)).now()
    assert restoration(recorded, {FOUR: part(FOUR, 'a')}, COLUMNS, UNDO).table.columns == more
    assert restoration(recorded, {FOUR: part(FOUR, 'a'), FIVE: None}, COLUMNS, UNDO).table.columns == COLUMNS
    assert restoration(recorded, {FOUR: part(FOUR, 'a')}, (), UNDO).table.columns == more, 'there was no table before'


@pytest.mark.parametrize('stored, wanted, readable', [
    ('INT', 'int', True), ('int', 'bigint', False), ('struct<a:int>', 'struct<a:int,b:string>', True),
    ('struct<a:int,b:string>', 'struct<A:int>', True), ('struct<a:int>', 'struct<a:string>', False),
    ('array<struct<a:int>>', 'array<struct<b:int>>', True), ('map<string,int>', 'map<string,bigint>', False),
    ('decimal(16,2)', 'decimal(17,2)', False), ('array<int>', 'string', False), ('unheard of', 'int', False)])
def test_types_that_every_engine_reads(stored, wanted, readable):
    assert can_be_read_as(stored, wanted) is readable


def test_nothing_to_undo_is_said():
    recorded = History().load('one', part(FOUR, 'a')).now()
    with pytest.raises(LakeError, match='is in this state already'):
        restoration(recorded, {FOUR: part(FOUR, 'a')}, COLUMNS, UNDO)
    with pytest.raises(LakeError, match='nothing to undo'):
        latest_change(RecordedTable(TABLE, (), ()))
    with pytest.raises(LakeError, match='no change of partition 2026/03/05'):
        latest_change(recorded, FIVE)


def test_the_load_that_made_a_state_is_found_even_after_an_undo_brought_it_back():
    history = History().load('one', part(FOUR, 'a')).load('two', part(FOUR, 'b'))
    history.load('undo', part(FOUR, 'a'), kind='undo')
    assert change_of_state(history.now(), FOUR).cause.run == 'one'
    history = History().load('one', part(FOUR, 'a'), part(FIVE, 'a')).load('two', part(FIVE, 'b'))
    with pytest.raises(LakeError, match='has also switched partition 2026/03/05'):
        change_of_state(history.now(), FOUR)
    with pytest.raises(LakeError, match='does not have the load'):
        change_of_state(RecordedTable(TABLE, (part(FOUR, 'a'),), ()), FOUR)


SWITCHES = st.lists(st.tuples(st.sampled_from([FOUR, FIVE]), st.sampled_from(['a', 'b', 'c', None]), st.booleans()),
                    max_size=12)


@given(SWITCHES)
def test_of_records_written_before_their_switches_exactly_those_that_happened_are_found(switches):
    history, happened = History(), []
    for values, load, effective in switches:
        before, put = history.partitions.get(values), () if load is None else (part(values, load),)
        if (before.location if before else None) != (put[0].location if put else None):
            history.publish(Publication(TABLE, put, () if put else (values,)), effective)
            happened = [history.changes[0].id, *happened] if effective else happened
    assert [change.id for change in history.now().changes] == happened


def test_a_record_says_the_same_after_it_was_stored():
    history = History().load('é', part(FOUR, 'x', WIDER, recordCount='7'), part(FIVE, 'y'), columns=WIDER)
    change = history.changes[0]
    assert read_record(record_bytes(change)) == change
    moved = read_record(record_bytes(change, lambda place: place.removeprefix('/lake/')), lambda place: f'/new/{place}')
    assert moved.switches[FIVE][1].location == '/new/gen/policy/2026-03-05/y'


def test_rows_in_clear_are_refused_whatever_their_columns_are_called():
    required = {'gen.policy': ('taxid',), 'gen.person': ('email',)}
    clear, unknown = part(FOUR, 'a', **protection_property({'gen.policy': ()})), part(FOUR, 'a')
    hashed = part(FOUR, 'a', **protection_property({'gen.policy': ('taxid', 'name')}))
    joined = part(FOUR, 'a', **protection_property({'gen.policy': ('taxid',), 'gen.person': ()}))
    assert missing_protection(clear, 'gen.policy', required) == {'gen.policy': ('taxid',)}
    assert missing_protection(hashed, 'gen.policy', required) == {}
    assert missing_protection(joined, 'gen_consume.policy', required) == {'gen.person': ('email',)}
    assert missing_protection(unknown, 'gen.policy', required) == {'gen.policy': ('taxid',), 'gen.person': ('email',)}
    for partition in (clear, unknown, joined):
        publication = Publication(TABLE, (partition,))
        with pytest.raises(LakeError, match='--allow-unprotected'):
            require_protection(publication, required, allowed=False)
        marked, = require_protection(publication, required, allowed=True).put
        assert missing_protection(marked, 'gen.policy', required), 'it stays known as unprotected'
    assert require_protection(Publication(TABLE, (hashed,)), required, False).put == (hashed,)


def test_what_rows_of_several_loads_protect_is_what_each_of_them_protects():
    both = protection_property({'gen.policy': ('a', 'b')})
    assert joined_protection(both, {'gen.policy': ('b', 'c')}) == {'gen.policy': ('b',)}
    assert joined_protection({}, {'gen.policy': ('b',)}) is joined_protection(both, None) is None
    assert protection_of(protection_property(None)) is None
    table = Table('gen', 'policy', COLUMNS, KEYS, '', parameters={PROTECTED: '{"a": "hash"}'})
    assert protection_of_rows(table, [part(FOUR, 'x')]) == {'gen.policy': ('a',)}
    assert protection_of_rows(table, [part(FOUR, 'x', **both), part(
        FIVE, 'y', **protection_property({'gen.policy': (), 'gen.person': ('email',)}))]) == {
            'gen.policy': (), 'gen.person': ('email',)}
