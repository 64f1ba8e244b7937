"""The rows of a load are only told where they are certain."""
from __future__ import annotations

import json

import pytest

from lake_etl.config.workflow import read_workflow
from lake_etl.controls.run_records import FilterCount, RowCounts, count_rows, only_filters_change_rows
from lake_etl.transform.discovery import known_transforms


@pytest.mark.parametrize(('rows', 'filters', 'expected'), [
    ((7, 0, 0), [], RowCounts(7, 0, 0, 7)),
    ((0, 0, 0), [], RowCounts(0, 0, 0, 0)),
    ((5, 1, 2), [], RowCounts(8, 0, 3, 5)),
    ((5, 1, 2), [FilterCount(9, 7)], RowCounts(10, 2, 3, 5)),
    ((5, 0, 0), [FilterCount(9, 7), FilterCount(7, 5)], RowCounts(9, 4, 0, 5)),
    # Spark has counted a repeated task twice: at all points, or at one of them.
    ((5, 0, 0), [FilterCount(18, 10)], RowCounts(None, None, 0, 5)),
    ((5, 0, 0), [FilterCount(9, 10)], RowCounts(None, None, 0, 5)),
    ((5, 0, 0), [FilterCount(4, 5)], RowCounts(None, None, 0, 5)),
    ((5, 0, 0), [FilterCount(18, 14), FilterCount(7, 5)], RowCounts(None, None, 0, 5)),
    # A step that may add rows, or a count that never arrived.
    ((5, 1, 2), None, RowCounts(None, None, 3, 5))])
def test_rows_read_and_filtered_are_told_if_all_counts_agree_with_what_is_written(rows, filters, expected):
    assert count_rows(*rows, filters) == expected


@pytest.mark.parametrize(('steps', 'known'), [
    ({}, True), ({'hash': ['a'], 'literal': {'b': 1}}, True),
    ({'filterrows': [{'condition': 'a > 1'}], 'hash': ['a']}, True),
    ({'jsonexpandarray': [{'field': 'a', 'source': 'a', 'index_field': 'i'}]}, False), ({'own': ['a']}, False)])
def test_rows_are_known_unless_a_step_may_add_rows_or_is_a_users_own(steps, known):
    files = {'transformation-spec/g-t.json': json.dumps({'transform_spec': steps}).encode()}
    registry = {**known_transforms(), 'own': None}
    workflow = read_workflow('g', 't', files.get, registry, 'Prod')
    assert [step.name for step in workflow.steps] == list(steps)
    assert only_filters_change_rows(workflow.steps) is known
