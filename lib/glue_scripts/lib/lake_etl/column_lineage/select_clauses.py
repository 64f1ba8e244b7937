"""Tells what the clauses of a SELECT can decide on, whatever the data are."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lake_etl.column_lineage.relation import NOTHING, Relation, Sources, UntraceableQuery

USING_CLAUSES = ('expressions', 'where', 'group', 'having', 'qualify', 'order', 'sort', 'cluster', 'distribute',
                 'laterals', 'joins', 'windows')
NULL_EXTENDING = ('RIGHT', 'FULL')


def output_name(item: Any) -> str:
    """Return the name of a column of a SELECT; empty if the engine gives it one."""
    from sqlglot import exp
    return str(item.output_name) if isinstance(item, (exp.Alias, exp.Column, exp.Dot)) else ''


def alias_columns(node: Any) -> list[str]:
    """Return the names that an alias gives to columns, as in `AS t (a, b)`."""
    return [name.lower() for name in node.alias_column_names]


def positions(clause: Any) -> list[int]:
    """Return the numbers in GROUP BY or ORDER BY that stand for columns of the SELECT, from 0."""
    from sqlglot import exp
    lists = (exp.Group, exp.Order, exp.Sort, exp.Ordered, exp.Rollup, exp.Cube, exp.GroupingSets, exp.Tuple, exp.Paren)
    return [int(node.name) - 1 for node in clause.find_all(exp.Literal)
            if node.is_int and isinstance(node.parent, lists)]


def numbered_sources(clause: Any, result: Relation) -> Sources:
    """Return the sources of the columns for which numbers or the word ALL stand in GROUP BY and ORDER BY."""
    if _takes_all_columns(clause):
        return result.all_sources()
    numbers = positions(clause)
    if numbers and (result.open or max(numbers) >= len(result.columns)):
        raise UntraceableQuery('a number stands for a column that is not known')
    return NOTHING.union(*(result.columns[number][1] for number in numbers))


def _takes_all_columns(clause: Any) -> bool:
    """Tell whether a clause is GROUP BY ALL or ORDER BY ALL."""
    from sqlglot import exp
    words = [node.this if isinstance(node, exp.Ordered) else node for node in clause.expressions]
    return bool(clause.args.get('all')) or [node.sql().upper() for node in words] == ['ALL']


def keys_are_shown(select: Any) -> bool:
    """Tell whether a SELECT shows all keys of its GROUP BY, so that no two of its rows are equal."""
    from sqlglot import exp
    group = select.args.get('group')
    if group is None or not _is_plain(group):
        return False
    shown = [item.unalias() for item in select.expressions]
    names = [item.name.lower() for item in shown if isinstance(item, exp.Column)]
    return all(key in shown or key.is_int or isinstance(key, exp.Column) and not key.table and key.name.lower() in names
               for key in group.expressions)


def inner_queries(select: Any) -> Iterator[Any]:
    """Yield the queries in the columns and conditions of a SELECT, without those inside them."""
    from sqlglot import exp
    for part in _parts(select):
        yield from (node for node in part.walk(prune=lambda node: isinstance(node, exp.Query))
                    if isinstance(node, exp.Query))


def names_tables_outside(query: Any) -> bool:
    """Tell whether a query may name a column by a table that is not its own, but one of the query around it."""
    from sqlglot import exp
    own = {table.alias_or_name.lower() for table in query.find_all(exp.Table, exp.Subquery, exp.UDTF)}
    return any(column.table and column.table.lower() not in own for column in query.find_all(exp.Column))


def unused_left_joins(select: Any, independent: Sequence[Any]) -> list[Any]:
    """Return the left joins without influence: nothing uses the joined table, and repeated rows do not count or arise.

    independent  the queries inside the SELECT that use none of its tables
    """
    from sqlglot import exp
    parts = _parts(select)
    if any(item.is_star for item in select.expressions):
        return []
    merges = _merges_repeated_rows(select, parts)
    joins = [join for join in select.args.get('joins') or ()
             if join.side.upper() == 'LEFT' and join.kind.upper() in ('', 'OUTER')]
    return [join for join in joins if not join.args.get('using')
            and isinstance(join.this, (exp.Table, exp.Subquery)) and join.this.alias_or_name
            and not join.this.args.get('joins') and (merges or _finds_one_row(join))
            and not any(_may_use(part, join.this.alias_or_name, independent) for part in parts if part is not join)]


def columns_without_null(select: Any) -> frozenset[str]:
    """Return the columns that WHERE and inner joins compare: rows in which one is null are left out."""
    from sqlglot import exp
    joins = select.args.get('joins') or ()
    group = select.args.get('group')
    if group is not None and not _is_plain(group):
        return frozenset()   # ROLLUP and its like make null of keys.
    conditions = [select.args['where'].this] if select.args.get('where') is not None else []
    if not any(join.side.upper() in NULL_EXTENDING for join in joins):
        conditions += [join.args['on'] for join in joins if join.args.get('on') is not None and not join.side
                       and join.kind.upper() in ('', 'INNER')]
    compared: list[Any] = []
    for condition in conditions:
        for part in condition.flatten() if isinstance(condition, exp.And) else (condition,):
            if isinstance(part, (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)):
                compared += [part.this, part.expression]
            elif isinstance(part, (exp.In, exp.Between, exp.Like)):
                compared.append(part.this)
    return frozenset(column_text(node) for node in compared if isinstance(node, exp.Column))


def column_text(column: Any) -> str:
    """Return a column as it is written, without the difference of upper and lower case."""
    return '.'.join(part.name.lower() for part in column.parts)


def possible_values(coalesce: Any, without_null: frozenset[str]) -> Iterator[Any]:
    """Yield the arguments of COALESCE that may become its value: those up to the first that is never null."""
    from sqlglot import exp
    for argument in (coalesce.this, *coalesce.expressions):
        yield argument
        if isinstance(argument, exp.Literal) or (
                isinstance(argument, exp.Column) and column_text(argument) in without_null):
            return


def _is_plain(group: Any) -> bool:
    """Tell whether GROUP BY has one list of keys: no ROLLUP, CUBE or GROUPING SETS, and not ALL."""
    from sqlglot import exp
    return not any(value for name, value in group.args.items() if name != 'expressions') and not any(
        isinstance(key, (exp.Rollup, exp.Cube, exp.GroupingSets)) for key in group.expressions)


def _parts(select: Any) -> list[Any]:
    """Return the columns and clauses of a SELECT in which its tables may be used."""
    values = (select.args.get(name) for name in USING_CLAUSES)
    return [part for value in values if value is not None for part in (value if isinstance(value, list) else [value])]


def _merges_repeated_rows(select: Any, parts: Sequence[Any]) -> bool:
    """Tell whether a SELECT gives the same when its tables have rows more than once."""
    from sqlglot import exp
    own = [node for part in parts for node in part.walk(prune=lambda node: isinstance(node, exp.Query))]
    distinct = select.args.get('distinct')
    return (select.args.get('group') is not None or distinct is not None and not distinct.args.get('on')) and not any(
        isinstance(node, (exp.Window, exp.UDTF)) or
        isinstance(node, exp.AggFunc) and not isinstance(node, (exp.Min, exp.Max)) for node in own)


def _finds_one_row(join: Any) -> bool:
    """Tell whether a join compares a column of a query that gives each of its values once."""
    from sqlglot import exp
    query, condition = join.this.this, join.args.get('on')
    if not isinstance(condition, exp.EQ) or not isinstance(query, (exp.Select, exp.Union)):
        return False
    columns = [side for side in (condition.this, condition.expression) if _may_use(side, join.this.alias_or_name)]
    if len(columns) != 1 or not isinstance(columns[0], exp.Column) or any(item.is_star for item in query.selects):
        return False
    distinct = query.args.get('distinct')
    if len(query.selects) == 1 and distinct and (distinct is True or not distinct.args.get('on')):
        return True
    group = query.args.get('group')
    key = [item.unalias() for item in query.selects if output_name(item).lower() == columns[0].name.lower()]
    return group is not None and _is_plain(group) and len(group.expressions) == len(key) == 1 and key == [
        query.selects[positions(group)[0]].unalias() if positions(group) else group.expressions[0]]


def _may_use(part: Any, alias: str, independent: Sequence[Any] = ()) -> bool:
    """Tell whether a column in a part of a query may belong to a table."""
    from sqlglot import exp
    nodes = part.walk(prune=lambda node: any(node is query for query in independent))
    return any(isinstance(node, exp.Column) and (not node.table or node.table.lower() == alias.lower())
               for node in nodes)
