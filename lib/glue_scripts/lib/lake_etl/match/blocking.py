"""Finds candidate pairs: rows that share a block key, with a limit on the pairs of one block."""
from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import reduce
from itertools import chain

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from lake_etl.config.block_rule import BlockPart
from lake_etl.match.comparison_values import ID, ColumnUse, comparison_rows, numbered_names
from lake_etl.match.match_plan import MatchPlan
from lake_etl.match.similarity import Operand
from lake_etl.spark.materialize import checkpointed

RULE, KEY = 'rule', 'key'
LOG = logging.getLogger(__name__)
LEFT, RIGHT = 'l_', 'r_'
# Larger sides are not broadcast to every worker, which bounds the memory of the driver.
BROADCAST_ROWS = 200_000
BROADCAST_KEYS = 2_000_000


def operand_name(plan: MatchPlan, operand: Operand) -> str:
    """Return the name of an operand's column in the frames of this package."""
    return f'o{plan.operands.index(operand)}'


def block_key_rows(df: DataFrame, identity: str, plan: MatchPlan) -> DataFrame:
    """Return a row for each input row and block rule.

    Columns: `id` (the column `identity`), the columns to compare, `rule` (index in the plan) and `key`. A rule with a
    part that is null, empty or a placeholder gives no row.
    """
    parts_of_rules = [[(ColumnUse(part.column, use), part)
                       for part, use in zip(rule.rule.parts, rule.uses, strict=True)]
                      for rule in plan.rules]
    parts = numbered_names('p', chain.from_iterable(parts_of_rules))
    values = numbered_names('v', (source for source, _ in parts))
    compared = [ID, *(f'o{number}' for number in range(len(plan.operands)))]
    # Each step is a separate select, so that Spark computes shared expressions only once.
    rows = comparison_rows(df, identity, plan.operands, values, plan.default_values)
    rows = rows.selectExpr(*compared, *(f'{_part(part, values[source])} AS {name}'
                                        for (source, part), name in parts.items()))
    rows = rows.selectExpr(*compared, *(f'{_key(number, [parts[part] for part in of_rule])} AS k{number}'
                                        for number, of_rule in enumerate(parts_of_rules)))
    numbers = ', '.join(f'{number}, k{number}' for number in range(len(plan.rules)))
    # With `explode` instead of `stack` the optimizer would compute every key twice.
    return rows.selectExpr(*compared, f'stack({len(plan.rules)}, {numbers}) AS ({RULE}, {KEY})').where(
        F.col(KEY).isNotNull())


def _key(number: int, parts: Sequence[str]) -> str:
    """Return SQL for the key of a rule from the columns of its parts; null if a part is null or empty."""
    present = ' AND '.join(f"{part} != ''" for part in parts)
    return f'CASE WHEN {present} THEN xxhash64({number}, {", ".join(parts)}) END'


def _part(part: BlockPart, text: str) -> str:
    """Return SQL for the slice of a text; negative positions count from the end, as in Python."""
    if part.start is None and part.stop is None:
        return text
    start = '0' if part.start is None else _position(part.start, text)
    stop = f'length({text})' if part.stop is None else _position(part.stop, text)
    return f'substring({text}, {start} + 1, greatest({stop} - {start}, 0))'


def _position(position: int, text: str) -> str:
    return f'greatest(length({text}) + {position}, 0)' if position < 0 else f'least({position}, length({text}))'


def candidate_pairs(left: DataFrame, right: DataFrame, plan: MatchPlan, right_rows: int,
                    within: bool = False) -> DataFrame | None:
    """Return every pair of rows that share a block, or None without any such pair.

    Columns: `rule`, and the columns of both rows with the prefixes `l_` and `r_`.

    left, right  rows from `block_key_rows`; the left side is read once and keeps only rows that share a block
    right_rows   approximate number of rows on the right side
    within       whether both sides are the same rows, whose pairs with themselves are not needed

    Runs one Spark job, which counts the pairs of each block. A block with more pairs than the plan allows is divided by
    the next field of its level. Parts that are still too large are skipped with a warning.
    """
    counted = right.groupBy(KEY).agg(F.count('*').alias('right_rows')).where(F.col('right_rows') > int(within))
    # The hash of a key includes the rule. Spark joins on a single number much faster than on two.
    hits = checkpointed(left.join(_small(counted, right_rows, BROADCAST_KEYS), KEY))
    found = _sizes(hits, plan)
    if not found:
        return None
    left = hits.drop('right_rows')
    if any(row['blocks'] for row in found):
        _log(found, plan, logging.INFO, 'are divided by %s')
        left, right = _limited(left, right, checkpointed(_oversized(hits, plan)), plan)
    return _prefixed(left, LEFT).join(_small(_prefixed(right.drop(RULE), RIGHT), right_rows, BROADCAST_ROWS), KEY)


def _small(df: DataFrame, rows: int, limit: int) -> DataFrame:
    return F.broadcast(df) if rows <= limit else df


def _prefixed(df: DataFrame, prefix: str) -> DataFrame:
    return df.withColumnsRenamed({name: prefix + name for name in df.columns if name not in (RULE, KEY)})


def _sizes(hits: DataFrame, plan: MatchPlan) -> list[Row]:
    """Return the number of oversized blocks and the pairs of the largest block, for each rule with pairs."""
    large = F.col('pairs') > plan.max_block_pairs
    return _blocks(hits).groupBy(RULE).agg(F.count_if(large).alias('blocks'), F.max('pairs').alias('pairs')).collect()


def _blocks(hits: DataFrame) -> DataFrame:
    return hits.groupBy(RULE, KEY).agg((F.count('*') * F.first('right_rows')).alias('pairs'))


def _oversized(hits: DataFrame, plan: MatchPlan) -> DataFrame:
    return _blocks(hits).where(F.col('pairs') > plan.max_block_pairs)


def _limited(left: DataFrame, right: DataFrame, oversized: DataFrame, plan: MatchPlan
             ) -> tuple[DataFrame, DataFrame]:
    """Return both sides with oversized blocks divided, without blocks that are still oversized."""
    left, right = (_divided(side, oversized, plan) for side in (left, right))
    counted = right.groupBy(KEY).agg(F.count('*').alias('right_rows'))
    hits = left.join(counted, KEY)
    found = _sizes(hits, plan)
    if any(row['blocks'] for row in found):
        _log(found, plan, logging.WARNING, 'are skipped, even divided by %s; add a column to the rule, list a frequent '
             'placeholder in default_values, or raise max_block_pairs')
        left = left.join(_oversized(hits, plan), KEY, 'left_anti')
    return left, right


def _divided(side: DataFrame, oversized: DataFrame, plan: MatchPlan) -> DataFrame:
    """Return the rows with separate keys for each value of the dividing column, without rows that lack a value."""
    marked = side.join(oversized.select(KEY, F.lit(True).alias('large')), KEY, 'left')
    divided = F.when(F.col('large'), _divided_key(plan)).otherwise(F.col(KEY))
    return marked.withColumn(KEY, divided).drop('large').where(F.col(KEY).isNotNull())


def _divided_key(plan: MatchPlan) -> Column:
    """Return the key of a part of a block; the key is unchanged without a column to divide by."""
    def of_rule(number: int) -> Column:
        operand = plan.rules[number].divide_by
        if operand is None:
            return F.col(KEY)
        value = F.col(operand_name(plan, operand))
        return F.when(value.isNotNull(), F.xxhash64(F.col(KEY), value))
    cases = (F.when(F.col(RULE) == number, of_rule(number)) for number in range(len(plan.rules)))
    return reduce(lambda before, case: F.coalesce(before, case), cases)


def _log(found: Sequence[Row], plan: MatchPlan, severity: int, text: str) -> None:
    for row in sorted((item for item in found if item['blocks']), key=lambda item: int(item[RULE])):
        rule = plan.rules[row[RULE]]
        divisor = rule.divide_by.column if rule.divide_by else 'nothing'
        LOG.log(severity, f'Level %s, blocks by %s: %d blocks lead to up to %d pairs, more than %d; they {text}.',
                plan.levels[rule.level].name, rule.rule, row['blocks'], row['pairs'], plan.max_block_pairs, divisor)
