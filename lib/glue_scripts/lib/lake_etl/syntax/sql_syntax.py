"""Finds mistakes in SQL by parsing it in the dialect of its engine, without that engine."""
from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from lake_etl.syntax.placeholders import PLACEHOLDER
from lake_etl.syntax.sql_pieces import Dialect, Kind, pieces

if TYPE_CHECKING:
    from sqlglot.expressions import Expression

FILLABLE = re.compile(PLACEHOLDER)
# Other statements are too particular to an engine for a parser of many dialects to judge them.
QUERY = re.compile(r'\s*(?:(?:SELECT|WITH|FROM|VALUES|INSERT)\b|\()', re.IGNORECASE)
MADE_OF_QUERY = re.compile(
    r'\s*CREATE\b(?:\s+\w+)*?\s+(?:VIEW\b.*?\bAS\b|TABLE\b.*?\bAS\b(?=\s*(?:SELECT\b|WITH\b|\()))(?P<query>.*?)'
    r'(?:\bWITH\s+(?:NO\s+SCHEMA\s+BINDING|(?:NO\s+)?DATA)\s*)?\Z', re.IGNORECASE | re.DOTALL)
INCOMPLETE = re.compile(r"Required keyword: '\w+' missing for <class '(?:\w+\.)*(\w+)'>")
FOUND_TOKEN = re.compile(r' but got <Token .*', re.DOTALL)
UNEXPECTED = 'Invalid expression / Unexpected token'


class SqlMistake(ValueError):
    """SQL that is none in its dialect: what is wrong, and at which character of the text."""

    def __init__(self, reason: str, offset: int):
        super().__init__(reason)
        self.offset = offset


def check_statement(statement: str, dialect: Dialect) -> None:
    """Raise SqlMistake for a statement that its engine cannot read; its placeholders are not filled yet.

    Only queries, and views and tables that are made of a query, are judged.
    """
    text = without_placeholders(statement)
    bare = _bare(text, dialect)
    made = MADE_OF_QUERY.match(bare)
    if not (made or QUERY.match(bare)):
        return
    start, end = made.span('query') if made else (0, len(text))
    try:
        syntax_trees(text[start:end], dialect)
    except SqlMistake as mistake:
        raise SqlMistake(str(mistake), mistake.offset + start) from None


def syntax_trees(text: str, dialect: Dialect) -> list[Expression | None]:
    """Return the syntax tree of each statement; none where this parser fails, such as when they are nested deeply."""
    import sqlglot
    return _parsed(text, lambda: sqlglot.parse(text, read=dialect)) or []


def tables_read(statement: str, dialect: Dialect) -> frozenset[tuple[str, str]]:
    """Return database and name, in lower case, of the tables that a statement names with their database.

    Left out are names that hold a placeholder or a catalog, and all of a statement that the parser cannot read.
    """
    from sqlglot import exp
    placeholders = {without_placeholders(match[0]) for match in FILLABLE.finditer(statement)}
    try:
        trees = syntax_trees(without_placeholders(statement), dialect)
    except SqlMistake:
        return frozenset()
    named = {(table.db.lower(), table.name.lower()) for tree in trees if tree is not None
             for table in tree.find_all(exp.Table) if table.db and not table.catalog}
    return frozenset(names for names in named
                     if not any(filler.lower() in name for filler in placeholders for name in names))


def condition_tree(text: str) -> Expression | None:
    """Return the syntax tree of a Spark condition on rows; None where this parser fails."""
    import sqlglot
    from sqlglot import exp
    tree: Expression | None = _parsed(text, lambda: sqlglot.parse_one(text, read='spark', into=exp.Condition))
    return tree


def without_placeholders(text: str) -> str:
    """Return the text with a name of the same length in place of each placeholder, which reads as a value too."""
    return FILLABLE.sub(lambda match: re.sub(r'\W', '_', match[0]), text)


def _bare(text: str, dialect: Dialect) -> str:
    """Return the text with its quotes and comments blanked, so that only code is left, each character in its place."""
    return ''.join(piece.text if piece.kind is Kind.CODE else ' ' * len(piece.text) for piece in pieces(text, dialect))


def _parsed(text: str, parse: Any) -> Any:
    from sqlglot.errors import ParseError, SqlglotError

    # Otherwise it warns of every statement that it takes as it is.
    logging.getLogger('sqlglot').setLevel(logging.ERROR)
    try:
        return parse()
    except ParseError as error:
        if not error.errors:
            raise SqlMistake('there is nothing but blanks and comments', 0) from None
        first = error.errors[0]
        raise SqlMistake(_reason(first), _offset(text, first)) from None
    except SqlglotError:
        raise SqlMistake('a quote or a comment does not end', 0) from None
    except (RecursionError, LookupError, ValueError, TypeError, AttributeError):
        # It fails at arguments that a function does not take, such as map(1, 2, 3); the engine tells what is wrong.
        return None


def _reason(error: dict[str, Any]) -> str:
    description = str(error['description'])
    found = error['highlight'] or 'the end'
    if description == UNEXPECTED:
        return f"'{found}' is not expected here"
    if incomplete := INCOMPLETE.match(description):
        return f"the {incomplete[1].upper()} at '{found}' is incomplete"
    expected = FOUND_TOKEN.sub('', description)
    return f"{expected[0].lower()}{expected[1:]} at '{found}'"


def _offset(text: str, error: dict[str, Any]) -> int:
    """Return where the token begins; the parser tells its line and the column of its last character."""
    lines_before = text.split('\n')[:int(error['line']) - 1]
    return max(sum(len(line) + 1 for line in lines_before) + int(error['col']) - len(error['highlight'] or ''), 0)
