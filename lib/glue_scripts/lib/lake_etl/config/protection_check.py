"""Checks that nothing in a specification skips a step that protects personal data."""
from __future__ import annotations

from collections.abc import Sequence

from lake_etl.config.entries.known import known_forms
from lake_etl.config.input import InputSpec
from lake_etl.config.mapping import MappingRow
from lake_etl.config.transform_steps import ANY_COLUMN
from lake_etl.config.transform_steps import PLACE as STEPS
from lake_etl.config.transform_steps import (
    Registry, TransformSpec, protected_columns, protection_by_transform, step_name)
from lake_etl.syntax.column_names import comparable_name
from lake_etl.syntax.records import Findings


def check_protection(source: InputSpec | None, transforms: TransformSpec, registry: Registry,
                     findings: Findings) -> None:
    """Record a problem for anything that would skip a step that protects, now or in a later load."""
    protects = protection_by_transform(registry, known_forms())
    protected = protected_columns(transforms.steps, protects)
    for column in source.no_longer_protected if source else ():
        if column.lower() in protected:
            findings.problem(f'input_spec.no_longer_protected.{column}',
                             f"is still protected by the step '{protected[column.lower()]}'",
                             'remove it here, so that no later load can skip the step')
    for place in findings.repeated:
        first, _, key = place.partition('.')
        if first == STEPS and (not key or protects.get(step_name(key), False)):
            findings.problem(place, 'is given more than once, so that steps which protect would be skipped',
                             'merge them into one, or add a suffix such as hash:2')


def check_controls(source: InputSpec, rows: Sequence[MappingRow], transforms: TransformSpec, registry: Registry,
                   findings: Findings) -> None:
    """Record a problem for control totals of a protected column: the total of a single row would be its value.

    rows  of the mapping
    """
    if source.controls is None:
        return
    protected = protected_columns(transforms.steps, protection_by_transform(registry, known_forms()))
    for column in source.controls.stated_columns():
        mapped = [row.dest_name.lower() for row in rows
                  if row.dest_name and comparable_name(row.source_name) == comparable_name(column)]
        names = {ANY_COLUMN, column.lower(), *mapped}
        for step in sorted({protected[name] for name in names if name in protected}):
            findings.problem(f'input_spec.controls.sums.{column}', f"is protected by the step '{step}', and the total "
                             'of a single row would be its value', 'take it out of the sums')
