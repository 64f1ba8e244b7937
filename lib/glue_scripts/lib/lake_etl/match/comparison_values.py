"""The values that rows are blocked and compared by, and how many rows lack them."""
from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lake_etl.match.match_plan import MatchPlan
from lake_etl.match.similarity import Operand, OperandKind
from lake_etl.match.standardization import Use, is_present_date_sql, is_present_sql, nfc_sql, normalized_sql
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
                    defaults: Sequence[str]) -> DataFrame:
    """Return the values of the rows: `id`, a column `o0`, `o1`, … for each operand, and `v0`, `v1`, … for each source.

    identity  the column that becomes `id`; None omits it
    defaults  placeholders for missing values, in addition to the built-in ones

    Accents are composed. A value that is empty or a placeholder is null.
    """
    wanted = [ColumnUse(operand.column, USES[operand.kind]) for operand in operands if operand.kind in USES]
    texts = numbered_names('t', (source.column.lower() for source in [*wanted, *sources]))
    letters = {name: f'l{text[1:]}' for name, text in texts.items()}
    ids = [ID] if identity else []
    typed = {number: f'try_cast({quoted(operand.column)} AS {SQL_TYPES[operand.kind]}) AS o{number}'
             for number, operand in enumerate(operands) if operand.kind in SQL_TYPES}
    # Each step is a separate select, so that Spark computes shared expressions only once.
    plain = [*ids, *(f'o{number}' for number in typed)]
    rows = df.selectExpr(*(f'{quoted(identity)} AS {ID}' for identity in [identity] if identity), *typed.values(),
                         *(f'CAST({quoted(name)} AS string) AS {text}' for name, text in texts.items()))
    rows = rows.selectExpr(*plain, *(f'{nfc_sql(text)} AS {text}' for text in texts.values()))
    rows = rows.selectExpr(*plain, *texts.values(), *(f'{normalized_sql(texts[name])} AS {letters[name]}'
                                                      for name in texts))

    def value(source: ColumnUse) -> str:
        name = source.column.lower()
        own = defaults if source.use in ('block', 'comparison') else ()
        return f'CASE WHEN {is_present_sql(texts[name], letters[name], source.use, own)} THEN {texts[name]} END'
    return rows.selectExpr(*ids, *_compared(operands, {source: value(source) for source in wanted}),
                           *(f'{value(source)} AS {name}' for source, name in numbered_names('v', sources).items()))


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


def count_rows(rows: DataFrame, resolved_id: str, plan: MatchPlan) -> MatchRowCounts:
    """Count rows in one Spark job; `resolved_id` is the column with the ids that are known without a comparison."""
    exact = plan.exact_rules
    parts = [(number in exact, ColumnUse(part.column, use)) for number, rule in enumerate(plan.rules)
             for part, use in zip(rule.rule.parts, rule.uses, strict=True)]
    keys = numbered_names('v', [source for is_exact, source in parts if is_exact])
    names = numbered_names('v', [source for _, source in parts])
    values = comparison_rows(rows, resolved_id, (), list(names), plan.default_values)
    unresolved = F.col(ID).isNull()
    missing = {source: unresolved & F.col(name).isNull() for source, name in names.items()}
    keyless = _any([missing[source] for source in keys])
    found = values.agg(F.count_if(~unresolved), F.count_if(unresolved), F.count_if(keyless),
                       *(F.count_if(condition) for condition in missing.values())).collect()[0]
    counts = dict(zip(missing, found[3:], strict=True))
    return MatchRowCounts(found[0], found[1], found[2],
                          {source.column: count for source, count in counts.items() if source.use == 'block'})


def _any(conditions: list[Column]) -> Column:
    result = F.lit(False)
    for condition in conditions:
        result = result | condition
    return result


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
