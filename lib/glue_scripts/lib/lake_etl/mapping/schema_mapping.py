"""Maps source columns to destinations, exact rows before fuzzy ones, and drops all other columns."""
from __future__ import annotations

import logging
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql.types import ArrayType, DataType, StructField, StructType

from lake_etl.config.mapping import SCORERS, parse_threshold
from lake_etl.errors import DataError
from lake_etl.spark.columns import quoted
from lake_etl.spark.source_rows import tracking_columns, without_tracking
from lake_etl.syntax.column_names import comparable_name

QUOTED_PART = re.compile(r'`((?:[^`]|``)+)`')
NULL_DESTINATION = 'null'
LOG = logging.getLogger(__name__)


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
    """A source column found by the similarity of its name, with a score from 0 to 100."""

    wanted: str
    found: str
    score: float


@dataclass(frozen=True)
class Resolution:
    """The result of a mapping for the columns of one file.

    selected  (Spark expression of the source column, destination) in the order of the mapping
    missing   sources of rows that no column matches
    dropped   top-level source columns that no row keeps
    fuzzy     fuzzy matches with their scores
    required  sources of `missing` that belong to exact rows and are not optional
    unmapped  those of `dropped` that no row names
    """

    selected: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    dropped: tuple[str, ...]
    fuzzy: tuple[FuzzyMatch, ...]
    required: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()


def mapping_rule(source: str, destination: str | None, threshold: object = None, scorer: str | None = None
                 ) -> ColumnRule:
    """Return the rule of a mapping's row; a destination of `Null`, in any case, drops the column.

    Raises DataError for an unknown scorer, and for a threshold that is not a number from 0 to 100.
    """
    dropped = destination is None or destination.strip().lower() == NULL_DESTINATION
    if scorer and scorer not in SCORERS:
        raise DataError(f"The mapping of '{source}' has the unknown scorer '{scorer}'; known scorers are "
                        f'{", ".join(SCORERS)}.')
    return ColumnRule(source, None if dropped else destination, _threshold(source, threshold), scorer or None)


def _threshold(source: str, threshold: object) -> float | None:
    if threshold in (None, ''):
        return None
    likeness = parse_threshold(str(threshold))
    if likeness is None:
        raise DataError(f"The mapping of '{source}' has the threshold {threshold!r}, expected a number from 0 to 100.")
    return likeness


def name_parts(source: str) -> tuple[str, ...]:
    """Return the path of a source name: one part, or several if the name is written as `a`.`b` with backticks."""
    if not source.startswith('`'):
        return (source,)
    parts = tuple(match.replace('``', '`') for match in QUOTED_PART.findall(source))
    return parts if '.'.join(quoted(part) for part in parts) == source else (source,)


def flatten_names(schema: StructType, prefix: str = '', in_array: bool = False) -> list[str]:
    """Return the names of all columns: plain at the top level, `a`.`b` for members of structs, also inside an array."""
    names: list[str] = []
    for field in schema.fields:
        name = f'{prefix}.{quoted(field.name)}' if prefix else field.name
        names.append(name)
        members, below_array = _members(field.dataType, in_array)
        if members is not None:
            names += flatten_names(members, name if prefix else quoted(field.name), below_array)
    return names


def resolve(rules: Sequence[ColumnRule], schema: StructType) -> Resolution:
    """Match the rules with the columns of a schema, exact rules before fuzzy ones.

    Names match without case, outer blanks, invisible characters, and the kind of blanks and line breaks.

    Raises DataError when two rules have one destination.
    """
    _require_distinct(rules)
    found: dict[int, str | None] = {}
    members = _Members()
    for index, rule in enumerate(rules):
        if rule.threshold is None:
            found[index] = _exact(rule.source, schema, members)
    taken = {name.lower() for name in found.values() if name}
    matches: list[FuzzyMatch] = []
    names = [(name, _expression(name).lower()) for name in flatten_names(schema)]
    for index, rule in enumerate(rules):
        if rule.threshold is None:
            continue
        match = _best_match(rule, [name for name, expression in names if expression not in taken])
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


class _Members:
    """Finds the members of structs by comparable name; reads the names of a struct once, however many are asked for."""

    def __init__(self) -> None:
        self._named: dict[int, dict[str, list[StructField]]] = {}

    def named(self, struct: StructType, name: str) -> list[StructField]:
        """Return the members whose names are equal to the name as people read them."""
        if id(struct) not in self._named:
            found: defaultdict[str, list[StructField]] = defaultdict(list)
            for field in struct.fields:
                found[comparable_name(field.name)].append(field)
            self._named[id(struct)] = dict(found)
        return self._named[id(struct)].get(comparable_name(name), [])


def _exact(source: str, schema: StructType, members: _Members) -> str | None:
    """Return the Spark expression of the column with the source name, or None without such a column."""
    struct: StructType | None = schema
    in_array = False
    spelled: list[str] = []
    for part in name_parts(source):
        fields = members.named(struct, part) if struct else []
        if not fields:
            return None
        chosen = max(fields, key=lambda field: (field.name == part, field.name.lower() == part.lower()))
        spelled.append(quoted(chosen.name))
        struct, in_array = _members(chosen.dataType, in_array)
    return '.'.join(spelled)


def _members(kind: DataType, in_array: bool) -> tuple[StructType | None, bool]:
    """Return the struct whose members may follow in a path, and whether the path has passed through an array.

    Spark follows a path through one array, but not through an array inside another.
    """
    if isinstance(kind, ArrayType) and not in_array:
        kind, in_array = kind.elementType, True
    return (kind if isinstance(kind, StructType) else None), in_array


def _best_match(rule: ColumnRule, candidates: Sequence[str]) -> FuzzyMatch | None:
    """Return the candidate most similar to the rule's source, if it reaches the threshold."""
    from rapidfuzz import fuzz, process, utils
    best = process.extractOne(rule.source, candidates, scorer=getattr(fuzz, rule.scorer or 'ratio'),
                              processor=utils.default_process, score_cutoff=rule.threshold)
    return FuzzyMatch(rule.source, best[0], best[1]) if best else None


def apply_mapping(df: DataFrame, rules: Sequence[ColumnRule], dataset: str, lineage: Any,
                  strict: bool = False) -> DataFrame:
    """Return the frame with the mapped columns in the order of the rules; log and record the result in the lineage.

    Columns without a rule are dropped. Raises DataError if `strict` is set and the column of an exact row is missing,
    or if no column is left.
    """
    visible = without_tracking(df)
    resolution = resolve(rules, visible.schema)
    _log(resolution)
    if lineage is not None:
        _record(resolution, rules, dataset, lineage, visible)
    if resolution.required and strict:
        raise DataError(
            f'The source of {dataset} lacks mapped columns: {", ".join(resolution.required)}. It has: '
            f'{", ".join(visible.columns)}. Correct the mapping file or the source, or set strict_schema_mapping to '
            'false. Nothing was replaced.')
    if not resolution.selected:
        raise DataError(
            f'No column of {dataset} matches its schema mapping. The source has: {", ".join(visible.columns)}. Correct '
            'the SourceName entries of the mapping file. Nothing was replaced.')
    mapped = (f'{source} AS {quoted(destination)}' for source, destination in resolution.selected)
    return df.selectExpr(*mapped, *tracking_columns(df))


def mapping_notices(resolution: Resolution, rules: Sequence[ColumnRule]) -> list[str]:
    """Return what the owner of a source should know: columns that the mapping lacks, and columns that it lacks."""
    notices, missing = [], missing_columns(resolution, rules)
    if resolution.unmapped:
        notices.append(f'{len(resolution.unmapped)} source columns are not in the mapping and were dropped: '
                       f'{", ".join(resolution.unmapped)}. Map them, or map them to Null to drop them on purpose.')
    if missing:
        notices.append(f'{len(missing)} mapped columns are not in the source: {", ".join(missing)}.')
    return notices


def missing_columns(resolution: Resolution, rules: Sequence[ColumnRule]) -> list[str]:
    """Return the columns that the mapping keeps and the source lacks, without the optional ones."""
    missing = set(resolution.missing)
    return [rule.source for rule in rules
            if rule.source in missing and rule.destination and not rule.optional]


def _log(resolution: Resolution) -> None:
    for match in resolution.fuzzy:
        LOG.info("Mapped column '%s' to '%s' by similarity, score %.1f.", match.found, match.wanted, match.score)
    if resolution.missing:
        LOG.warning('%d mapped columns are not in the source: %s.', len(resolution.missing),
                    ', '.join(resolution.missing))
    if resolution.dropped:
        LOG.info('Dropped %d source columns that are not in the mapping: %s.', len(resolution.dropped),
                 ', '.join(resolution.dropped))


def _record(resolution: Resolution, rules: Sequence[ColumnRule], dataset: str, lineage: Any, df: DataFrame) -> None:
    fuzzy = {match.wanted: {'match': match.found, 'score': match.score} for match in resolution.fuzzy}
    rows: list[dict[str, Any]] = []
    for rule in rules:
        row: dict[str, Any] = {'sourcename': rule.source, 'destname': rule.destination or 'Null'}
        if rule.threshold is not None:
            row |= {'threshold': rule.threshold, 'scorer': rule.scorer, **fuzzy.get(rule.source, {})}
        rows.append(row)
    named = {row['sourcename'] for row in rows}
    rows += [{'sourcename': name, 'destname': 'Null'} for name in resolution.dropped if name not in named]
    lineage.update_lineage(df, dataset, 'mapping', map=rows)
