"""The values of rows in the form in which blocks are made of them and in which they are compared."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pyspark.sql import DataFrame

from lake_etl.match.accents import composed_sql
from lake_etl.match.similarity import Operand, OperandKind
from lake_etl.match.stand_ins import Use, condensed_sql, is_day_sql, is_value_sql
from lake_etl.spark.columns import quoted

ID = 'id'
SQL_TYPES: dict[OperandKind, str] = {'number': 'double', 'date': 'date'}
USES: dict[OperandKind, Use] = {'text': 'comparison', 'key': 'key', 'system': 'system'}
Named = TypeVar('Named')


@dataclass(frozen=True)
class ColumnUse:
    """A column whose text is needed, and what for."""

    column: str
    use: Use


def value_rows(df: DataFrame, identity: str | None, operands: Sequence[Operand], sources: Iterable[ColumnUse],
               defaults: Sequence[str]) -> DataFrame:
    """Return what the rows hold: `id`, an `o` with its number for each operand, and a `v` for each source.

    identity  the column that becomes `id`; None leaves it out
    defaults  texts that stand for a missing value, beside the usual ones

    Accents are composed. A value that is empty or stands for a missing one is null.
    """
    wanted = [ColumnUse(operand.column, USES[operand.kind]) for operand in operands if operand.kind in USES]
    texts = numbered('t', (source.column.lower() for source in [*wanted, *sources]))
    letters = {name: f'l{text[1:]}' for name, text in texts.items()}
    ids = [ID] if identity else []
    typed = {number: f'try_cast({quoted(operand.column)} AS {SQL_TYPES[operand.kind]}) AS o{number}'
             for number, operand in enumerate(operands) if operand.kind in SQL_TYPES}
    # Each step is a frame of its own, so that Spark computes what several expressions use but once.
    plain = [*ids, *(f'o{number}' for number in typed)]
    rows = df.selectExpr(*(f'{quoted(identity)} AS {ID}' for identity in [identity] if identity), *typed.values(),
                         *(f'CAST({quoted(name)} AS string) AS {text}' for name, text in texts.items()))
    rows = rows.selectExpr(*plain, *(f'{composed_sql(text)} AS {text}' for text in texts.values()))
    rows = rows.selectExpr(*plain, *texts.values(), *(f'{condensed_sql(texts[name])} AS {letters[name]}'
                                                      for name in texts))

    def value(source: ColumnUse) -> str:
        name = source.column.lower()
        own = defaults if source.use in ('block', 'comparison') else ()
        return f'CASE WHEN {is_value_sql(texts[name], letters[name], source.use, own)} THEN {texts[name]} END'
    return rows.selectExpr(*ids, *_compared(operands, {source: value(source) for source in wanted}),
                           *(f'{value(source)} AS {name}' for source, name in numbered('v', sources).items()))


def numbered(prefix: str, items: Iterable[Named]) -> dict[Named, str]:
    """Return a column name for each different item."""
    return {item: f'{prefix}{number}' for number, item in enumerate(dict.fromkeys(items))}


def _compared(operands: Sequence[Operand], texts: Mapping[ColumnUse, str]) -> Iterable[str]:
    for number, operand in enumerate(operands):
        name = f'o{number}'
        if operand.kind in USES:
            yield f'{texts[ColumnUse(operand.column, USES[operand.kind])]} AS {name}'
        else:
            yield f'CASE WHEN {is_day_sql(name)} THEN {name} END AS {name}' if operand.kind == 'date' else name
