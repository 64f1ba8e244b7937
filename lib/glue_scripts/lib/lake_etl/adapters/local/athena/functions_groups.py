"""Lists the aggregate and window functions, and how each is written for DuckDB.

In a template {d} stands for DISTINCT, {o} for the order inside the brackets, and {w} for FILTER and OVER, which follow
each aggregate function of DuckDB.
"""
from __future__ import annotations

from collections.abc import Iterator

from lake_etl.adapters.local.athena import values_groups
from lake_etl.adapters.local.athena.athena_types import DAY_TO_SECOND, MOST_DIGITS, YEAR_TO_MONTH, Type
from lake_etl.adapters.local.athena.signatures import FunctionForm, by_name, python_form, sql_form

WINDOW_FUNCTIONS = frozenset({'row_number', 'rank', 'dense_rank', 'percent_rank', 'cume_dist', 'ntile', 'lag', 'lead',
                              'first_value', 'last_value', 'nth_value'})
NULLS_MATTER = frozenset({'lag', 'lead', 'first_value', 'last_value', 'nth_value'})
WITHOUT_NAN = 'coalesce({name}(CASE WHEN NOT isnan({{0}}) THEN {{0}} END){{w}}, {name}({{0}}){{w}})'


def aggregate_forms() -> Iterator[FunctionForm]:
    """Yield the forms of the aggregate functions that are written in SQL."""
    yield sql_form('count() -> bigint', 'count(*){w}')
    yield sql_form('count(T) -> bigint', 'count({d}{0}){w}')
    yield sql_form('count_if(boolean) -> bigint', 'CAST(count_if({0}){w} AS BIGINT)')
    yield sql_form('sum(bigint) -> bigint', 'CAST(sum({d}{0}){w} AS BIGINT)')
    yield sql_form('avg(bigint) -> double', 'avg({d}{0}){w}')
    yield sql_form('avg(decimal) -> decimal', '')      # written by Groups, because the quotient is rounded half up
    for kind in ('real', 'double'):
        yield sql_form(f'sum({kind}) -> {kind}', 'CAST(sum({d}{0}){w} AS {r})')
        yield sql_form(f'avg({kind}) -> {kind}', 'CAST(avg({d}{0}){w} AS {r})')
    yield sql_form('sum(decimal) -> decimal', 'CAST(sum({d}{0}){w} AS {r})',
                   lambda kinds: Type('decimal', (MOST_DIGITS, kinds[0].arguments[1])))
    for kind in (YEAR_TO_MONTH, DAY_TO_SECOND):
        yield sql_form(f'sum({kind}) -> {kind}', 'CAST(sum({d}{0}){w} AS {r})')
        yield sql_form(f'avg({kind}) -> {kind}', 'CAST(round(avg({d}{0}){w}) AS {r})')
    for name in ('min', 'max'):
        for kind in ('real', 'double'):
            yield sql_form(f'{name}({kind}) -> {kind}', WITHOUT_NAN.format(name=name))
        yield sql_form(f'{name}(T) -> T', f'{name}({{0}}){{w}}')
        yield sql_form(f'{name}(T, bigint) -> array(T)', f'{name}({{0}}, {{1}}){{w}}')
        yield sql_form(f'{name}_by(T, K) -> T', f'arg_{name}_null({{0}}, {{1}}){{w}}')
    for name in ('arbitrary', 'any_value'):
        yield sql_form(f'{name}(T) -> T', 'any_value({0}){w}')
    yield sql_form('array_agg(T) -> array(T)', 'array_agg({d}{0}{o}){w}')
    for name, written in (('bool_and', 'bool_and'), ('every', 'bool_and'), ('bool_or', 'bool_or')):
        yield sql_form(f'{name}(boolean) -> boolean', f'{written}({{0}}){{w}}')
    yield sql_form('bitwise_and_agg(bigint) -> bigint', 'bit_and({0}){w}')
    yield sql_form('bitwise_or_agg(bigint) -> bigint', 'bit_or({0}){w}')
    yield sql_form('approx_distinct(T) -> bigint', 'count(DISTINCT {0}){w}')
    yield sql_form('approx_distinct(T, double) -> bigint', 'count(DISTINCT {0}){w}')
    yield from _statistics()


def _statistics() -> Iterator[FunctionForm]:
    for name, written in (('stddev', 'stddev_samp'), ('stddev_samp', 'stddev_samp'), ('stddev_pop', 'stddev_pop'),
                          ('variance', 'var_samp'), ('var_samp', 'var_samp'), ('var_pop', 'var_pop')):
        for kind in ('bigint', 'double'):
            yield sql_form(f'{name}({kind}) -> double', f'{written}({{d}}CAST({{0}} AS DOUBLE)){{w}}')
    for name in ('corr', 'covar_pop', 'covar_samp', 'regr_slope', 'regr_intercept'):
        for kind in ('real', 'double'):
            yield sql_form(f'{name}({kind}, {kind}) -> {kind}', f'CAST({name}({{0}}, {{1}}){{w}} AS {{r}})')


def list_aggregates() -> Iterator[FunctionForm]:
    """Yield the forms of the aggregates that Python computes from the list of a group's values."""
    yield python_form('skewness(double) -> double', values_groups.skewness)
    yield python_form('kurtosis(double) -> double', values_groups.kurtosis)
    for kind in ('bigint', 'real', 'double'):
        yield python_form(f'geometric_mean({kind}) -> {"real" if kind == "real" else "double"}',
                          values_groups.geometric_mean)
    yield python_form('histogram(T) -> map(T, bigint)', values_groups.histogram)
    yield python_form('map_agg(K, V) -> map(K, V)', values_groups.map_agg)
    yield python_form('multimap_agg(K, V) -> map(K, array(V))', values_groups.multimap_agg)
    yield python_form('map_union(map(K, V)) -> map(K, V)', values_groups.map_union)


def window_forms() -> Iterator[FunctionForm]:
    """Yield the forms of the window functions."""
    for name in ('row_number', 'rank', 'dense_rank'):
        yield sql_form(f'{name}() -> bigint', f'{name}(){{w}}')
    for name in ('percent_rank', 'cume_dist'):
        yield sql_form(f'{name}() -> double', f'{name}(){{w}}')
    yield sql_form('ntile(bigint) -> bigint', 'ntile({0}){w}')
    for name in ('lag', 'lead'):
        yield sql_form(f'{name}(T) -> T', f'{name}({{0}}{{n}}){{w}}')
        yield sql_form(f'{name}(T, bigint) -> T', f'{name}({{0}}, {{1}}{{n}}){{w}}')
        yield sql_form(f'{name}(T, bigint, T) -> T', f'{name}({{0}}, {{1}}, {{2}}{{n}}){{w}}')
    for name in ('first_value', 'last_value'):
        yield sql_form(f'{name}(T) -> T', f'{name}({{0}}{{n}}){{w}}')
    yield sql_form('nth_value(T, bigint) -> T', 'nth_value({0}, {1}{n}){w}')


AGGREGATES = by_name(aggregate_forms())
LISTED = by_name(list_aggregates())
WINDOWS = by_name(window_forms())
