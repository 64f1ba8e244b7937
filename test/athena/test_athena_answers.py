"""The laptop answers Athena's queries as Trino, the engine behind Athena, or refuses them."""
from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import sqlglot
from athena_questions import Answer, answers, documented_functions, questions
from sqlglot import exp

from lake_etl.adapters.local.athena.athena_dialect import AthenaGrammar
from lake_etl.adapters.local.athena.athena_types import Type
from lake_etl.adapters.local.athena.python_functions import PythonFunctions
from lake_etl.adapters.local.athena.queries import QueryWriter
from lake_etl.adapters.local.athena.translation import shown_query
from lake_etl.adapters.local.athena.typed import ResultColumn
from lake_etl.adapters.local.duckdb_engine import engine
from lake_etl.errors import QueryError

TOGETHER = 40       # expressions that are computed by one query, for the sake of time
LENGTH = re.compile(r'varchar\(\d+\)')      # the laptop does not know the length of computed texts


@dataclass(frozen=True)
class Laptop:
    """What the laptop says: rows, or why there are none."""

    columns: Sequence[ResultColumn]
    rows: list[list[Any]]
    refusal: str | None = None


def _no_table(table: exp.Table) -> Any:
    raise QueryError(f'There is no table {table.name}.')


def _ask(tree: exp.Expr) -> Laptop:
    """Return what the laptop says to a query."""
    functions = PythonFunctions()
    try:
        columns = QueryWriter(_no_table, PythonFunctions()).query(tree).columns
        sql = shown_query(QueryWriter(_no_table, functions), tree)
        with engine((), (), functions) as connection:
            rows = connection.execute(sql).fetchall()
    except QueryError as error:
        return Laptop((), [], str(error))
    return Laptop(columns, [[_shown(value, column.type) for value, column in zip(row, columns, strict=True)]
                            for row in rows])


@cache
def _found() -> tuple[tuple[Answer, Laptop], ...]:
    """Return all answers of Trino with those of the laptop."""
    found: list[tuple[Answer, Laptop]] = []
    together: list[tuple[Answer, exp.Select]] = []
    for answer in answers():
        tree = _parsed(answer.query)
        refusal = 'not SQL' if tree is None else _refusal(tree)
        if tree is None or refusal:
            found.append((answer, Laptop((), [], refusal)))
        elif answer.error is None and _is_expression(tree):
            together.append((answer, tree))
        else:
            found.append((answer, _ask(tree)))
    for start in range(0, len(together), TOGETHER):
        found += _asked_together(together[start:start + TOGETHER])
    return tuple(found)


def _asked_together(items: list[tuple[Answer, exp.Select]]) -> list[tuple[Answer, Laptop]]:
    """Ask many expressions in one query, and in halves where that fails."""
    if len(items) == 1:
        return [(items[0][0], _ask(items[0][1]))]
    one = _ask(exp.Select(expressions=[tree.expressions[0].copy() for _, tree in items]))
    if one.refusal is None:
        return [(answer, Laptop([column], [[value]]))
                for (answer, _), column, value in zip(items, one.columns, one.rows[0], strict=True)]
    middle = len(items) // 2
    return [*_asked_together(items[:middle]), *_asked_together(items[middle:])]


def _refusal(tree: exp.Expr) -> str | None:
    try:
        shown_query(QueryWriter(_no_table, PythonFunctions()), tree)
    except QueryError as error:
        return str(error)
    return None


def _parsed(query: str) -> exp.Expr | None:
    try:
        return sqlglot.parse_one(query, read=AthenaGrammar)
    except sqlglot.errors.SqlglotError:
        return None


def _is_expression(tree: exp.Expr) -> bool:
    return isinstance(tree, exp.Select) and len(tree.expressions) == 1 and not any(
        value for name, value in tree.args.items() if name != 'expressions')


def _shown(value: Any, kind: Type) -> Any:
    """Return the value in the form in which Trino's answers are kept."""
    if value is None:
        return None
    if kind.name == 'array':
        return [_shown(item, kind.parts[0]) for item in value]
    if kind.name == 'map':
        return [[_shown(key, kind.parts[0]), _shown(item, kind.parts[1])] for key, item in value.items()]
    if kind.name == 'row':
        return [_shown(item, part) for item, part in zip(value.values(), kind.parts, strict=True)]
    if kind.name in ('timestamp', 'time'):
        digits = kind.arguments[0]
        fraction = f'.{value.microsecond:06}'[:digits + 1] if digits else ''
        return f'{value:%Y-%m-%d %H:%M:%S}{fraction}' if kind.name == 'timestamp' else f'{value:%H:%M:%S}{fraction}'
    forms = {'boolean': lambda: str(value).lower(), 'decimal': lambda: f'{value:f}',
             'varbinary': lambda: bytes(value).hex()}
    return forms[kind.name]() if kind.name in forms else str(value)


def _same(trino: Any, laptop: Any, kind: Type) -> bool:
    if trino is None or laptop is None:
        return trino is laptop
    if kind.name in ('real', 'double'):
        one, other = float(trino), float(laptop)
        close = math.isclose(one, other, rel_tol=1e-13 if kind.name == 'double' else 1e-6)
        return math.isnan(one) and math.isnan(other) or (close and math.copysign(1, one) == math.copysign(1, other))
    if kind.name == 'map':
        trino, laptop = sorted(trino, key=str), sorted(laptop, key=str)
        return len(trino) == len(laptop) and all(_same(one, other, Type('row', parts=kind.parts))
                                                 for one, other in zip(trino, laptop, strict=True))
    if kind.name in ('array', 'row'):
        parts = kind.parts if kind.name == 'row' else kind.parts * len(trino)
        return len(trino) == len(laptop) and all(map(_same, trino, laptop, parts))
    return bool(trino == laptop)


def _is_right(answer: Answer, laptop: Laptop) -> bool:
    if laptop.refusal is not None:
        return True
    if answer.error is not None:
        return False
    types = [LENGTH.sub('varchar', str(column.type)) for column in laptop.columns]
    if types != [LENGTH.sub('varchar', kind) for kind in answer.types] or len(answer.rows) != len(laptop.rows):
        return False
    ordered = ' ORDER BY ' in answer.query
    rows = zip(*(side if ordered else sorted(side, key=str) for side in (answer.rows, laptop.rows)), strict=True)
    return all(_same(one, other, column.type) for trino, ours in rows
               for one, other, column in zip(trino, ours, laptop.columns, strict=True))


def test_every_question_has_the_answer_of_trino():
    asked = questions()
    assert [(answer.topic, answer.query) for answer in answers()] == asked, 'Run python test/athena/ask_trino.py.'
    assert len(asked) >= 1500
    assert min(Counter(topic for topic, _ in asked).values()) >= 5


def test_the_laptop_gives_no_answer_that_trino_does_not_give():
    wrong = [f'{answer.query}\n  Trino {answer.error or answer.rows}\n  laptop {laptop.rows}'
             for answer, laptop in _found() if not _is_right(answer, laptop)]
    assert not wrong, f'{len(wrong)} wrong answers:\n' + '\n'.join(wrong[:20])


def test_the_laptop_answers_most_of_what_trino_answers():
    given = [laptop.refusal is None for answer, laptop in _found() if answer.error is None]
    assert sum(given) / len(given) > 0.9


def test_at_least_nine_of_ten_documented_functions_are_answered():
    answered = ' '.join(answer.query.lower() for answer, laptop in _found()
                        if laptop.refusal is None and answer.error is None)
    missing = [name for name in documented_functions() if not re.search(rf'\b{name.lower()}\b', answered)]
    assert len(missing) <= len(documented_functions()) / 10, missing


@pytest.mark.parametrize('name', ['word_stem', 'approx_set', 'spooky_hash_v2_32', 'numeric_histogram'])
def test_a_refusal_names_the_function(name):
    refused = _ask(sqlglot.parse_one(f"SELECT {name}('x')", read=AthenaGrammar)).refusal
    assert refused and name in refused
