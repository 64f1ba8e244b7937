"""Block keys: one number for each rule that a row takes part in; rows that share one are compared."""
from __future__ import annotations

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lake_etl.match.plan import MatchPlan, PlannedRule
from lake_etl.match.similarity import Operand, OperandKind
from lake_etl.spec.block_rule import BlockPart
from lake_etl.transform.columns import column, quoted

# Values that people and systems write where they have none.
PLACEHOLDERS = (
    '-', '--', '.', '?', 'n/a', 'na', 'nan', 'nil', 'none', 'null', 'unknown', 'tbd', 'test', 'no email', 'no phone',
    '1900-01-01', '1899-12-30', '1970-01-01', '9999-12-31', '0001-01-01', 'none@none.com', 'na@na.com',
    'noemail@noemail.com', *(digit * length for digit in '09' for length in range(4, 13)))
RULE, KEY, ID = 'rule', 'key', 'id'
SQL_TYPES: dict[OperandKind, str] = {'text': 'string', 'number': 'double', 'date': 'date'}


def operand_name(plan: MatchPlan, operand: Operand) -> str:
    """Return the name of a column that is compared, in the frames of this package."""
    return f'o{plan.operands.index(operand)}'


def keyed_rows(df: DataFrame, identity: str, plan: MatchPlan) -> DataFrame:
    """Return a row for each rule that a row takes part in.

    Columns: `id` (the column `identity`), the columns to compare, `rule` (index in the plan) and `key`. A rule in which
    a part is null, empty or a placeholder gives no row.
    """
    compared = [F.expr(f'try_cast({quoted(operand.column)} AS {SQL_TYPES[operand.kind]})').alias(f'o{number}')
                for number, operand in enumerate(plan.operands)]
    numbers = ', '.join(f'{number}, k{number}' for number in range(len(plan.rules)))
    keys = [_key(number, rule, plan).alias(f'k{number}') for number, rule in enumerate(plan.rules)]
    # `stack` and not `explode`: before the latter the optimizer would compute every key twice.
    stacked = F.expr(f'stack({len(plan.rules)}, {numbers}) AS ({RULE}, {KEY})')
    names = [ID, *(f'o{number}' for number in range(len(plan.operands)))]
    rows = df.select(column(identity).alias(ID), *compared, *keys).select(*names, stacked)
    return rows.where(F.col(KEY).isNotNull())


def _key(number: int, rule: PlannedRule, plan: MatchPlan) -> Column:
    parts = [_part(part) for part in rule.rule.parts]
    present = [_is_value(part.column, rule, plan) & (text != '') for part, text in
               zip(rule.rule.parts, parts, strict=True)]
    return F.when(reduce(Column.__and__, present), F.xxhash64(F.lit(number), *parts))


def _part(part: BlockPart) -> Column:
    """Return the text of a column between two positions, which count from the end where they are negative."""
    text = column(part.column).cast('string')
    if part.start is None and part.stop is None:
        return text
    length = F.length(text)
    start, stop = (_position(position, length, end) for position, end in ((part.start, F.lit(0)), (part.stop, length)))
    return text.substr(start + 1, F.greatest(stop - start, F.lit(0)))


def _position(position: int | None, length: Column, default: Column) -> Column:
    if position is None:
        return default
    return F.greatest(length + position, F.lit(0)) if position < 0 else F.least(F.lit(position), length)


def _is_value(name: str, rule: PlannedRule, plan: MatchPlan) -> Column:
    value = column(name)
    if not rule.placeholders:
        return value.isNotNull()
    known = {*PLACEHOLDERS, *(text.strip().lower() for text in plan.default_values)}
    return ~F.lower(F.trim(value.cast('string'))).isin(*sorted(known))
