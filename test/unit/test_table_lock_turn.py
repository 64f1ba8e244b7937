"""The next holder of a table follows from who holds it, who waits, and how recent their leases are."""
from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lib.state_machine_definition import CALL_RETRY, LONGEST_EXECUTION_SECONDS, definition
from lib.table_lock.lambda_handler import order_of
from lib.table_lock.resources import resources_of
from lib.table_lock.turn import LONGEST_EXECUTION, LONGEST_WAIT, Claim, Doubt, Granted, Take, Wait, turn_of

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
LANDED = NOW - timedelta(minutes=1)
ALIVE, SILENT = NOW + timedelta(minutes=1), NOW - timedelta(seconds=1)


def claim(name, lease=ALIVE):
    return Claim(f'ticket#{name}', name, lease)


A, B, C = claim('a'), claim('b'), claim('c')


@pytest.mark.parametrize(('holder', 'waiting', 'turn'), [
    (None, [B], Take()),
    (None, [B, C], Take()),
    (None, [], Take()),
    (B, [B, C], Granted()),
    (claim('b', SILENT), [B, C], Granted()),
    (None, [A, B], Wait(80)),
    (A, [A, B], Wait(20)),
    (A, [A, C, B], Wait(80)),
    (C, [B, C], Wait(20)),
    (claim('a', SILENT), [B, C], Doubt(claim('a', SILENT))),
    (None, [claim('a', SILENT), B], Doubt(claim('a', SILENT))),
    (A, [claim('c', SILENT), B], Wait(80)),
    (A, [claim(str(number)) for number in range(8)], Wait(LONGEST_WAIT)),
])
def test_the_oldest_takes_what_is_free_and_the_silent_are_doubted(holder, waiting, turn):
    assert turn_of('b', holder, waiting, NOW, LANDED) == turn


def test_two_never_take_the_table_at_once_whatever_the_order_of_their_tickets():
    for waiting in ([A, B], [B, A]):
        turns = [turn_of(name, None, waiting, NOW, LANDED) for name in ('a', 'b')]
        assert sum(turn == Take() for turn in turns) == 1


@pytest.mark.parametrize(('seconds_ago', 'turn'), [(0, Wait(5)), (1.5, Wait(4)), (4.9, Wait(1)), (5, Take())])
def test_a_file_that_has_just_landed_lets_the_others_of_its_moment_stand_in_line(seconds_ago, turn):
    assert turn_of('b', None, [B, C], NOW, NOW - timedelta(seconds=seconds_ago)) == turn
    assert turn_of('b', B, [B, C], NOW, NOW) == Granted(), 'what one has one keeps'


def test_the_older_file_goes_first_and_among_files_of_one_moment_the_older_execution():
    def order(landed, start):
        return order_of({'landed_at': landed} if landed else {}, {'StartTime': start}).text
    assert sorted([
        order('2026-03-04T05:00:00+00:00', '2026-03-04T06:00:00.002Z'),
        order('2026-03-04T05:00:00+00:00', '2026-03-04T06:00:00.001Z'),
        order('2026-03-04T04:00:00Z', '2026-03-04T07:00:00Z'),
        order(None, '2026-03-04T04:30:00.5Z')]) == [
        order('2026-03-04T04:00:00Z', '2026-03-04T07:00:00Z'), order(None, '2026-03-04T04:30:00.5Z'),
        order('2026-03-04T05:00:00+00:00', '2026-03-04T06:00:00.001Z'),
        order('2026-03-04T05:00:00+00:00', '2026-03-04T06:00:00.002Z')]


@pytest.mark.parametrize(('state', 'names'), [
    ({'target_database_name': 'Db', 'table_name': 'Tbl'}, ['db/tbl', 'db#entity-match']),
    ({'target_database_name': 'Db'}, []), ({}, [])])
def test_an_execution_holds_its_table_and_its_customers_in_lower_case(state, names):
    assert resources_of(state) == names


def test_an_execution_can_wait_for_as_long_as_it_may_run_within_the_events_of_step_functions():
    states = definition(480)['States']
    loop = [states[name]['Type'] for name in ('Ask for table', 'Is table ours', 'Wait for table')]
    # A task writes five events: entered, scheduled, started, succeeded, exited; other states write two.
    quiet = sum({'Task': 5}.get(kind, 2) for kind in loop)
    # A call that is repeated writes three more each time: scheduled, started, failed.
    restless = quiet + 3 * CALL_RETRY[0]['MaxAttempts']
    assert timedelta(seconds=LONGEST_EXECUTION_SECONDS) == LONGEST_EXECUTION
    questions, waited = 0, timedelta()
    while waited < timedelta(seconds=LONGEST_EXECUTION_SECONDS):
        turn = turn_of('b', A, [A, B], NOW, LANDED, waited)
        assert isinstance(turn, Wait)
        assert turn.seconds <= max(20, waited.total_seconds() / 100), 'what waits briefly is not held up'
        questions, waited = questions + 1, waited + timedelta(seconds=turn.seconds)
    assert quiet == 9 and questions * quiet < 10_000
    assert questions * restless < 24_000
