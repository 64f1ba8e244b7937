"""What the snapshots of the two tables of an entity match tell about its history, without files."""
from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lake_etl.errors import LakeError
from lake_etl.ports import Cause, Column, Table
from lake_etl.publish.match_history import (
    CHANGE, CORRECTIONS, FILE, KIND, MATCH, MERGE_KEY, RUN, UNKNOWN, MatchTables, SnapshotCorrection, corrections_of,
    is_ancestor, merge_properties, recorded_match, require_kept, unfinished_correction, with_correction)
from lake_etl.publish.protected_state import PROTECTION, protection_of
from lake_etl.publish.restoring import find_run, latest_change, state_after, state_before
from lake_etl.snapshots import Snapshot, SnapshotTable

START = datetime(2026, 3, 4, tzinfo=UTC)
ASKED = Table('c_consume', 'people', (Column('id', 'string'),), (), '/lake/people')
PEOPLE, XREF = 'people', 'people_xref'


class Match:
    """Two tables in memory, switched as merges and corrections do it; each step takes a second."""

    def __init__(self):
        self.seconds, self.tables = 0, {name: None for name in (PEOPLE, XREF)}

    def snapshot(self, name, identity, run='', **more):
        table, time = self.tables[name], self.tick()
        summary = {RUN: run, KIND: MATCH, FILE: f'{run}.csv', **more} if run else {}
        made = Snapshot(identity, time, table and table.current, table is None, (), len(identity), summary)
        before = table or SnapshotTable('c_consume', name, f'/lake/{name}', (), {}, (), None, {})
        self.tables[name] = replace(before, snapshots={**before.snapshots, identity: made}, current=identity,
                                    log=(*before.log, (time, identity)))
        return self

    def merge(self, run, number):
        return self.snapshot(XREF, f'x{number}', run).snapshot(PEOPLE, f'p{number}', run)

    def correct(self, run, after, *names):
        before = {name: self.tables[name].current for name in after}
        record = SnapshotCorrection(run, 'undo', 'a.csv', self.tick().isoformat(), before, after)
        for name in names or after:
            self.switch(name, after[name], with_correction(self.tables[name], record))
        return self

    def switch(self, name, identity, properties=None, back=0):
        table = self.tables[name]
        self.tables[name] = replace(table, current=identity, properties={**table.properties, **(properties or {})},
                                    log=(*table.log, (self.tick() - timedelta(seconds=back), identity)))
        return self

    def forget(self, name, *identities):
        """Expire snapshots as PyIceberg does: what was made from them has no parent any more."""
        table = self.tables[name]
        left = {key: replace(item, parent=None if item.parent in identities else item.parent)
                for key, item in table.snapshots.items() if key not in identities}
        self.tables[name] = replace(table, snapshots=left,
                                    log=tuple(item for item in table.log if item[1] not in identities))
        return self

    def tick(self):
        self.seconds += 1
        return START + timedelta(seconds=self.seconds)

    @property
    def now(self):
        return MatchTables(self.tables[PEOPLE], self.tables[XREF])

    @property
    def recorded(self):
        return recorded_match(ASKED, self.now)


def places(state):
    return {values[0]: partition and partition.location for values, partition in state.items()}


def runs(match):
    return [(change.cause.kind, change.cause.run) for change in match.recorded.changes]


def test_each_run_is_one_change_of_both_tables_and_leads_to_the_states_before_and_after_it():
    match = Match().merge('one', 1).merge('two', 2)
    assert runs(match) == [(MATCH, 'two'), (MATCH, 'one')]
    latest = latest_change(match.recorded)
    assert latest.cause == Cause(MATCH, 'two', 'two.csv')
    assert places(state_before(latest)) == {PEOPLE: 'p1', XREF: 'x1'}
    first = find_run(match.recorded, 'one')
    assert places(state_after(match.recorded, first)) == {PEOPLE: 'p1', XREF: 'x1'}
    assert places(state_before(first)) == {PEOPLE: None, XREF: None}, 'there was nothing before the first run'


def test_a_run_may_change_one_table_only_and_one_that_is_repeated_after_a_kill_is_one_run():
    match = Match().merge('one', 1).snapshot(PEOPLE, 'p2', 'two').snapshot(XREF, 'x3', 'three')
    assert [[name for name, in change.switches] for change in match.recorded.changes] == [
        [XREF], [PEOPLE], [XREF, PEOPLE]]
    assert runs(match.snapshot(PEOPLE, 'p3', 'three')) == [(MATCH, name) for name in ('three', 'two', 'one')]
    other = Match().merge('one', 1).snapshot(XREF, 'x2', 'killed').merge('next', 3)
    assert places(state_after(other.recorded, find_run(other.recorded, 'killed'))) == {PEOPLE: 'p1', XREF: 'x2'}
    assert places(state_before(latest_change(other.recorded))) == {PEOPLE: 'p1', XREF: 'x2'}


def test_an_undo_is_a_change_too_and_can_be_taken_back():
    match = Match().merge('one', 1).merge('two', 2).correct('undo-1', {PEOPLE: 'p1', XREF: 'x1'})
    assert runs(match)[0] == ('undo', 'undo-1')
    assert places(match.recorded.state) == {PEOPLE: 'p1', XREF: 'x1'}
    assert places(state_before(latest_change(match.recorded))) == {PEOPLE: 'p2', XREF: 'x2'}
    match.merge('three', 3).correct('undo-2', {XREF: 'x2', PEOPLE: 'p2'})
    assert [run for _, run in runs(match)] == ['undo-2', 'three', 'undo-1', 'two', 'one']
    assert places(state_after(match.recorded, find_run(match.recorded, 'three'))) == {PEOPLE: 'p3', XREF: 'x3'}
    assert places(state_after(match.recorded, find_run(match.recorded, 'undo-1'))) == {PEOPLE: 'p1', XREF: 'x1'}


def test_an_undo_by_a_machine_whose_clock_is_behind_stays_one_change_after_the_runs_before_it():
    match = Match().merge('one', 1).merge('two', 2)
    target = {PEOPLE: 'p1', XREF: 'x1'}
    before = {PEOPLE: 'p2', XREF: 'x2'}
    earlier = START - timedelta(minutes=1)
    record = SnapshotCorrection('undo-1', 'undo', '', earlier.isoformat(), before, target)
    for name in target:
        match.switch(name, target[name], with_correction(match.tables[name], record), back=60)
    assert [run for _, run in runs(match)] == ['undo-1', 'two', 'one']
    assert places(state_before(latest_change(match.recorded))) == before
    assert places(state_after(match.recorded, find_run(match.recorded, 'two'))) == before


def test_runs_from_before_this_record_are_paired_where_one_follows_the_other():
    match = Match().merge('', 1).merge('', 2).snapshot(PEOPLE, 'p3')
    assert runs(match) == [(CHANGE, 'snapshot-p3'), (CHANGE, 'snapshot-p2'), (CHANGE, 'snapshot-p1')]
    assert places(state_after(match.recorded, find_run(match.recorded, 'snapshot-p1'))) == {PEOPLE: 'p1', XREF: 'x1'}
    assert places(state_before(latest_change(match.recorded))) == {PEOPLE: 'p2'}


def test_a_rollback_by_another_program_is_a_change_without_a_run():
    match = Match().merge('one', 1).merge('two', 2).switch(PEOPLE, 'p1')
    assert runs(match)[0] == (CHANGE, 'snapshot-p1')
    assert places(state_before(latest_change(match.recorded))) == {PEOPLE: 'p2'}


def test_a_state_whose_snapshot_has_expired_is_never_taken_for_an_empty_table():
    match = Match().merge('one', 1).merge('two', 2).merge('three', 3).forget(PEOPLE, 'p1').forget(XREF, 'x1')
    before = state_before(find_run(match.recorded, 'two'))
    assert places(before) == {PEOPLE: UNKNOWN, XREF: UNKNOWN}
    with pytest.raises(LakeError, match='earlier state of c_consume.people_xref is gone: its snapshot has expired'):
        require_kept(ASKED, before.values())
    require_kept(ASKED, [None, *match.recorded.partitions])
    assert places(state_before(latest_change(match.recorded))) == {PEOPLE: 'p2', XREF: 'x2'}
    match.forget(PEOPLE, 'p2')
    assert places(state_before(latest_change(match.recorded))) == {PEOPLE: UNKNOWN, XREF: 'x2'}
    with pytest.raises(LakeError, match='No run'):
        find_run(match.recorded, 'one')


@pytest.mark.parametrize('first', [PEOPLE, XREF])
def test_a_correction_that_was_killed_between_its_switches_is_found_until_the_other_table_has_changed(first):
    match = Match().merge('one', 1).merge('two', 2)
    assert unfinished_correction(match.now) is None
    match.correct('undo-1', {PEOPLE: 'p1', XREF: 'x1'}, first)
    found = unfinished_correction(match.now)
    assert (found.run, found.after) == ('undo-1', {PEOPLE: 'p1', XREF: 'x1'})
    other = ({PEOPLE, XREF} - {first}).pop()
    match.switch(other, found.after[other], with_correction(match.tables[other], found))
    assert unfinished_correction(match.now) is None and runs(match)[0] == ('undo', 'undo-1')
    assert len(runs(match)) == 3, 'both switches are one change'


@pytest.mark.parametrize('changed', [PEOPLE, XREF])
def test_after_a_load_in_between_the_rest_of_a_killed_correction_is_not_carried_out(changed):
    match = Match().merge('one', 1).merge('two', 2).correct('undo-1', {PEOPLE: 'p1', XREF: 'x1'}, PEOPLE)
    match.snapshot(changed, 'later', 'three')
    assert unfinished_correction(match.now) is None
    assert places(match.recorded.state)[changed] == 'later'


def test_one_table_alone_has_a_history_too():
    match = Match().snapshot(XREF, 'x1', 'killed')
    assert places(state_before(latest_change(match.recorded))) == {XREF: None}
    assert unfinished_correction(match.now) is None


def test_the_tables_remember_the_latest_corrections_only():
    match = Match().merge('one', 1)
    for number in range(60):
        match.correct(f'undo-{number}', {PEOPLE: 'p1'})
    kept = corrections_of(match.tables[PEOPLE])
    assert len(kept) == 50 and kept[-1].run == 'undo-59' and list(match.tables[PEOPLE].properties) == [CORRECTIONS]


def test_ancestors_are_found_through_all_snapshots_between():
    table = Match().merge('one', 1).merge('two', 2).merge('three', 3).tables[XREF]
    assert is_ancestor(table, 'x1', 'x3') and is_ancestor(table, None, 'x3') and is_ancestor(table, 'x3', 'x3')
    assert not is_ancestor(table, 'x3', 'x1') and not is_ancestor(table, 'gone', 'x3')


def test_a_snapshot_protects_what_its_earlier_and_its_new_rows_protect():
    cause = Cause(MATCH, 'one', 'a.csv')

    def protected(before, new):
        return protection_of(merge_properties(cause, 'globalid', before, new))
    first = merge_properties(cause, 'globalid', None, {'c.a': ('ssn', 'mail')})
    assert (first[RUN], first[FILE], first[MERGE_KEY]) == ('one', 'a.csv', 'globalid')
    assert protected(first, {'c.a': ('ssn',)}) == {'c.a': ('ssn',)}
    assert protected(first, {'c.b': ('phone',)}) == {'c.a': ('mail', 'ssn'), 'c.b': ('phone',)}
    assert protected(first, None) is None and protected({}, {'c.a': ('ssn',)}) is None
    assert PROTECTION not in merge_properties(cause, 'globalid', first, None)
