"""Finds mistakes in the code inside rules: SQL conditions, SQL queries and regular expressions."""
from __future__ import annotations

from collections.abc import Iterator

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, ParseError, SqlglotError

from lake_etl.spec.java_regex import regex_problems
from lake_etl.spec.regex_backtracking import backtracking_problems


def condition_problems(code: str) -> Iterator[str]:
    """Yield why a text is no condition of Spark SQL."""
    found = _parsed(code, exp.Condition)
    if isinstance(found, str):
        yield f'the Spark SQL condition cannot be read: {found}'
    elif not isinstance(found, exp.Condition):
        yield 'the text after where is no Spark SQL condition'


def query_problems(code: str) -> Iterator[str]:
    """Yield why a text is no query of Spark SQL."""
    found = _parsed(code, None)
    if isinstance(found, str):
        yield f'the statement cannot be read: {found}'
    elif not isinstance(found, exp.Query):
        yield 'the statement is no query, expected a SELECT'


def whole_value_regex_problems(regex: str) -> Iterator[str]:
    """Yield why a text is no regular expression of Java, or one that could keep a job busy for ever."""
    mistakes = tuple(regex_problems(regex))
    yield from mistakes or backtracking_problems(regex)


def _parsed(code: str, into: type[exp.Expr] | None) -> exp.Expr | str:
    """Return what Spark SQL code is, or why it is nothing, with the character at which reading stopped."""
    try:
        return sqlglot.parse_one(code, read='spark', into=into, error_level=ErrorLevel.IMMEDIATE)
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        near = f' near {first["highlight"]!r}' if first.get('highlight') else ''
        # Some of the library's own descriptions name its classes.
        reason = first.get('description') or 'it is empty'
        return f'{"something is missing or out of place" if "<" in reason else reason.rstrip(".")}{near}'
    except SqlglotError as error:
        return str(error)
    except RecursionError:
        return 'it is nested too deeply'
