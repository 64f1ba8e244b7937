"""The rows of a load are only told where they are certain."""
from __future__ import annotations

import json

import pytest

from lake_etl.config.workflow import read_workflow
from lake_etl.controls.run_records import RowCounts, StepCount, count_rows, has_known_steps
from lake_etl.transform.discovery import known_transforms


@pytest.mark.parametrize(('rows', 'filters', 'expected'), [
    ((7, 0, 0), [], RowCounts(7, 0, 0, 7)),
    ((0, 0, 0), [], RowCounts(0, 0, 0, 0)),
    ((5, 1, 2), [], RowCounts(8, 0, 3, 5)),
    ((5, 1, 2), [StepCount(9, 7)], RowCounts(10, 2, 3, 5)),
    ((5, 0, 0), [StepCount(9, 7), StepCount(7, 5)], RowCounts(9, 4, 0, 5)),
    # A step has repeated rows, and another has left out some before or after it.
    ((7, 1, 0), [StepCount(2, 7, filters=False)], RowCounts(3, 0, 1, 7)),
    ((0, 0, 1), [StepCount(4, 2), StepCount(2, 7, filters=False), StepCount(7, 1)], RowCounts(4, 8, 1, 0)),
    ((5, 0, 0), [StepCount(4, 2), StepCount(4, 5, filters=False)], RowCounts(None, None, 0, 5)),
    # Spark has counted a repeated task twice: at all points, or at one of them.
    ((5, 0, 0), [StepCount(18, 10)], RowCounts(None, None, 0, 5)),
    ((5, 0, 0), [StepCount(9, 10)], RowCounts(None, None, 0, 5)),
    ((5, 0, 0), [StepCount(4, 5)], RowCounts(None, None, 0, 5)),
    ((5, 0, 0), [StepCount(18, 14), StepCount(7, 5)], RowCounts(None, None, 0, 5)),
    # A step that is not known, or a count that never arrived.
    ((5, 1, 2), None, RowCounts(None, None, 3, 5))])
def test_rows_read_and_filtered_are_told_if_all_counts_agree_with_what_is_written(rows, filters, expected):
    assert count_rows(*rows, filters) == expected


@pytest.mark.parametrize(('steps', 'known'), [
    ({}, True), ({'hash': ['a'], 'literal': {'b': 1}}, True),
    ({'filterrows': [{'condition': 'a > 1'}], 'hash': ['a']}, True),
    ({'jsonexpandarray': [{'field': 'a', 'source': 'a', 'index_field': 'i'}]}, True), ({'own': ['a']}, False)])
def test_rows_can_be_followed_unless_a_step_is_a_users_own(steps, known):
    files = {'transformation-spec/g-t.json': json.dumps({'transform_spec': steps}).encode()}
    registry = {**known_transforms(), 'own': None}
    workflow = read_workflow('g', 't', files.get, registry, 'Prod')
    assert [step.name for step in workflow.steps] == list(steps)
    assert has_known_steps(workflow.steps) is known
