"""Writes random SQL queries, and finds by changing cells of their tables what their results depend on.

    python3 test/unit/generated_queries.py
    python3 test/unit/generated_queries.py 2000 5000

The first number is how many queries are traced, the second how many contents of the tables are tried for each. Prints
the edges of the lineage that no change of a cell needed, and how many there are.
"""
from __future__ import annotations

import sys

if __name__ == '__main__':
    # It starts without an activated environment too.
    from os.path import dirname
    sys.path += [dirname(dirname(sys.path[0])), dirname(dirname(sys.path[0])) + '/lib/glue_scripts/lib']
    from lib.packaging.script_environment import FOR_TESTS, use_environment
    use_environment(('sqlglot',), FOR_TESTS)

import random
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import sqlglot

from lake_etl.column_lineage.lineage_graph import ROWS
from lake_etl.column_lineage.query_lineage import trace_query
from lake_etl.column_lineage.relation import Relation, base_table

TABLES = {'policy': ('id', 'kind', 'premium'), 'claim': ('id', 'paid', 'reserve'), 'agent': ('id', 'name', 'share')}
ROWS_OF_TABLE = 6
VALUES = ((0, 1, 2, 3), (0, 1), (1, 2), (2, 3), (0, 2), (0, 2, 3, 20, 22))
OTHER_VALUES = (None, 0, 1, 2, 3, 9)
Cell = tuple[str, str]
Rows = list[list[int | None]]


class QueryWriter:
    """Writes random queries in SQL that SQLite and Spark read alike.

    plain  no DISTINCT and COALESCE
    """

    def __init__(self, seed: int, plain: bool = False):
        self.random = random.Random(seed)
        self.plain = plain
        self.count = 0

    def name(self) -> str:
        self.count += 1
        return f'n{self.count}'

    def query(self, depth: int = 2) -> tuple[str, list[str]]:
        """Return a query and its column names."""
        kind = self.random.random()
        if depth and kind < 0.12:
            (left, names), (right, others) = self.query(depth - 1), self.query(depth - 1)
            count = min(len(names), len(others))
            some, alias, other = ', '.join(names[:count]), self.name(), self.name()
            word = self.random.choice(['UNION ALL', 'UNION'])
            return (f'SELECT {some} FROM ({left}) AS {alias} {word} '
                    f'SELECT {", ".join(others[:count])} FROM ({right}) AS {other}', names[:count])
        if depth and kind < 0.24:
            inner, names = self.query(depth - 1)
            alias = self.name()
            unused = f', {self.name()} AS ({self.query(0)[0]})' if self.random.random() < 0.2 else ''
            return f'WITH {alias} AS ({inner}){unused} {self.select([(alias, alias, names)])[0]}', self.last
        first = self.source(depth)
        return self.select([first] + ([self.source(depth)] if self.random.random() < 0.45 else []))

    def source(self, depth: int) -> tuple[str, str, list[str]]:
        """Return what stands in FROM, its alias and its columns."""
        alias = self.name()
        if depth and self.random.random() < 0.4:
            inner, names = self.query(depth - 1)
            return f'({inner}) AS {alias}', alias, names
        table = self.random.choice(list(TABLES))
        return f'{table} AS {alias}', alias, list(TABLES[table])

    def select(self, sources: list[tuple[str, str, list[str]]]) -> tuple[str, list[str]]:
        """Return a SELECT from one source or two."""
        columns = [f'{alias}.{name}' for _, alias, names in sources for name in names]
        pick = self.random.choice
        text = f'FROM {sources[0][0]}'
        if len(sources) > 1:
            word = pick(['JOIN', 'LEFT JOIN'])
            text += (f' {word} {sources[1][0]} ON {sources[0][1]}.{pick(sources[0][2])} = '
                     f'{sources[1][1]}.{pick(sources[1][2])}')
        if self.random.random() < 0.3:
            table, inner = pick(list(TABLES)), self.name()
            text += pick([f' WHERE {pick(columns)} > 1',
                          f' WHERE EXISTS (SELECT {inner}.{pick(TABLES[table])} FROM {table} AS {inner} '
                          f'WHERE {inner}.id = {pick(columns)})',
                          f' WHERE {pick(columns)} IN (SELECT {pick(TABLES[table])} FROM {table})'])
        if self.random.random() < 0.25:
            key, more = pick(columns), [pick(columns) for _ in range(2)]
            named = {self.name(): key, **{self.name(): pick(['count(*)', *(f'{word}({name})' for word in (
                'sum', 'max', 'min'))]) for name in more}}
            text += f' GROUP BY {pick([key, "1"])}'
        else:
            named = {self.name(): self.expression(columns) for _ in range(self.random.randint(1, 3))}
        distinct = 'DISTINCT ' if self.random.random() < 0.1 and not self.plain else ''
        self.last = list(named)
        chosen = ', '.join(f'{value} AS {name}' for name, value in named.items())
        return f'SELECT {distinct}{chosen} {text}', self.last

    def expression(self, columns: list[str]) -> str:
        pick, (one, two) = self.random.choice, [self.random.choice(columns) for _ in range(2)]
        table = pick(list(TABLES))
        both = [f'{one} * 2 + {two}', f'CASE WHEN {one} > 1 THEN {two} ELSE 7 END',
                f'sum({one}) OVER (PARTITION BY {two})']
        return pick([one, one, one if self.plain else f'coalesce({one}, {pick([two, "7"])})',
                     *(both if one != two else [one]),
                     f'(SELECT max({pick(TABLES[table])}) FROM {table})'])


def traced(query: str, known: bool = True) -> Relation:
    tree = sqlglot.parse_one(query, read='spark')
    return trace_query(tree, lambda table: base_table(table.name, TABLES[table.name] if known else (), not known))


def data(rng: random.Random) -> dict[str, Rows]:
    return {table: [[rng.choice([None, 0, 1, 2, 3]) for _ in names] for _ in range(rng.randint(1, ROWS_OF_TABLE))]
            for table, names in TABLES.items()}


def changed_columns(query: str, rng: random.Random) -> Iterator[tuple[Cell, set[int]]]:
    """Yield for each column of the tables what changes in the result when one cell of it changes."""
    connection = sqlite3.connect(':memory:')
    rows = data(rng)
    _create_tables(connection)
    for table in TABLES:
        connection.executemany(f'INSERT INTO {table} VALUES (?, ?, ?)', rows[table])
    before = connection.execute(query).fetchall()
    for table, names in TABLES.items():
        for name in names:
            row = rng.randint(1, len(rows[table]))
            connection.execute('SAVEPOINT s')
            value = rng.choice([None, 0, 1, 2, 3, 9])
            connection.execute(f'UPDATE {table} SET {name} = ? WHERE rowid = ?', (value, row))
            yield (table, name), different(before, connection.execute(query).fetchall())
            connection.execute('ROLLBACK TO s')


def different(before: list[tuple[object, ...]], after: list[tuple[object, ...]]) -> set[int]:
    """Return the numbers of the columns whose values are not the same."""
    width = len((before or after or [()])[0])
    return {number for number in range(width) if sorted(map(repr, (row[number] for row in before)))
            != sorted(map(repr, (row[number] for row in after)))}


def observed_in_query(query: str, rng: random.Random, tries: int) -> set[tuple[Cell, int]]:
    """Return which columns of the result change with which columns of the tables, over many contents of the tables."""
    return {(cell, number) for _ in range(tries) for cell, changed in changed_columns(query, rng) for number in changed}


def listed(relation: Relation) -> tuple[set[tuple[Cell, int]], set[Cell]]:
    """Return the edges of a query from columns to columns, and the columns that decide on its rows."""
    direct = {((item.table, item.column), number) for number, (_, sources) in enumerate(relation.columns)
              for item in sources if item.column != ROWS}
    return direct, {(item.table, item.column) for item in relation.rows if item.column != ROWS}


@dataclass(frozen=True)
class QueryEdges:
    """How many edges the lineage of a query has, and those that no change of a cell needed, in words."""

    count: int
    unneeded: tuple[str, ...]


def edges_of_queries(seeds: Iterable[int], tries: int) -> list[QueryEdges]:
    """Return for each random query which edges of its lineage are needed, over many contents of the tables."""
    return [_query_edges(QueryWriter(seed).query()[0], random.Random(seed), tries) for seed in seeds]


def _query_edges(query: str, rng: random.Random, tries: int) -> QueryEdges:
    direct, rows = listed(traced(query))
    count = len(direct) + len(rows)
    connection = sqlite3.connect(':memory:', isolation_level=None)
    _create_tables(connection)
    for _ in range(tries):
        if not direct and not rows:
            break
        contents, before = _contents_with_result(connection, query, rng)
        for cell in sorted({cell for cell, _ in direct} | rows):
            changed = _changed_by(connection, query, cell, contents, before, rng)
            direct -= {(cell, number) for number in changed}
            rows -= {cell} if changed else set()
    connection.close()
    return QueryEdges(count, (*(f'{table}.{name} -> column {number + 1} of {query}'
                                for (table, name), number in sorted(direct)),
                              *(f'{table}.{name} -> rows of {query}' for table, name in sorted(rows))))


def _create_tables(connection: sqlite3.Connection) -> None:
    for table, names in TABLES.items():
        connection.execute(f'CREATE TABLE {table} ({", ".join(names)})')


def _contents_with_result(connection: sqlite3.Connection, query: str, rng: random.Random
                          ) -> tuple[dict[str, Rows], list[tuple[object, ...]]]:
    """Fill the tables so that the query has a result, if that is soon found; return their rows and the result."""
    for _ in range(8):
        contents = _contents(rng)
        for table, rows in contents.items():
            connection.execute(f'DELETE FROM {table}')
            connection.executemany(f'INSERT INTO {table} VALUES (?, ?, ?)', rows)
        if result := connection.execute(query).fetchall():
            break
    return contents, result


def _contents(rng: random.Random) -> dict[str, Rows]:
    """Return rows of few different values, so that joins and conditions are met."""
    values, nulls, most = rng.choice(VALUES), rng.choice([0, 0, 0.2, 0.5]), rng.choice([1, 2, 4, ROWS_OF_TABLE])
    return {table: [[None if rng.random() < nulls else rng.choice(values) for _ in names]
                    for _ in range(rng.randint(1, most))] for table, names in TABLES.items()}


def _changed_by(connection: sqlite3.Connection, query: str, cell: Cell, contents: dict[str, Rows],
                before: list[tuple[object, ...]], rng: random.Random) -> set[int]:
    """Return which columns of the result change with some other values of a cell; the cell is put back."""
    table, name = cell
    row = rng.randint(1, len(contents[table]))
    changed: set[int] = set()
    update = f'UPDATE {table} SET {name} = ? WHERE rowid = ?'
    for value in rng.sample(OTHER_VALUES, 3):
        connection.execute(update, (value, row))
        changed |= different(before, connection.execute(query).fetchall())
    connection.execute(update, (contents[table][row - 1][TABLES[table].index(name)], row))
    return changed


def main(arguments: Sequence[str]) -> int:
    """Print the edges that no input needed and how many were needed; return 1 if that is less than 99 %."""
    queries, tries = (*map(int, arguments), *(500, 1000)[len(arguments):])
    found = edges_of_queries(range(queries), tries)
    unneeded = [edge for edges in found for edge in edges.unneeded]
    count = sum(edges.count for edges in found)
    print(*unneeded, sep='\n')
    print(f'{count - len(unneeded):,} of {count:,} edges of {queries:,} queries are needed '
          f'({1 - len(unneeded) / count:.1%}).')
    return int(len(unneeded) > 0.01 * count)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
