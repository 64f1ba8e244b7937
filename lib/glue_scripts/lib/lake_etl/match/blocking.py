"""Block keys: one number for each rule that a row takes part in; rows that share one are compared."""
from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lake_etl.config.block_rule import BlockPart
from lake_etl.match.match_plan import MatchPlan
from lake_etl.match.match_values import ID, ColumnUse, numbered, value_rows
from lake_etl.match.similarity import Operand

RULE, KEY = 'rule', 'key'


def operand_name(plan: MatchPlan, operand: Operand) -> str:
    """Return the name of a column that is compared, in the frames of this package."""
    return f'o{plan.operands.index(operand)}'


def keyed_rows(df: DataFrame, identity: str, plan: MatchPlan) -> DataFrame:
    """Return a row for each rule that a row takes part in.

    Columns: `id` (the column `identity`), the columns to compare, `rule` (index in the plan) and `key`. A rule in which
    a part is null, empty or a stand-in gives no row.
    """
    parts_of_rules = [[(ColumnUse(part.column, use), part)
                       for part, use in zip(rule.rule.parts, rule.uses, strict=True)]
                      for rule in plan.rules]
    parts = numbered('p', chain.from_iterable(parts_of_rules))
    values = numbered('v', (source for source, _ in parts))
    compared = [ID, *(f'o{number}' for number in range(len(plan.operands)))]
    # Each step is a frame of its own, so that Spark computes what several expressions use but once.
    rows = value_rows(df, identity, plan.operands, values, plan.default_values)
    rows = rows.selectExpr(*compared, *(f'{_part(part, values[source])} AS {name}'
                                        for (source, part), name in parts.items()))
    rows = rows.selectExpr(*compared, *(f'{_key(number, [parts[part] for part in of_rule])} AS k{number}'
                                        for number, of_rule in enumerate(parts_of_rules)))
    numbers = ', '.join(f'{number}, k{number}' for number in range(len(plan.rules)))
    # `stack` and not `explode`: before the latter the optimizer would compute every key twice.
    return rows.selectExpr(*compared, f'stack({len(plan.rules)}, {numbers}) AS ({RULE}, {KEY})').where(
        F.col(KEY).isNotNull())


def _key(number: int, parts: Sequence[str]) -> str:
    """Return the key of a rule from the columns with its parts, as SQL; null where a part is null or empty."""
    present = ' AND '.join(f"{part} != ''" for part in parts)
    return f'CASE WHEN {present} THEN xxhash64({number}, {", ".join(parts)}) END'


def _part(part: BlockPart, text: str) -> str:
    """Return the letters of a text between two positions, which count from the end where they are negative, as SQL."""
    if part.start is None and part.stop is None:
        return text
    start = '0' if part.start is None else _position(part.start, text)
    stop = f'length({text})' if part.stop is None else _position(part.stop, text)
    return f'substring({text}, {start} + 1, greatest({stop} - {start}, 0))'


def _position(position: int, text: str) -> str:
    return f'greatest(length({text}) + {position}, 0)' if position < 0 else f'least({position}, length({text}))'
