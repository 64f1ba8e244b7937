"""Decides which execution gets a lock next, from its holder and those that wait."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

# After the lease others may not take the lock at once: they first ask whether the holder still runs.
LEASE = timedelta(minutes=15)
# Events of files that land together arrive in any order; the first waits until the others have arrived.
SETTLING = timedelta(seconds=5)
FIRST_IN_LINE, LONGEST_WAIT, WAIT_PER_PLACE = 20, 300, 60
# AWS Step Functions ends an execution at 25,000 events, and each question writes nine, so who has waited long asks
# less often.
PART_OF_TIME_WAITED, LONGEST_LATE_WAIT = 0.01, 900
# No execution runs longer; an earlier start says nothing about how long one has waited.
LONGEST_EXECUTION = timedelta(days=4)


@dataclass(frozen=True)
class Order:
    """The order of waiting executions: landing of the file, then start of the execution."""

    landed: datetime
    started: datetime

    @property
    def text(self) -> str:
        """Return it in a form that sorts as the moments do."""
        return '#'.join(f'{moment.timestamp():017.3f}' for moment in (self.landed, self.started))


@dataclass(frozen=True)
class Claim:
    """An execution that holds a table, or waits for it.

    place      of its ticket; the smallest goes first
    execution  ARN
    lease      until when it is taken to be alive
    """

    place: str
    execution: str
    lease: datetime


@dataclass(frozen=True)
class Granted:
    """The execution holds the lock already."""


@dataclass(frozen=True)
class Take:
    """The lock is free, and this execution is the oldest that waits for it."""


@dataclass(frozen=True)
class Doubt:
    """The lease of this claim is over; it must be renewed or removed first."""

    claim: Claim


@dataclass(frozen=True)
class Wait:
    """Others come first; ask again after this number of seconds."""

    seconds: int


def turn_of(execution: str, holder: Claim | None, waiting: Sequence[Claim], now: datetime, landed: datetime,
            waited: timedelta = timedelta()) -> Granted | Take | Doubt | Wait:
    """Return what a waiting execution does next.

    waiting  the oldest tickets, in order, perhaps not all
    landed   when its own file did
    waited   how long the execution has been running
    """
    if holder is not None and holder.execution == execution:
        return Granted()
    before = [claim for claim in waiting if holder is None or claim.execution != holder.execution]
    place = next((number for number, claim in enumerate(before) if claim.execution == execution), len(before))
    blocking = holder or (before[0] if place else None)
    if blocking is None:
        unsettled = landed + SETTLING - now
        return Wait(ceil(unsettled.total_seconds())) if unsettled > timedelta() else Take()
    if blocking.lease < now:
        return Doubt(blocking)
    for_its_place = min(FIRST_IN_LINE + WAIT_PER_PLACE * place, LONGEST_WAIT)
    if waited > LONGEST_EXECUTION:
        return Wait(for_its_place)
    for_its_patience = min(int(PART_OF_TIME_WAITED * waited.total_seconds()), LONGEST_LATE_WAIT)
    return Wait(max(for_its_place, for_its_patience))
