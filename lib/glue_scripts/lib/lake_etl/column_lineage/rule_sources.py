"""Traces the columns that quarantine rules look at to the mapped columns of the source."""
from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from lake_etl.column_lineage.cleanse_lineage import rule_columns
from lake_etl.config.quality_rules import QualityRules
from lake_etl.config.transform_steps import TransformStep
from lake_etl.dqdl.syntax_tree import AnyRule

Names = frozenset[str]


@dataclass(frozen=True)
class ColumnOrigins:
    """The mapped columns that the values of columns come from; all names are in lower case.

    by_name    for each column that is known by name
    elsewhere  for columns that only the data names
    """

    by_name: Mapping[str, Names] = field(default_factory=dict)
    elsewhere: Names = frozenset()

    def sources(self, names: Collection[str]) -> Names:
        """Return the mapped columns of some columns."""
        return frozenset().union(*(self.by_name.get(name.lower(), self.elsewhere) for name in names))

    def rule_sources(self, rule: AnyRule) -> Names:
        """Return the mapped columns that a rule looks at; a rule with SQL looks at those that its text names."""
        columns = rule_columns(rule)
        if columns is None:
            words = set(re.findall(r'\w+', str(rule).lower()))
            columns = tuple(name for name in self.by_name if name in words or f'`{name}`' in str(rule).lower())
        return self.sources(columns)


def mapped_origins(columns: Sequence[str]) -> ColumnOrigins:
    """Return the origins of mapped columns before the first step: the columns themselves."""
    return ColumnOrigins({name.lower(): frozenset([name.lower()]) for name in columns})


def origins_after_steps(columns: Sequence[str], steps: Sequence[TransformStep] | None) -> ColumnOrigins:
    """Return the origins of columns after all steps; nothing is known after a step that does not declare its effect."""
    origins = mapped_origins(columns)
    if steps is None or any(step.entries is None for step in steps):
        return ColumnOrigins()
    for entry in (entry for step in steps for entry in step.entries or ()):
        sources, written = origins.sources(entry.reads()), entry.writes()
        if written is None:
            origins = ColumnOrigins(origins.by_name, origins.elsewhere | sources)
        else:
            changed = {name.lower(): sources for name in written}
            origins = ColumnOrigins({**origins.by_name, **changed}, origins.elsewhere)
    return origins


def quarantine_sources(rules: QualityRules | None, steps: Sequence[TransformStep], columns: Sequence[str]) -> Names:
    """Return the mapped columns, in lower case, that quarantine rules of a Cleanse load look at."""
    if rules is None:
        return frozenset()
    stages = ((rules.before_transform, mapped_origins(columns)),
              (rules.after_transform, origins_after_steps(columns, steps)))
    return frozenset().union(*(origins.rule_sources(rule) for stage, origins in stages
                               for rule in stage.quarantine_rules))
