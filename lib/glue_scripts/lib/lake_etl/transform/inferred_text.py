"""Rewrites text as the value that Spark infers from it, so that its hash is that of the inferred value."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType

from lake_etl.spark.columns import column, quoted

# As Java reads a double, with the suffix of a type and blanks around it.
NUMBER = r'^\\s*[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?[dDfF]?\\s*$|^[+-]?(NaN|Inf|Infinity)$'
WIDEST_DECIMAL = 38
# Conditions on a text in the order in which Spark tries types on the values of a column.
KINDS: Mapping[str, str] = {
    'whole': f"{{0}} RLIKE '^[+-]?[0-9]+$' AND length(regexp_replace({{0}}, '^[+-]?0*', '')) <= {WIDEST_DECIMAL}",
    'number': f"{{0}} RLIKE '{NUMBER}'",
    'day': "{0} RLIKE '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$' AND try_cast({0} AS date) IS NOT NULL",
    'moment': 'try_cast({0} AS timestamp) IS NOT NULL',
    'truth': "lower({0}) IN ('true', 'false')",
}


def as_inferred(df: DataFrame, names: Sequence[str]) -> DataFrame:
    """Return the frame with text columns rewritten as Python prints the values that Spark infers from a CSV file.

    `0123` becomes `123`, `1234.50` becomes `1234.5`, and `true` becomes `True`, if all values of the column have that
    type; other columns stay. One Spark job looks at the columns. Empty text and null say nothing about the type.
    """
    if not names:
        return df
    tests = [F.expr(f"min(CASE WHEN {quoted(name)} <> '' THEN {condition.format(quoted(name))} END)").alias(
        f'{kind}_{index}') for index, name in enumerate(names) for kind, condition in KINDS.items()]
    found = df.agg(*tests).first()
    assert found is not None, 'an aggregation has a row'
    kinds = {name: next((kind for kind in KINDS if found[f'{kind}_{index}']), None) for index, name in enumerate(names)}
    return df.withColumns({name: _printed(name, kind) for name, kind in kinds.items() if kind})


def _printed(name: str, kind: str) -> Column:
    text = quoted(name)
    if kind == 'whole':
        return F.expr(f'CAST(try_cast({text} AS decimal({WIDEST_DECIMAL},0)) AS string)')
    if kind == 'number':
        return _print_double(F.expr(f'try_cast(trim({text}) AS double)'))
    if kind == 'moment':
        moment = f'try_cast({text} AS timestamp)'
        return F.expr(f"CASE WHEN date_format({moment}, 'SSSSSS') = '000000' "
                      f"THEN date_format({moment}, 'yyyy-MM-dd HH:mm:ss') "
                      f"ELSE date_format({moment}, 'yyyy-MM-dd HH:mm:ss.SSSSSS') END")
    return F.initcap(F.lower(column(name))) if kind == 'truth' else column(name)


@F.udf(StringType(), useArrow=False)
def _print_double(value: float | None) -> str | None:
    return None if value is None else str(value)
