"""Finds mistakes in the code inside rules: SQL conditions and SQL queries."""
from __future__ import annotations

from collections.abc import Iterator

from lake_etl.dqdl.quoting import quoted_code
from lake_etl.syntax.sql_files import split_statements
from lake_etl.syntax.sql_syntax import SqlMistake, condition_tree, syntax_trees


def condition_problems(code: str) -> Iterator[tuple[int, str]]:
    """Yield why a text is no condition of Spark SQL, and at which character of it as it is written in quotes."""
    from sqlglot import exp
    try:
        tree = condition_tree(code)
    except SqlMistake as mistake:
        yield _place(code, mistake), f'the condition is no Spark SQL: {mistake}'
        return
    if tree is not None and not isinstance(tree, exp.Condition):
        yield 0, 'the text after where is not one condition of Spark SQL'


def query_problems(code: str) -> Iterator[tuple[int, str]]:
    """Yield why a text is no query of Spark SQL, and at which character of it as it is written in quotes."""
    from sqlglot import exp
    try:
        trees = syntax_trees(code, 'spark')
    except SqlMistake as mistake:
        yield _place(code, mistake), f'the statement is no Spark SQL: {mistake}'
        return
    statements = split_statements(code)
    if len(statements) != 1 or not all(tree is None or isinstance(tree, exp.Query) for tree in trees):
        yield 0, 'the statement is not one query, expected a SELECT'


def _place(code: str, mistake: SqlMistake) -> int:
    # What stands before the mistake, with its opening quote, and without the closing one that printing adds.
    return len(quoted_code(code[:mistake.offset])) - 1
