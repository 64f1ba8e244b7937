"""The values that rows are blocked and compared by, and how many rows lack them."""
from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pyspark.sql import DataFrame

from lake_etl.match.match_plan import MatchPlan
from lake_etl.match.similarity import Operand, OperandKind
from lake_etl.match.standardization import (
    Use, is_block_value_sql, is_present_date_sql, is_present_sql, nfc_sql, normalized_sql)
from lake_etl.spark.columns import quoted

ID = 'id'
SQL_TYPES: dict[OperandKind, str] = {'number': 'double', 'date': 'date'}
USES: dict[OperandKind, Use] = {'text': 'comparison', 'key': 'key', 'system': 'system'}
Item = TypeVar('Item')
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class ColumnUse:
    """A column whose text is needed, and its use."""

    column: str
    use: Use


def comparison_rows(df: DataFrame, identity: str | None, operands: Sequence[Operand], sources: Iterable[ColumnUse],
                    defaults: Sequence[str], carried: Sequence[str] = ()) -> DataFrame:
    """Return the values of the rows: `id`, a column `o0`, `o1`, … for each operand, and `v0`, `v1`, … for each source.

    identity  the column that becomes `id`; None omits it
    defaults  placeholders for missing values, in addition to the built-in ones
    carried   further columns, which stay as they are

    Accents are composed. A value that is empty or a placeholder is null.
    """
    sources = tuple(sources)
    wanted = [ColumnUse(operand.column, USES[operand.kind]) for operand in operands if operand.kind in USES]
    texts = numbered_names('t', (source.column.lower() for source in [*wanted, *sources]))
    letters = {name: f'l{text[1:]}' for name, text in texts.items()}
    ids = [*([ID] if identity else []), *carried]
    typed = {number: f'try_cast({quoted(operand.column)} AS {SQL_TYPES[operand.kind]}) AS o{number}'
             for number, operand in enumerate(operands) if operand.kind in SQL_TYPES}
    # Each step is a separate select, so that Spark computes shared expressions only once.
    plain = [*ids, *(f'o{number}' for number in typed)]
    rows = df.selectExpr(*(f'{quoted(identity)} AS {ID}' for identity in [identity] if identity), *carried,
                         *typed.values(),
                         *(f'CAST({quoted(name)} AS string) AS {text}' for name, text in texts.items()))
    if texts:
        rows = rows.selectExpr(*plain, f'{nfc_sql(list(texts.values()))} AS texts')
        rows = rows.selectExpr(*plain, *(f'texts[{number}] AS {text}' for number, text in enumerate(texts.values())),
                               *(f'{normalized_sql(f"texts[{number}]")} AS {letters[name]}'
                                 for number, name in enumerate(texts)))
    present = numbered_names('c', map(_unblocked, [*wanted, *sources]))
    rows = rows.selectExpr(*plain, *letters.values(), *(
        f'{_value(source, texts[source.column], letters[source.column], defaults)} AS {name}'
        for source, name in present.items()))
    return rows.selectExpr(*ids, *_compared(operands, {source: present[_unblocked(source)] for source in wanted}), *(
        f'{_blocked(source, present[_unblocked(source)], letters[source.column.lower()])} AS {name}'
        for source, name in numbered_names('v', sources).items()))


def _unblocked(source: ColumnUse) -> ColumnUse:
    """Return the use of a column that decides first whether it has a value: for blocks that of comparisons."""
    return ColumnUse(source.column.lower(), 'comparison' if source.use == 'block' else source.use)


def _value(source: ColumnUse, text: str, letters: str, defaults: Sequence[str]) -> str:
    own = defaults if source.use == 'comparison' else ()
    return f'CASE WHEN {is_present_sql(text, letters, source.use, own)} THEN {text} END'


def _blocked(source: ColumnUse, value: str, letters: str) -> str:
    return f'CASE WHEN {is_block_value_sql(letters)} THEN {value} END' if source.use == 'block' else value


def numbered_names(prefix: str, items: Iterable[Item]) -> dict[Item, str]:
    """Return a column name for each distinct item."""
    return {item: f'{prefix}{number}' for number, item in enumerate(dict.fromkeys(items))}


def _compared(operands: Sequence[Operand], texts: Mapping[ColumnUse, str]) -> Iterable[str]:
    for number, operand in enumerate(operands):
        name = f'o{number}'
        if operand.kind in USES:
            yield f'{texts[ColumnUse(operand.column, USES[operand.kind])]} AS {name}'
        else:
            yield f'CASE WHEN {is_present_date_sql(name)} THEN {name} END AS {name}' if operand.kind == 'date' else name


@dataclass(frozen=True)
class MatchRowCounts:
    """Numbers of rows.

    resolved    rows whose global id is known without a comparison
    unresolved  all other rows; the counts below refer to them
    keyless     rows without a source key or a source system
    missing     rows without a value, by column of a block rule
    """

    resolved: int
    unresolved: int
    keyless: int
    missing: dict[str, int]


def block_sources(plan: MatchPlan, rules: Iterable[int] | None = None) -> dict[ColumnUse, str]:
    """Return the values that form the blocks of all or of these rules, and their names in `comparison_rows`."""
    numbers = range(len(plan.rules)) if rules is None else rules
    return numbered_names('v', (ColumnUse(part.column, use) for rule in map(plan.rules.__getitem__, numbers)
                                for part, use in zip(rule.rule.parts, rule.uses, strict=True)))


def count_rows(values: DataFrame, resolved_id: str, plan: MatchPlan) -> MatchRowCounts:
    """Count rows in one Spark job.

    values       rows from `block_values`
    resolved_id  the column with the ids that are known without a comparison
    """
    sources, keys = block_sources(plan), block_sources(plan, plan.exact_rules)
    unresolved = f'{resolved_id} IS NULL'
    keyless = ' OR '.join(missing_name(sources[source]) for source in keys) or 'false'
    conditions = [f'NOT {unresolved}', unresolved, f'{unresolved} AND ({keyless})',
                  *(f'{unresolved} AND {missing_name(name)}' for name in sources.values())]
    found = values.selectExpr(*(f'count_if({condition})' for condition in conditions)).collect()[0]
    return MatchRowCounts(found[0], found[1], found[2],
                          {source.column: count for source, count in zip(sources, found[3:], strict=True)
                           if source.use == 'block'})


def missing_name(value: str) -> str:
    """Return the name of the column that tells whether a row lacks a value for blocks, such as v0."""
    return f'is_missing_{value}'


def log_missing_values(counts: MatchRowCounts) -> None:
    """Log for each column how many rows have no value to compare."""
    if counts.keyless:
        LOG.info('%d of %d rows to compare have no source key: the key or the source system is empty or a placeholder. '
                 'Each of these rows is a separate entity, unless all their values are equal.',
                 counts.keyless, counts.unresolved)
    for name, count in counts.missing.items():
        if count:
            LOG.info('Blocks by %s: %d of %d rows to compare have no value, because it is empty or a placeholder.',
                     name, count, counts.unresolved)
