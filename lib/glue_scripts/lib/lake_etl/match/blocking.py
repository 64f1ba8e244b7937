"""Finds candidate pairs: rows that share a block key, with a limit on the pairs of one block."""
from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from lake_etl.config.block_rule import BlockPart
from lake_etl.match.comparison_values import ID, ColumnUse, block_sources, comparison_rows, missing_name
from lake_etl.match.match_plan import MatchPlan
from lake_etl.match.similarity import Operand
from lake_etl.spark.materialize import checkpointed

RULE, KEY, KNOWN, ROWS = 'rule', 'key', 'known', 'rows'
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
    return key_rows(block_values(df, identity, plan), plan)


def block_values(df: DataFrame, identity: str, plan: MatchPlan, carried: Sequence[str] = ()) -> DataFrame:
    """Return the columns to compare and the block keys of each row.

    Columns: `id` (the column `identity`), those of `carried`, the columns to compare, `k0`, `k1`, … for the keys of the
    rules, and for each value that forms blocks whether the row lacks it.
    """
    values = block_sources(plan)
    compared = [ID, *carried, *_operand_names(plan)]
    rows = comparison_rows(df, identity, plan.operands, values, plan.default_values, carried)
    keys = (_key(number, [_part(part, values[ColumnUse(part.column, use)])
                          for part, use in zip(rule.rule.parts, rule.uses, strict=True)])
            for number, rule in enumerate(plan.rules))
    return rows.selectExpr(*compared, *(f'{key} AS k{number}' for number, key in enumerate(keys)),
                           *(f'{name} IS NULL AS {missing_name(name)}' for name in values.values()))


def key_rows(values: DataFrame, plan: MatchPlan) -> DataFrame:
    """Return the rows of `block_key_rows` from those of `block_values`."""
    numbers = ', '.join(f'{number}, k{number}' for number in range(len(plan.rules)))
    # With `explode` instead of `stack` the optimizer would compute every key twice.
    stacked = f'stack({len(plan.rules)}, {numbers}) AS ({RULE}, {KEY})'
    return values.selectExpr(ID, *_operand_names(plan), stacked).where(F.col(KEY).isNotNull())


def _operand_names(plan: MatchPlan) -> list[str]:
    return [f'o{number}' for number in range(len(plan.operands))]


def _key(number: int, parts: Sequence[str]) -> str:
    """Return SQL for the key of a rule from its parts; null if a part is null or empty."""
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


def candidate_pairs(known: DataFrame | None, rows: DataFrame, plan: MatchPlan, row_count: int,
                    others: DataFrame | None = None) -> DataFrame | None:
    """Return every pair of a known row, or one of the others, and a row that share a block; None without such a pair.

    Columns: `rule`, `known`, and the columns of both rows with the prefixes `l_` and `r_`.

    known      rows from `block_key_rows`, read once; only those that share a block are stored
    rows       rows from `block_key_rows`
    row_count  approximate number of `rows`
    others     those of `rows` that are compared with each other; their pairs with themselves are among the result

    Runs one Spark job, which counts the pairs of each block. A block with more pairs than the plan allows is divided by
    the next field of its level. Parts that are still too large are skipped with a warning.
    """
    left = reduce(DataFrame.unionByName, (df.withColumn(KNOWN, F.lit(is_known)) for df, is_known in
                                          ((known, True), (others, False)) if df is not None))
    # The hash of a key includes the rule. Spark joins on a single number much faster than on two.
    counted = _small(rows.groupBy(KEY).agg(F.count('*').alias(ROWS)), row_count, BROADCAST_KEYS)
    hits = checkpointed(left.join(counted, KEY).where(F.col(KNOWN) | (F.col(ROWS) > 1)))
    found = _sizes(hits, plan)
    if not found:
        return None
    if not any(size['blocks'] for size in found):
        return _pairs(hits.drop(ROWS), rows, row_count)
    parts = (_limited_pairs(hits.where(F.col(KNOWN) == is_known), rows, plan, row_count,
                            [size for size in found if size[KNOWN] == is_known])
             for is_known in sorted({size[KNOWN] for size in found}, reverse=True))
    return reduce(DataFrame.unionByName, parts)


def _pairs(left: DataFrame, right: DataFrame, right_rows: int) -> DataFrame:
    return _prefixed(left, LEFT).join(_small(_prefixed(right.drop(RULE), RIGHT), right_rows, BROADCAST_ROWS), KEY)


def _small(df: DataFrame, rows: int, limit: int) -> DataFrame:
    return F.broadcast(df) if rows <= limit else df


def _prefixed(df: DataFrame, prefix: str) -> DataFrame:
    return df.withColumnsRenamed({name: prefix + name for name in df.columns if name not in (RULE, KEY, KNOWN)})


def _sizes(hits: DataFrame, plan: MatchPlan) -> list[Row]:
    """Return the number of oversized blocks and the pairs of the largest block, for each rule with pairs."""
    large = F.col('pairs') > plan.max_block_pairs
    return _blocks(hits).groupBy(RULE, KNOWN).agg(
        F.count_if(large).alias('blocks'), F.max('pairs').alias('pairs')).collect()


def _blocks(hits: DataFrame) -> DataFrame:
    return hits.groupBy(RULE, KNOWN, KEY).agg((F.count('*') * F.first(ROWS)).alias('pairs'))


def _oversized(hits: DataFrame, plan: MatchPlan) -> DataFrame:
    return _blocks(hits).where(F.col('pairs') > plan.max_block_pairs)


def _limited_pairs(hits: DataFrame, rows: DataFrame, plan: MatchPlan, row_count: int, sizes: Sequence[Row]
                   ) -> DataFrame:
    """Return the pairs with oversized blocks divided, without those of blocks that are still oversized."""
    if not any(size['blocks'] for size in sizes):
        return _pairs(hits.drop(ROWS), rows, row_count)
    _log(sizes, plan, logging.INFO, 'are divided by %s')
    oversized = checkpointed(_oversized(hits, plan))
    left, right = (_divided(side, oversized, plan) for side in (hits.drop(ROWS), rows))
    hits = left.join(right.groupBy(KEY).agg(F.count('*').alias(ROWS)), KEY)
    found = _sizes(hits, plan)
    if any(size['blocks'] for size in found):
        _log(found, plan, logging.WARNING, 'are skipped, even divided by %s; add a column to the rule, list a frequent '
             'placeholder in default_values, or raise max_block_pairs')
        left = left.join(_oversized(hits, plan), KEY, 'left_anti')
    return _pairs(left, right, row_count)


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
