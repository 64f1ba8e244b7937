"""Column lineage of generated queries and specifications, against what really changes when one input cell changes."""
from __future__ import annotations

import hashlib
import json
import random
import sqlite3
from collections.abc import Callable, Iterator

import pytest
import sqlglot
from sqlglot.lineage import lineage

from lake_etl.column_lineage.cleanse_lineage import cleanse_lineage
from lake_etl.column_lineage.lineage_graph import ROWS, ColumnName
from lake_etl.column_lineage.query_lineage import trace_query
from lake_etl.column_lineage.relation import Relation, UntraceableQuery, base_table
from lake_etl.config.entries.known import known_forms
from lake_etl.config.transform_steps import protection_by_transform
from lake_etl.config.workflow import read_workflow

TABLES = {'policy': ('id', 'kind', 'premium'), 'claim': ('id', 'paid', 'reserve'), 'agent': ('id', 'name', 'share')}
QUERIES, ROWS_OF_TABLE = 300, 6
Cell = tuple[str, str]


class QueryWriter:
    """Writes random queries in SQL that SQLite and Spark read alike.

    plain  only queries all of whose parts matter for some data
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
            return f'WITH {alias} AS ({inner}) {self.select([(alias, alias, names)])[0]}', self.last
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
                          f' WHERE EXISTS (SELECT 1 FROM {table} AS {inner} WHERE {inner}.id = {pick(columns)})',
                          f' WHERE {pick(columns)} IN (SELECT {pick(TABLES[table])} FROM {table})'])
        if self.random.random() < 0.25:
            key, more = pick(columns), [pick(columns) for _ in range(2)]
            named = {self.name(): key, **{self.name(): f'{pick(["sum", "max", "min"])}({name})' for name in more}}
            text += f' GROUP BY {key}'
        else:
            named = {self.name(): self.expression(columns) for _ in range(self.random.randint(1, 3))}
        distinct = 'DISTINCT ' if self.random.random() < 0.1 and not self.plain else ''
        self.last = list(named)
        chosen = ', '.join(f'{value} AS {name}' for name, value in named.items())
        return f'SELECT {distinct}{chosen} {text}', self.last

    def expression(self, columns: list[str]) -> str:
        pick, (one, two) = self.random.choice, [self.random.choice(columns) for _ in range(2)]
        table = pick(list(TABLES))
        both = [f'{one} * 10 + {two}', f'CASE WHEN {one} > 1 THEN {two} ELSE 7 END',
                f'sum({one}) OVER (PARTITION BY {two})']
        return pick([one, one, one if self.plain else f'coalesce({one}, {two})', *(both if one != two else [one]),
                     f'(SELECT max({pick(TABLES[table])}) FROM {table})'])


def traced(query: str, known: bool = True) -> Relation:
    tree = sqlglot.parse_one(query, read='spark')
    return trace_query(tree, lambda table: base_table(table.name, TABLES[table.name] if known else (), not known))


def data(rng: random.Random) -> dict[str, list[list[int | None]]]:
    return {table: [[rng.choice([None, 0, 1, 2, 3]) for _ in names] for _ in range(rng.randint(1, ROWS_OF_TABLE))]
            for table, names in TABLES.items()}


def changed_columns(query: str, rng: random.Random) -> Iterator[tuple[Cell, set[int]]]:
    """Yield for each column of the tables what changes in the result when one cell of it changes."""
    connection = sqlite3.connect(':memory:')
    rows = data(rng)
    for table, names in TABLES.items():
        connection.execute(f'CREATE TABLE {table} ({", ".join(names)})')
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


@pytest.mark.parametrize('known', [True, False], ids=['known columns', 'unknown columns'])
def test_what_a_changed_cell_changes_is_in_the_lineage_of_generated_queries(known):
    unknown = 0
    for seed in range(QUERIES):
        query = QueryWriter(seed).query()[0]
        try:
            direct, rows = listed(traced(query, known))
        except UntraceableQuery:
            unknown += 1
            continue
        for cell, number in observed_in_query(query, random.Random(seed), 4):
            assert (cell, number) in direct or cell in rows, query
    assert unknown <= (0 if known else QUERIES / 2)


def test_nearly_every_edge_of_the_lineage_of_a_query_is_needed_by_some_input():
    edges = needed = 0
    for seed in range(QUERIES // 3):
        query = QueryWriter(seed, plain=True).query(0)[0]
        direct, rows = listed(traced(query))
        seen = observed_in_query(query, random.Random(seed), 40)
        edges += len(direct) + len(rows)
        needed += len(direct & seen) + len(rows & {cell for cell, _ in seen})
    assert edges > QUERIES and needed >= 0.99 * edges, f'{needed} of {edges}'


def test_the_direct_sources_are_those_that_the_lineage_of_sqlglot_finds():
    schema = {table: dict.fromkeys(names, 'int') for table, names in TABLES.items()}
    for seed in range(60):
        query, names = QueryWriter(seed).query()
        for name, sources in traced(query).columns:
            if '(SELECT' in query.split(' FROM ')[0]:
                continue    # It counts what a query inside an expression is filtered by as well.
            leaves = {tuple(node.name.lower().split('.'))[-1:] + (node.expression.name,)
                      for node in lineage(name, query, schema, dialect='spark').walk()
                      if isinstance(node.expression, sqlglot.exp.Table)}
            found = {(item.column, item.table) for item in sources}
            assert {(column, table) for column, table in leaves if column != '*'} <= found, query
    assert names


# The oracle for transforms: a few of them in plain Python, on rows of texts.
Rows = list[dict[str, str | None]]
FIELDS = ('A', 'B', 'C', 'D')


def combine(rows: Rows, entry: dict[str, object]) -> Rows:
    return [row | {entry['field']: '-'.join(str(row[name]) for name in entry['source_columns'])} for row in rows]


def merge(rows: Rows, entry: dict[str, object]) -> Rows:
    return [row | {entry['field']: next((row[name] for name in entry['source_list'] if row[name] is not None), None)}
            for row in rows]


def take(rows: Rows, entry: dict[str, object]) -> Rows:
    return [row | {entry['field']: None if row[entry['source']] is None else row[entry['source']].replace('z', '')}
            for row in rows]


def digest(rows: Rows, field: str) -> Rows:
    return [row | {field: hashlib.sha256(str(row[field]).encode()).hexdigest()} for row in rows]


def keep(rows: Rows, entry: dict[str, object]) -> Rows:
    column = entry['condition'].split()[0]
    return [row for row in rows if row[column] is not None]


ORACLE: dict[str, Callable[[Rows, object], Rows]] = {
    'combinecolumns': combine, 'merge': merge, 'columnreplace': take, 'hash': digest, 'filterrows': keep}


def generated_steps(rng: random.Random) -> list[tuple[str, list[object]]]:
    """Return random steps, in which every column that a step reads matters for some rows."""
    columns, nullable, steps = [name.lower() for name in FIELDS], {name.lower() for name in FIELDS}, []
    merged: set[str] = set()
    for number in range(rng.randint(1, 5)):
        field = rng.choice([*columns, f'new{number}'])
        some, maybe_null = rng.sample(columns, 2), sorted(nullable)
        choices = [('combinecolumns', {'field': field, 'format': '{}-{}', 'source_columns': some}),
                   ('columnreplace', {'field': field, 'source': some[0], 'pattern': 'z', 'replacement': ''}),
                   ('hash', some[0])]
        if len(maybe_null) > 1:
            choices.append(('merge', {'field': field, 'source_list': rng.sample(maybe_null, 2)}))
        if unmerged := sorted(nullable - merged):
            choices.append(('filterrows', {'condition': f'{rng.choice(unmerged)} IS NOT NULL'}))
        name, entry = rng.choice(choices)
        steps.append((name, [entry]))
        written = entry['condition'].split()[0] if name == 'filterrows' else entry if name == 'hash' else field
        merged |= set(entry['source_list']) if name == 'merge' else set()
        nullable -= {written}
        columns = list(dict.fromkeys([*columns, written]))
    return steps


def applied(rows: Rows, steps: list[tuple[str, list[object]]]) -> Rows:
    rows = [{name.lower(): value for name, value in row.items()} for row in rows]
    for name, entries in steps:
        for entry in entries:
            rows = ORACLE[name](rows, entry)
    return rows


def test_what_a_changed_cell_of_a_file_changes_is_in_the_lineage_of_500_specifications():
    forms = known_forms()
    masking = protection_by_transform(forms, forms)
    edges = needed = 0
    for seed in range(500):
        rng = random.Random(seed)
        steps = generated_steps(rng)
        spec = {'transform_spec': {f'{name}:{number}': entries for number, (name, entries) in enumerate(steps)}}
        mapping = 'SourceName,DestName\n' + ''.join(f'{name},{name}\n' for name in FIELDS)
        files = {'transformation-spec/g-t.json': json.dumps(spec).encode(),
                 'transformation-spec/g-t.csv': mapping.encode()}
        _, table = cleanse_lineage('g', 't', read_workflow('g', 't', files.get, forms, 'Prod'), masking)
        edge = {(origin.source, column.name) for column in table.columns for origin in column.origins}
        rows_by = {origin.source for origin in table.row_origins}
        seen = observed(steps, rng)
        allowed = {(ColumnName('collect/g/t', field), column) for field, column in seen}
        assert {pair for pair in allowed if pair[0] not in rows_by} <= edge, steps
        edges += len(edge) + len(rows_by)
        needed += len(edge & allowed) + len(rows_by & {source for source, _ in allowed})
    assert needed >= 0.99 * edges, f'{needed} of {edges}'


def observed(steps: list[tuple[str, list[object]]], rng: random.Random) -> set[tuple[str, str]]:
    """Return which columns of the table change with which columns of the file, over many inputs."""
    seen = set()
    for _ in range(40):
        rows = [{name: rng.choice([None, 'a', 'b', 'cz']) for name in FIELDS} for _ in range(3)]
        before = applied(rows, steps)
        for field in FIELDS:
            other = [dict(row) for row in rows]
            other[rng.randrange(3)][field] = rng.choice([None, 'q', 'w'])
            after = applied(other, steps)
            names = set().union(*(row.keys() for row in (*before, *after)))
            seen |= {(field, name) for name in names
                     if [row.get(name) for row in before] != [row.get(name) for row in after]}
    return seen
