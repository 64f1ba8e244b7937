"""Protects personal data in rows that are quarantined before the steps that would protect it."""
from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lake_etl.config.form import Entry
from lake_etl.config.transform_steps import TransformStep
from lake_etl.spark.columns import column
from lake_etl.transform.pseudonymization import hash_column, hash_key
from lake_etl.transform.registry import AnyTransform, EachColumn, Transform, TransformContext

LOG = logging.getLogger(__name__)
# A text instead of null, so that it does not look like a missing value.
HIDDEN_VALUE = '(hidden)'


@dataclass(frozen=True)
class Protection:
    """How the columns of mapped rows are protected.

    protected  names of transforms, each with its entries for mapped columns
    hidden     columns for which it is unknown whether a later step protects their values
    reasons    keys of the steps that make it unknown
    """

    protected: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    hidden: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


def plan_protection(steps: Sequence[TransformStep], protecting: Mapping[str, bool],
                    columns: Sequence[str]) -> Protection:
    """Follow every column to the steps that protect it, through renames and copies.

    protecting  whether a transform protects, by name
    columns     names after the mapping

    A mapped column is protected when its value may be part of what a step protects, and in any case under the name that
    the step uses. Behind a step of unknown effect any column may hold any value; then all columns that are not
    protected by name are hidden.
    """
    walk = _Walk(columns)
    for step in steps:
        for entry in _entries(step):
            if entry is None:
                walk.lose_track(step.key, protecting.get(step.name, False))
            elif protecting.get(step.name, False):
                walk.protect(step, entry)
            else:
                walk.apply(entry)
    return walk.result()


def hide_everything(columns: Sequence[str]) -> Protection:
    """Hide all columns, where the steps are not known."""
    return Protection(hidden=tuple(columns))


def _entries(step: TransformStep) -> Iterator[Any]:
    """Yield the entries of a step; None stands for the whole step when its effect is unknown."""
    if step.entries is None:
        yield None
    else:
        yield from step.entries


class _Walk:
    """Where the values of mapped columns may be at a point between two steps.

    `origins` has the mapped columns whose values a column may hold, by its name in lower case; `elsewhere` those that
    columns of unknown names may hold.
    """

    def __init__(self, columns: Sequence[str]):
        self.mapped = {name.lower(): name for name in columns}
        self.origins = {key: frozenset([name]) for key, name in self.mapped.items()}
        self.elsewhere: frozenset[str] = frozenset()
        self.lost_by: list[str] = []
        self.chosen: dict[str, tuple[str, Any]] = {}
        self.hidden: set[str] = set()
        self.reasons: list[str] = []

    def lose_track(self, key: str, protects: bool) -> None:
        """Go past a step that may do anything, and may protect any column."""
        self.lost_by.append(key)
        if protects:
            self._hide_all_but(set())

    def apply(self, entry: Entry) -> None:
        """Go past an entry that writes columns from columns."""
        sources = self._sources(entry.reads())
        written = entry.writes()
        if written is None:
            self.elsewhere |= sources
            self.origins = {name: found | sources for name, found in self.origins.items()}
            return
        self.origins.update((name.lower(), sources) for name in written)

    def protect(self, step: TransformStep, entry: Entry) -> None:
        """Note what an entry protects; the columns that it writes hold nothing in clear afterwards."""
        written = entry.writes() or ()
        names = (*entry.reads(), *written)
        by_name: set[str] = {self.mapped[name.lower()] for name in names if name.lower() in self.mapped}
        found = by_name | self._sources(names)
        for name in sorted(found):
            self._choose(name, step, entry)
        if self.lost_by:
            self._hide_all_but(by_name)
        self.origins.update((name.lower(), frozenset()) for name in written)

    def result(self) -> Protection:
        """Return what was found."""
        groups: dict[str, tuple[str, list[Any]]] = {}
        for name in self.mapped.values():
            if name in self.chosen and name not in self.hidden:
                key, entry = self.chosen[name]
                groups.setdefault(key, (key.partition(':')[0].strip(), []))[1].append(entry)
        hidden = tuple(name for name in self.mapped.values() if name in self.hidden)
        return Protection(tuple((transform, tuple(entries)) for transform, entries in groups.values()), hidden,
                          tuple(self.reasons))

    def _sources(self, names: Sequence[str]) -> frozenset[str]:
        return frozenset().union(*(self.origins.get(name.lower(), self.elsewhere) for name in names))

    def _hide_all_but(self, names: set[str]) -> None:
        self.hidden |= set(self.mapped.values()) - names - set(self.chosen)
        self.reasons += [key for key in self.lost_by if key not in self.reasons]

    def _choose(self, name: str, step: TransformStep, entry: Any) -> None:
        """Let the first step that protects a column protect it here too, or hide it when the entry cannot be moved."""
        if name in self.chosen or name in self.hidden:
            return
        field = getattr(entry, 'field', None)
        if field is None or entry.reads() != (field,):
            self.hidden.add(name)
            self.reasons.append(step.key)
        else:
            self.chosen[name] = (step.key, replace(entry, field=name))


def hide_columns(df: DataFrame, protection: Protection, transforms: Mapping[str, AnyTransform],
                 args: Mapping[str, Any]) -> DataFrame:
    """Return the rows with each column protected by the transform that protects it later, or hidden.

    Originals of tokens are stored before this returns.
    """
    context = TransformContext(args)
    for name, entries in protection.protected:
        transform = transforms[name]
        if not isinstance(transform, Transform):
            raise TypeError(f'transform_{name} has entries but is a plain function')
        df = transform.apply(df, entries, context)
    return df.withColumns({name: F.lit(HIDDEN_VALUE) for name in protection.hidden})


def protect_texts(df: DataFrame, texts: Sequence[tuple[str, str]], protection: Protection,
                  transforms: Mapping[str, AnyTransform], args: Mapping[str, Any]) -> DataFrame:
    """Return the frame with the texts of mapped columns protected as `hide_columns` protects the columns.

    A token is computed and not stored: the workflow itself stores it for the value of the column.

    texts  mapped columns, each with the column that holds its text
    """
    context = TransformContext(args)
    chosen = {entry.field.lower(): (transforms[name], entry)
              for name, entries in protection.protected for entry in entries}
    hidden = {name.lower() for name in protection.hidden}
    for name, text in texts:
        if name.lower() in hidden:
            df = df.withColumn(text, F.lit(HIDDEN_VALUE))
        elif name.lower() in chosen:
            transform, entry = chosen[name.lower()]
            if isinstance(transform, Transform) and isinstance(transform.runs, EachColumn):
                df = transform.apply(df, (replace(entry, field=text),), context)
            else:
                df = df.withColumn(text, hash_column(column(text), hash_key(args)))
    return df


def warn_of_hidden_columns(protection: Protection, table: str) -> None:
    """Log why columns of a quarantine table are hidden, if any are."""
    if protection.hidden:
        because = f'after {", ".join(protection.reasons)} ' if protection.reasons else ''
        LOG.warning('%d columns of %s are hidden: %sit is unknown which of them later steps protect. Move the steps '
                    "that hash, redact or tokenize to the beginning of transform_spec, or set 'quarantine_clear' in "
                    'the rules file.', len(protection.hidden), table, because)
