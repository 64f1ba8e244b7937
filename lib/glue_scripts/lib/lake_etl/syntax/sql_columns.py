"""Tells, as far as SQL itself tells it, which columns a query returns, and what a condition reads and calls."""
from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from lake_etl.syntax.sql_syntax import SqlMistake, condition_tree, syntax_trees, without_placeholders

if TYPE_CHECKING:
    from sqlglot.expressions import Expression

# Where there is no column of that name, Spark takes these names for a function's value.
VALUES_WITHOUT_BRACKETS = frozenset({
    'current_date', 'current_timestamp', 'localtimestamp', 'current_time', 'current_user', 'session_user', 'user'})


def query_columns(query: str) -> tuple[str, ...] | None:
    """Return the names of the columns that a Spark query returns; None when it takes the tables to tell them."""
    from sqlglot import exp
    try:
        trees = syntax_trees(without_placeholders(query), 'spark')
    except SqlMistake:
        return None
    tree = trees[0] if len(trees) == 1 else None
    while isinstance(tree, (exp.SetOperation, exp.Subquery)):
        tree = tree.this
    if not isinstance(tree, exp.Select) or any(_is_open(item) for item in tree.expressions):
        return None
    return tuple(item.output_name for item in tree.expressions if item.output_name)


@lru_cache(maxsize=256)
def condition_columns(condition: str) -> tuple[str, ...]:
    """Return the columns that a Spark condition reads; none when that cannot be told, as with a query inside it."""
    from sqlglot import exp
    try:
        tree = condition_tree(condition)
    except SqlMistake:
        return ()
    if tree is None or tree.find(exp.Query):
        return ()
    names = (item.parts[0].name for item in tree.find_all(exp.Column) if not item.is_star)
    return tuple(dict.fromkeys(name for name in names if name.lower() not in VALUES_WITHOUT_BRACKETS))


def unguarded_functions(condition: Expression | None) -> tuple[str, ...]:
    """Return the functions of a Spark condition that wrap whole numbers and have no form that gives null instead.

    They are `round` and `bround` to tens and above. Of `div` only the smallest of all numbers by -1 wraps.
    """
    from sqlglot import exp
    found = []
    for node in condition.walk() if condition is not None else ():
        if isinstance(node, exp.Round):
            found += ['round'] if _may_be_negative(node.args.get('decimals')) else []
        elif isinstance(node, exp.Anonymous) and node.name.lower() == 'bround':
            found += ['bround'] if _may_be_negative(*node.expressions[1:]) else []
    return tuple(dict.fromkeys(found))


def _may_be_negative(number: Expression | None = None) -> bool:
    from sqlglot import exp
    return number is not None and not isinstance(number, exp.Literal)


def _is_open(item: object) -> bool:
    """Tell whether an item of a SELECT list may stand for several columns, or for one whose name the engine gives."""
    from sqlglot import exp
    if isinstance(item, exp.Alias):
        return False
    return not isinstance(item, (exp.Column, exp.Cast, exp.Dot, exp.Literal)) or item.is_star
