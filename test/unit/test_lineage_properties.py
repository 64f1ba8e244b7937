"""Column lineage of generated queries and specifications, against what really changes when one input cell changes."""
from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable

import pytest
import sqlglot
from generated_queries import TABLES, QueryWriter, edges_of_queries, listed, observed_in_query, traced
from sqlglot.lineage import lineage

from lake_etl.column_lineage.cleanse_lineage import cleanse_lineage
from lake_etl.column_lineage.lineage_graph import ColumnName
from lake_etl.column_lineage.relation import UntraceableQuery
from lake_etl.config.entries.known import known_forms
from lake_etl.config.transform_steps import protection_by_transform
from lake_etl.config.workflow import read_workflow

QUERIES = 300


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


def test_nearly_every_edge_of_the_lineage_of_500_queries_is_needed_by_some_input():
    found = edges_of_queries(range(500), 1000)
    unneeded = [edge for edges in found for edge in edges.unneeded]
    count = sum(edges.count for edges in found)
    assert count > 2_500 and len(unneeded) <= 0.01 * count, unneeded


@pytest.mark.parametrize(('query', 'direct', 'rows'), [
    ('SELECT kind, sum(premium) AS s FROM policy GROUP BY 1', ['kind', 'premium'], ['kind']),
    ('SELECT kind, premium, sum(id) AS s FROM policy GROUP BY ROLLUP (1, 2)', ['id', 'kind', 'premium'],
     ['kind', 'premium']),
    ('SELECT kind, id FROM policy ORDER BY 2 LIMIT 1', ['id', 'kind'], ['id']),
    ('SELECT kind, id FROM policy GROUP BY ALL', ['id', 'kind'], ['id', 'kind']),
    ('SELECT id FROM policy UNION ALL SELECT kind FROM policy ORDER BY 1 LIMIT 1', ['id', 'kind'], ['id', 'kind']),
    ('SELECT id FROM policy WHERE EXISTS (SELECT paid FROM claim)', ['id'], []),
    ('SELECT id FROM policy WHERE EXISTS (SELECT paid FROM claim WHERE reserve > 1)', ['id'], ['reserve']),
    ('SELECT coalesce(kind, 7, premium) AS k FROM policy', ['kind'], []),
    ('SELECT coalesce(kind, premium) AS k FROM policy WHERE kind > 1', ['kind'], ['kind']),
    ('SELECT coalesce(kind, premium) AS k FROM policy WHERE kind > 1 OR id > 1', ['kind', 'premium'], ['id', 'kind']),
    ('SELECT coalesce(kind, premium) AS k FROM policy WHERE kind NOT IN (1)', ['kind', 'premium'], ['kind']),
    ('SELECT coalesce(p.kind, p.premium) AS k FROM policy p JOIN agent a ON p.kind = a.share', ['kind'],
     ['kind', 'share']),
    ('SELECT coalesce(p.kind, p.premium) AS k FROM policy p LEFT JOIN agent a ON p.kind = a.share',
     ['kind', 'premium'], ['kind', 'share']),
    ('SELECT coalesce(p.kind, p.premium) AS k FROM policy p JOIN agent a ON p.kind = a.share '
     'FULL JOIN claim c ON c.paid = p.id', ['kind', 'premium'], ['id', 'kind', 'paid', 'share']),
    ('SELECT DISTINCT kind FROM policy p LEFT JOIN agent a ON p.id = a.share', ['kind'], ['id', 'kind', 'share']),
    ('SELECT DISTINCT p.kind FROM policy p LEFT JOIN agent a ON p.id = a.share', ['kind'], ['kind']),
    ('SELECT p.kind FROM policy p LEFT JOIN agent a ON p.id = a.share', ['kind'], ['id', 'share']),
    ('SELECT p.kind FROM policy p LEFT JOIN (SELECT share FROM agent GROUP BY share) a ON p.id = a.share',
     ['kind'], []),
    ('SELECT p.kind FROM policy p LEFT JOIN (SELECT share, id FROM agent GROUP BY 1, 2) a ON p.id = a.share',
     ['kind'], ['id', 'id', 'share']),
    ('SELECT p.kind, count(*) AS c FROM policy p LEFT JOIN agent a ON p.id = a.share GROUP BY p.kind', ['kind'],
     ['id', 'kind', 'share']),
    ('SELECT DISTINCT p.kind, count(*) OVER () AS c FROM policy p LEFT JOIN agent a ON p.id = a.share', ['kind'],
     ['id', 'kind', 'share']),
    ('SELECT DISTINCT p.kind FROM policy p LEFT ANTI JOIN agent a ON p.id = a.share', ['kind'],
     ['id', 'kind', 'share']),
    ('SELECT DISTINCT id AS kind FROM policy GROUP BY id, kind', ['id'], ['id', 'kind']),
    ('SELECT DISTINCT p.kind FROM policy p LEFT JOIN agent a ON p.id = a.share '
     'WHERE EXISTS (SELECT c.paid FROM claim c WHERE c.id = a.name)', ['kind'], ['id', 'id', 'kind', 'name', 'share']),
    ('SELECT DISTINCT kind, sum(premium) AS s FROM policy GROUP BY kind', ['kind', 'premium'], ['kind']),
    ('SELECT DISTINCT sum(premium) AS s FROM policy GROUP BY kind', ['premium'], ['kind', 'premium']),
    ('SELECT DISTINCT kind, (SELECT max(paid) FROM claim) AS m FROM policy', ['kind', 'paid'], ['kind']),
    ('SELECT DISTINCT kind, (SELECT max(c.paid) FROM claim c WHERE c.id = p.id) AS m FROM policy p',
     ['id', 'id', 'kind', 'paid'], ['id', 'id', 'kind', 'paid'])])
def test_only_columns_that_can_change_the_result_are_in_the_lineage(query, direct, rows):
    listed_direct, listed_rows = listed(traced(query))
    assert (sorted(name for (_, name), _ in listed_direct), sorted(name for _, name in listed_rows)) == (direct, rows)


def test_the_direct_sources_are_those_that_the_lineage_of_sqlglot_finds():
    schema = {table: dict.fromkeys(names, 'int') for table, names in TABLES.items()}
    for seed in range(60):
        # What COALESCE cannot give is left out of the lineage here, and not there.
        query, names = QueryWriter(seed, plain=True).query()
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
