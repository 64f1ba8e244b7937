"""Decides which source column becomes which destination: exact rows first, then fuzzy ones, the rest is dropped."""
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql.types import ArrayType, DataType, StructType

from lake_etl.config.mapping import SCORERS, threshold_of
from lake_etl.errors import DataError
from lake_etl.spark.columns import quoted

QUOTED_PART = re.compile(r'`((?:[^`]|``)+)`')
NULL_DESTINATION = 'null'


@dataclass(frozen=True)
class ColumnRule:
    """One row of a mapping.

    destination        None drops the column
    threshold, scorer  make the match fuzzy
    optional           sources may lack the column
    """

    source: str
    destination: str | None
    threshold: float | None = None
    scorer: str | None = None
    optional: bool = False


@dataclass(frozen=True)
class FuzzyMatch:
    """A source column that was found by the likeness of its name, 0 to 100."""

    wanted: str
    found: str
    score: float


@dataclass(frozen=True)
class Resolution:
    """What a mapping does to the columns of one file.

    selected  (Spark expression of the source column, destination) in the order of the mapping
    missing   sources of rows that no column matches
    dropped   top-level source columns that no row keeps
    fuzzy     the fuzzy matches, best reported with their scores
    required  those of `missing` that are asked for by their very name and are not optional
    unmapped  those of `dropped` that no row speaks of
    """

    selected: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    dropped: tuple[str, ...]
    fuzzy: tuple[FuzzyMatch, ...]
    required: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()


def rule_of(source: str, destination: str | None, threshold: object = None, scorer: str | None = None) -> ColumnRule:
    """Return the rule of a mapping's row; a destination of `Null`, in any case, drops the column.

    Raises DataError for an unknown scorer and for a threshold that is no number from 0 to 100.
    """
    dropped = destination is None or destination.strip().lower() == NULL_DESTINATION
    if scorer and scorer not in SCORERS:
        raise DataError(f"The mapping of '{source}' has the unknown scorer '{scorer}'; known scorers are "
                        f'{", ".join(SCORERS)}.')
    return ColumnRule(source, None if dropped else destination, _likeness(source, threshold), scorer or None)


def _likeness(source: str, threshold: object) -> float | None:
    if threshold in (None, ''):
        return None
    likeness = threshold_of(str(threshold))
    if likeness is None:
        raise DataError(f"The mapping of '{source}' has the threshold {threshold!r}, expected a number from 0 to 100.")
    return likeness


def name_parts(source: str) -> tuple[str, ...]:
    """Return the path of a source name: one part unless the name is written as `a`.`b` with back-ticks."""
    if not source.startswith('`'):
        return (source,)
    parts = tuple(match.replace('``', '`') for match in QUOTED_PART.findall(source))
    return parts if '.'.join(quoted(part) for part in parts) == source else (source,)


def flatten_names(schema: StructType, prefix: str = '', in_array: bool = False) -> list[str]:
    """Return the names of all columns: top-level ones plain, members of structs (also inside an array) as `a`.`b`."""
    names: list[str] = []
    for field in schema.fields:
        name = f'{prefix}.{quoted(field.name)}' if prefix else field.name
        names.append(name)
        members, below_array = _members(field.dataType, in_array)
        if members is not None:
            names += flatten_names(members, name if prefix else quoted(field.name), below_array)
    return names


def resolve(rules: Sequence[ColumnRule], schema: StructType) -> Resolution:
    """Match the rules with the columns of a schema; names compare without case, exact rules go before fuzzy ones.

    Raises DataError when two rules have one destination.
    """
    _require_distinct(rules)
    found: dict[int, str | None] = {}
    for index, rule in enumerate(rules):
        if rule.threshold is None:
            found[index] = _exact(rule.source, schema)
    taken = {name.lower() for name in found.values() if name}
    matches: list[FuzzyMatch] = []
    for index, rule in enumerate(rules):
        if rule.threshold is None:
            continue
        candidates = [name for name in flatten_names(schema) if _expression(name).lower() not in taken]
        match = _best_match(rule, candidates)
        found[index] = _expression(match.found) if match else None
        if match:
            taken.add(_expression(match.found).lower())
            matches.append(match)
    kept = {name_parts(name)[0].lower() for index, name in found.items() if name and rules[index].destination}
    known = {name_parts(name)[0].lower() for name in found.values() if name}
    return Resolution(
        selected=tuple((str(found[index]), rule.destination) for index, rule in enumerate(rules)
                       if found[index] and rule.destination),
        missing=tuple(rule.source for index, rule in enumerate(rules) if not found[index]),
        dropped=tuple(name for name in schema.fieldNames() if name.lower() not in kept),
        fuzzy=tuple(matches),
        required=tuple(rule.source for index, rule in enumerate(rules)
                       if not found[index] and rule.threshold is None and not rule.optional),
        unmapped=tuple(name for name in schema.fieldNames() if name.lower() not in known))


def _require_distinct(rules: Sequence[ColumnRule]) -> None:
    counted = Counter(rule.destination.lower() for rule in rules if rule.destination)
    if twice := [name for name, count in counted.items() if count > 1]:
        raise DataError(f'The schema mapping has more than one row for {", ".join(twice)}; keep one row for each.')


def _expression(name: str) -> str:
    return '.'.join(quoted(part) for part in name_parts(name))


def _exact(source: str, schema: StructType) -> str | None:
    """Return the Spark expression of the column that a source name means, or None when there is none."""
    members: StructType | None = schema
    in_array = False
    spelled: list[str] = []
    for part in name_parts(source):
        fields = [field for field in members.fields if _alike(field.name) == _alike(part)] if members else []
        if not fields:
            return None
        exact = [field for field in fields if field.name == part]
        chosen = (exact or fields)[0]
        spelled.append(quoted(chosen.name))
        members, in_array = _members(chosen.dataType, in_array)
    return '.'.join(spelled)


def _alike(name: str) -> str:
    """Return what names are compared by: upper and lower case are alike, and so are all line ends."""
    return name.lower().replace('\r\n', '\n').replace('\r', '\n')


def _members(kind: DataType, in_array: bool) -> tuple[StructType | None, bool]:
    """Return the struct whose members a path may name next, and whether the path has gone through an array by then.

    Spark follows a path through one array, not through an array inside another one.
    """
    if isinstance(kind, ArrayType) and not in_array:
        kind, in_array = kind.elementType, True
    return (kind if isinstance(kind, StructType) else None), in_array


def _best_match(rule: ColumnRule, candidates: Sequence[str]) -> FuzzyMatch | None:
    """Return the candidate most like the rule's source, if it reaches the threshold."""
    from rapidfuzz import fuzz, process, utils
    best = process.extractOne(rule.source, candidates, scorer=getattr(fuzz, rule.scorer or 'ratio'),
                              processor=utils.default_process, score_cutoff=rule.threshold)
    return FuzzyMatch(rule.source, best[0], best[1]) if best else None
