"""SQL files: their statements, and what a Spark SQL file says about the Consume table that it fills."""
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lake_etl.arguments import PARTITION_KEYS
from lake_etl.syntax.records import Findings, describe, suggestion
from lake_etl.syntax.sql_columns import query_columns
from lake_etl.syntax.sql_pieces import Dialect, Kind, blank_comments, pieces, report_unclosed
from lake_etl.syntax.sql_syntax import SqlMistake, check_statement
from lake_etl.syntax.text import position_name

Mode = Literal['table', 'partition']
MODES: dict[str, Mode] = {'table': 'table', 'partition': 'partition'}
MODE_LINE = re.compile(r'--\s*mode\s*:\s*(.*?)\s*', re.IGNORECASE)
TAKES_OVER_LINE = re.compile(r'--\s*takes[\s_]+over\s*:\s*(.*?)\s*', re.IGNORECASE)
WORKFLOW = re.compile(r'[^/\s][^/]*/[^/]*[^/\s]')
NAME_PART = r'(?:`(?:[^`]|``)+`|[^\s`.();,]+)'
CREATE_TABLE = re.compile(
    r'\s*CREATE\s+(?:OR\s+REPLACE\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?'
    rf'(?P<name>{NAME_PART}(?:\s*\.\s*{NAME_PART})*)(?:\s+|(?<=`))AS\b\s*(?P<query>.*)', re.IGNORECASE | re.DOTALL)
LAST_PART = re.compile(rf'{NAME_PART}\Z')
CREATE = re.compile(r'\s*CREATE\b', re.IGNORECASE)
QUERY = re.compile(r'\s*(?:(?:SELECT|WITH|FROM|VALUES|TABLE|MAP|REDUCE)\b|\()', re.IGNORECASE)


@dataclass(frozen=True)
class SparkSql:
    """The statements that fill a Consume table.

    table_override  table to fill instead of the workflow's own, without its database
    statements      to be run in order; the last one is the query that gives the rows
    mode            whether the query replaces the whole `table`, or each `partition` that it returns
    takes_over      the workflow, as `<database>/<table>`, that has filled the table until now; None: no other one
    """

    table_override: str | None
    statements: tuple[str, ...]
    mode: Mode = 'table'
    takes_over: str | None = None


def split_statements(text: str, dialect: Dialect = 'spark') -> tuple[str, ...]:
    """Return the statements of a SQL text without their closing `;`, leaving out those that hold nothing but comments.

    A `;` inside quotes and comments does not split.
    """
    statements, current, has_code = [], '', False
    for piece in pieces(text, dialect):
        parts = piece.text.split(';') if piece.kind is Kind.CODE else [piece.text]
        for index, part in enumerate(parts):
            if index > 0:
                if has_code:
                    statements.append(current.strip())
                current, has_code = '', False
            current += part
            has_code = has_code or (piece.kind is not Kind.COMMENT and bool(part.strip()))
    if has_code:
        statements.append(current.strip())
    return tuple(statements)


def parse_statements(text: str, dialect: Dialect, findings: Findings) -> tuple[str, ...]:
    """Return the statements of a SQL file; records a problem when there is none, and for each that has a mistake."""
    before = len(findings.problems)
    report_unclosed(text, dialect, findings)
    statements = split_statements(text, dialect)
    if not statements:
        findings.problem('', 'the file holds no statement', 'write one, or delete the file')
    if len(findings.problems) == before:
        _report_mistakes(statements, text, dialect, findings)
    return statements


def parse_spark_sql(text: str, findings: Findings) -> SparkSql | None:
    """Return what a Spark SQL file asks for, or record every reason why it cannot be run and return None.

    The last statement may begin with `CREATE TABLE <name> AS`. A comment line `-- mode: partition` sets the mode, and
    `-- takes over: <database>/<table>` names the workflow that has filled the table until now.
    """
    before = len(findings.problems)
    mode, takes_over = _mode(text, findings), _takes_over(text, findings)
    statements = parse_statements(text, 'spark', findings)
    if len(findings.problems) > before:
        return None
    name, query = _table_and_query(statements[-1], findings)
    _require_partition_columns(query, findings)
    if len(findings.problems) > before:
        return None
    return SparkSql(name, (*statements[:-1], query), mode, takes_over)


def _report_mistakes(statements: Sequence[str], text: str, dialect: Dialect, findings: Findings) -> None:
    """Record the first mistake of each statement at its place in the file."""
    start = 0
    for statement in statements:
        start = text.index(statement, start)
        try:
            check_statement(statement, dialect)
        except SqlMistake as mistake:
            findings.problem(position_name(text, start + mistake.offset), f'no {dialect.title()} SQL: {mistake}')
        start += len(statement)


def _require_partition_columns(query: str, findings: Findings) -> None:
    """Record a problem for a query that lists its columns, but not all by which Consume tables are partitioned."""
    returned = query_columns(query)
    missing = [key.name for key in PARTITION_KEYS if returned and key.name not in map(str.lower, returned)]
    if missing:
        findings.problem('', f'the query returns no column {", ".join(missing)}',
                         'a Consume table is partitioned by year, month and day; select them too')


def _mode(text: str, findings: Findings) -> Mode:
    """Return the mode of the last mode line; a comment that merely begins like one is a warning."""
    mode: Mode = 'table'
    for piece in pieces(text, 'spark'):
        match = MODE_LINE.fullmatch(piece.text) if piece.kind is Kind.COMMENT else None
        if not match:
            continue
        word = match[1].lower()
        if word in MODES:
            mode = MODES[word]
        elif hint := suggestion(word, MODES):
            findings.problem('mode', f'unknown mode {describe(match[1])}', hint)
        else:
            findings.warning('mode', f'unknown mode {describe(match[1])}, ignored', 'known modes: table, partition')
    return mode


def _takes_over(text: str, findings: Findings) -> str | None:
    """Return the workflow of the last line that names one; a line that names none is a problem."""
    workflow = None
    for piece in pieces(text, 'spark'):
        match = TAKES_OVER_LINE.fullmatch(piece.text) if piece.kind is Kind.COMMENT else None
        if match and not WORKFLOW.fullmatch(match[1]):
            findings.problem('takes over', f'expected a workflow such as Database/Table, got {describe(match[1])}')
        elif match:
            workflow = match[1]
    return workflow


def _table_and_query(statement: str, findings: Findings) -> tuple[str | None, str]:
    """Return the table that the last statement names, if any, and its query."""
    bare = blank_comments(statement, 'spark')
    created = CREATE_TABLE.match(bare)
    start = created.start('query') if created else 0
    if CREATE.match(bare) and not created:
        findings.problem('last statement', "begins with CREATE, but not as 'CREATE TABLE name AS query'",
                         'the lake decides about format, place and partitions of the table')
    elif not QUERY.match(bare[start:]):
        findings.problem('last statement', 'is no query', 'end the file with the SELECT that gives the rows to publish')
    return (_unquoted_last_part(created['name']) if created else None), statement[start:]


def _unquoted_last_part(name: str) -> str:
    """Return the table's part of a name such as database.`table`."""
    match = LAST_PART.search(name)
    part = match[0] if match else name
    return part[1:-1].replace('``', '`') if part.startswith('`') else part
