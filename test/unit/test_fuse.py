"""Fused assignments see exactly what they would see one after another, in as few batches as their order allows."""
from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake_etl.transform.fuse import Assignment, batches

NAMES = ['a', 'A', 'b', 'B', 'c', 'd', 'Straße', 'x.y']


def assignment(target: str, *reads: str) -> Assignment:
    """Return an assignment that is never built."""
    return Assignment(target, frozenset(reads), lambda schema: None)


ASSIGNMENTS = st.lists(st.builds(lambda target, reads: assignment(target, *reads), st.sampled_from(NAMES),
                                 st.sets(st.sampled_from(NAMES), max_size=3)), max_size=14)


def run(groups: list[list[Assignment]]) -> tuple[dict[str, object], list[object]]:
    """Compute the groups as Spark does: all members of a group see the row before it. Return the row and what was seen.

    The value of a column tells what it was computed from, so two different computations never agree by accident.
    """
    row: dict[str, object] = {name.lower(): f'source {name.lower()}' for name in NAMES}
    seen: list[object] = []
    for group in groups:
        before = dict(row)
        for item in group:
            read = tuple(sorted((name.lower(), before[name.lower()]) for name in item.reads))
            seen.append(read)
            row[item.target.lower()] = (len(seen), read)
    return row, seen


@settings(deadline=None)
@given(ASSIGNMENTS)
def test_every_assignment_sees_what_it_would_see_one_by_one(assignments):
    fused = list(batches(assignments))
    assert [item for batch in fused for item in batch] == assignments
    assert run(fused) == run([[item] for item in assignments])


@settings(deadline=None)
@given(ASSIGNMENTS)
def test_no_batch_writes_a_column_twice(assignments):
    for batch in batches(assignments):
        targets = [item.target.lower() for item in batch]
        assert targets and len(set(targets)) == len(targets)


@settings(deadline=None)
@given(ASSIGNMENTS)
def test_a_cut_is_made_only_where_order_demands_it(assignments):
    fused = list(batches(assignments))
    for earlier, later in zip(fused, fused[1:], strict=False):
        written = {item.target.lower() for item in earlier}
        first = later[0]
        assert first.target.lower() in written or written & {name.lower() for name in first.reads}


@pytest.mark.parametrize(('assignments', 'sizes'), [
    ([], []),
    ([assignment('a', 'a'), assignment('b', 'b'), assignment('c', 'd')], [3]),
    ([assignment('b', 'a'), assignment('a', 'c')], [2]),
    ([assignment('a', 'b'), assignment('b', 'a')], [1, 1]),
    ([assignment('a', 'a'), assignment('A', 'b')], [1, 1]),
    ([assignment('a'), assignment('b'), assignment('c', 'B'), assignment('d', 'a')], [2, 2]),
    ([assignment(f'c{number}', f'c{number}') for number in range(80)], [80]),
])
def test_batches_are_as_large_as_the_order_allows(assignments, sizes):
    assert [len(batch) for batch in batches(iter(assignments))] == sizes
