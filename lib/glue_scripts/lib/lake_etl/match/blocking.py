"""Block keys: one number for each rule that a row takes part in; rows that share one are compared."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lake_etl.match.plan import MatchPlan
from lake_etl.match.similarity import Operand, OperandKind
from lake_etl.spec.block_rule import BlockPart
from lake_etl.transform.columns import column, quoted
from lake_etl.transform.sql_text import sql_text

# Values that people and systems write where they have none.
PLACEHOLDERS = (
    '-', '--', '.', '?', 'n/a', 'na', 'nan', 'nil', 'none', 'null', 'unknown', 'tbd', 'test', 'no email', 'no phone',
    '1900-01-01', '1899-12-30', '1970-01-01', '9999-12-31', '0001-01-01', 'none@none.com', 'na@na.com',
    'noemail@noemail.com', *(digit * length for digit in '09' for length in range(4, 13)))
Named = TypeVar('Named')
RULE, KEY, ID = 'rule', 'key', 'id'
SQL_TYPES: dict[OperandKind, str] = {'text': 'string', 'number': 'double', 'date': 'date'}


def operand_name(plan: MatchPlan, operand: Operand) -> str:
    """Return the name of a column that is compared, in the frames of this package."""
    return f'o{plan.operands.index(operand)}'


@dataclass(frozen=True)
class _Source:
    """A column that blocks are made of; `placeholders` tells whether values that stand for a missing one count as none.
    """

    column: str
    placeholders: bool


def keyed_rows(df: DataFrame, identity: str, plan: MatchPlan) -> DataFrame:
    """Return a row for each rule that a row takes part in.

    Columns: `id` (the column `identity`), the columns to compare, `rule` (index in the plan) and `key`. A rule in which
    a part is null, empty or a placeholder gives no row.
    """
    parts_of_rules = [[(_Source(part.column, rule.placeholders), part) for part in rule.rule.parts]
                      for rule in plan.rules]
    parts = _numbered('p', chain.from_iterable(parts_of_rules))
    values = _numbered('v', (source for source, _ in parts))
    # Each step is a frame of its own, so that Spark computes what several expressions use but once.
    compared = [ID, *(f'o{number}' for number in range(len(plan.operands)))]
    rows = df.select(column(identity).alias(ID), *compared_columns(plan.operands),
                     *(F.expr(f'{_value(source, plan)} AS {name}') for source, name in values.items()))
    rows = rows.selectExpr(*compared, *(f'{_part(part, values[source])} AS {name}'
                                        for (source, part), name in parts.items()))
    rows = rows.selectExpr(*compared, *(f'{_key(number, [parts[part] for part in of_rule])} AS k{number}'
                                        for number, of_rule in enumerate(parts_of_rules)))
    numbers = ', '.join(f'{number}, k{number}' for number in range(len(plan.rules)))
    # `stack` and not `explode`: before the latter the optimizer would compute every key twice.
    return rows.selectExpr(*compared, f'stack({len(plan.rules)}, {numbers}) AS ({RULE}, {KEY})').where(
        F.col(KEY).isNotNull())


def _numbered(prefix: str, items: Iterable[Named]) -> dict[Named, str]:
    """Return a column name for each different item."""
    return {item: f'{prefix}{number}' for number, item in enumerate(dict.fromkeys(items))}


def compared_columns(operands: Sequence[Operand]) -> list[Column]:
    """Return the columns in the form in which they are compared, named `o0`, `o1` and so on."""
    return [F.expr(f'try_cast({quoted(operand.column)} AS {SQL_TYPES[operand.kind]})').alias(f'o{number}')
            for number, operand in enumerate(operands)]


def _key(number: int, parts: Sequence[str]) -> str:
    """Return the key of a rule from the columns with its parts, as SQL; null where a part is null or empty."""
    present = ' AND '.join(f"{part} != ''" for part in parts)
    return f'CASE WHEN {present} THEN xxhash64({number}, {", ".join(parts)}) END'


def _value(source: _Source, plan: MatchPlan) -> str:
    """Return the text of a column where it is a value, as SQL; null where it is none."""
    text = f'CAST({quoted(source.column)} AS string)'
    if not source.placeholders:
        return text
    known = {*PLACEHOLDERS, *(text.strip().lower() for text in plan.default_values)}
    return f'CASE WHEN lower(trim({text})) NOT IN ({", ".join(map(sql_text, sorted(known)))}) THEN {text} END'


def _part(part: BlockPart, text: str) -> str:
    """Return the letters of a text between two positions, which count from the end where they are negative, as SQL."""
    if part.start is None and part.stop is None:
        return text
    start = '0' if part.start is None else _position(part.start, text)
    stop = f'length({text})' if part.stop is None else _position(part.stop, text)
    return f'substring({text}, {start} + 1, greatest({stop} - {start}, 0))'


def _position(position: int, text: str) -> str:
    return f'greatest(length({text}) + {position}, 0)' if position < 0 else f'least({position}, length({text}))'
