"""Collects what the pages of a lake show, from its configuration, catalog and records."""
from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from lake_etl.adapters.local.catalog_file import reading
from lake_etl.adapters.local.catalog_rows import read_tables
from lake_etl.adapters.local.iceberg_tables import read_iceberg_tables
from lake_etl.adapters.local.sqlite_catalog import SqliteCatalog
from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.arguments import OWNER
from lake_etl.column_lineage.lineage_graph import LineageGraph
from lake_etl.column_lineage.workflow_lineage import LakeConfiguration, trace_lake
from lake_etl.config.workflow import Workflow
from lake_etl.errors import LakeError
from lake_etl.ports import Table
from lib.local_lake.folders import LakeFolders
from lib.local_lake.showing.match_report import figures_of
from lib.local_lake.showing.match_source import MatchedDatabase
from lib.local_lake.showing.quarantine_samples import quarantine_samples
from lib.local_lake.showing.report import published_tables, quarantine_by_rule
from lib.local_lake.showing.run_summary import rule_summaries, run_summary

AUDIT, LINEAGE, RESULTS = 'job-audit', 'data-lineage', 'dq-results'


@dataclass(frozen=True)
class PublishedLake:
    """What the catalog and the records of a lake hold; all empty for a lake that is not there yet.

    tables      of the catalog, by `<database>.<table>`
    rows        number of rows of each table
    parts       partitions of each table, such as `2026/01/31`
    runs        records of runs, the latest first
    history     for each table, the moment and the number of rows of each load
    results     outcome of each rule of a run, by the id of its execution
    failed      rules of each quarantine table, with the number of rows that failed them
    operations  what a run wrote and quarantined, as its lineage has it, by the id of its execution
    """

    tables: Mapping[str, Table] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    parts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    runs: Sequence[Mapping[str, Any]] = ()
    history: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)
    results: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    operations: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    failed: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)


def read_published(folders: LakeFolders) -> PublishedLake:
    """Return what is published in a lake; nothing where there is no lake yet."""
    if not folders.database_file.is_file():
        return PublishedLake()
    folders.require_lake()
    catalog, items = SqliteCatalog(folders.catalog), SqliteItems()
    with reading(folders.catalog) as connection:
        found = (*read_tables(connection), *read_iceberg_tables(connection))
    tables = {f'{table.database}.{table.name}': table for table in found}
    runs = sorted(items.scan(folders.items(AUDIT)), key=lambda item: str(item['job_start_date']), reverse=True)
    history: dict[str, list[tuple[str, int]]] = {}
    operations: dict[str, list[Mapping[str, Any]]] = {}
    for record in items.scan(folders.items(LINEAGE)):
        operations.setdefault(str(record['step_function_execution_id']), []).append(record)
        if record['dataset_operation'] == 'write':
            written = json.loads(record['info'])
            history.setdefault(str(written['table']), []).append(
                (str(record['time_of_operation'])[:16], int(written['rows'])))
    results: dict[str, list[Mapping[str, Any]]] = {}
    for item in items.scan(folders.items(RESULTS)):
        if 'Outcome' in item:
            results.setdefault(str(item['execution_id']), []).append(item)
    return PublishedLake(
        tables, {summary.name: summary.rows for summary in published_tables(folders)},
        {name: ['/'.join(item.values) for item in catalog.partitions(table.database, table.name)]
         for name, table in tables.items()}, runs, {name: sorted(loads) for name, loads in history.items()}, results,
        operations, quarantine_by_rule(folders, found))


def summarize(configuration: LakeConfiguration, published: PublishedLake,
              matches: Iterable[Mapping[str, object]] = (), folders: LakeFolders | None = None) -> dict[str, object]:
    """Return all that the pages show, ready to be written as JSON.

    folders  of the lake whose quarantined rows are shown by samples; None: no values from rows

    Raises LakeError when tables are made of each other in a circle.
    """
    graph, owners = trace_lake(configuration), _owners(configuration.workflows)
    samples = quarantine_samples(folders, published.tables, graph, configuration.workflows, configuration.masking) if (
        folders) else {}
    names = list(dict.fromkeys([*graph.tables, *published.tables]))
    steps: dict[tuple[str, str, bool], int] = {}
    numbers = {name: number for number, name in enumerate(names)}
    for name in (origin.source.table for origin, _ in graph.edges()):
        if name not in numbers:
            numbers[name] = len(names)
            names.append(name)
    edges = [[numbers[origin.source.table], origin.source.column, numbers[target.table], target.column,
              [steps.setdefault((step.kind, step.place, step.masks), len(steps)) for step in origin.steps],
              int(origin.masks)] for origin, target in graph.edges()]
    return {'generated': datetime.now(UTC).strftime('%Y-%m-%d %H:%M UTC'),
            'tables': [_table(name, graph, published, owners) | {
                'samples': [asdict(sample) for sample in samples.get(name, ())]} for name in names], 'edges': edges,
            'steps': list(steps),
            'unread': list(graph.unread), 'workflows': _workflows(configuration.workflows, published),
            'rules': rule_summaries(configuration.workflows, published.runs, published.results),
            'runs': [run_summary(item, published.operations.get(str(item['execution_id']), ()),
                                 published.results.get(str(item['execution_id']), ())) for item in published.runs],
            'matches': list(matches)}


def _owners(workflows: Mapping[tuple[str, str], Workflow]) -> dict[str, str]:
    """Return the owner by the name of each Cleanse table, and by the name of each file that configures a table."""
    owners: dict[str, str] = {}
    for (database, table), workflow in workflows.items():
        if workflow.input.owner:
            files = [file.rpartition('/')[2] for file in workflow.present_files]
            owners |= dict.fromkeys((f'{database}.{table}'.lower(), *files), workflow.input.owner)
    return owners


def _table(name: str, graph: LineageGraph, published: PublishedLake, owners: Mapping[str, str]) -> dict[str, object]:
    traced, table = graph.tables.get(name), published.tables.get(name)
    catalog = {column.name: column for column in (*table.columns, *table.partition_keys)} if table else {}
    columns = {column.name: column for column in traced.columns} if traced else {}
    kind = traced.kind if traced else 'quarantine' if '_quarantine_' in name else 'other'
    listed = [[column, catalog[column].type if column in catalog else '',
               catalog[column].comment if column in catalog else '',
               int(columns[column].protected) if column in columns else 0,
               columns[column].unknown if column in columns else '',
               [step.place for step in columns[column].steps] if column in columns else []]
              for column in dict.fromkeys([*columns, *catalog])]
    file = traced.file if traced else ''
    owner = owners.get(name.partition('_quarantine_')[0]) or owners.get(file) or (
        table.parameters.get(OWNER, '') if table else '')
    return {'name': name, 'kind': kind, 'file': file, 'owner': owner,
            'description': (table.description or '') if table else '', 'rows': published.rows.get(name),
            'parts': list(published.parts.get(name, ())), 'history': list(published.history.get(name, ())),
            'failed': list(published.failed.get(name, ())),
            'columns': listed, 'unknown': [text for text in (
                (traced.further_columns, traced.unknown_rows) if traced else ()) if text]}


def _workflows(workflows: Mapping[tuple[str, str], Workflow], published: PublishedLake) -> list[dict[str, object]]:
    last: dict[str, Mapping[str, Any]] = {}
    for run in published.runs:
        last.setdefault(str(run['source_key']).lower(), run)
    return [{'name': f'{database}/{table}', 'files': list(workflow.present_files),
             'description': workflow.input.table_description or '', 'owner': workflow.input.owner or '',
             'transforms': [step.key for step in workflow.steps],
             'status': str(last.get(f'{database}/{table}'.lower(), {}).get('job_latest_status', ''))}
            for (database, table), workflow in workflows.items()]


def match_figures(folders: LakeFolders, databases: Iterable[str]) -> list[Mapping[str, object]]:
    """Return the figures of each database that was matched; others are left out."""
    found: list[Mapping[str, object]] = []
    for database in databases:
        try:
            matched = MatchedDatabase(folders, database)
        except LakeError:
            continue    # It has no match yet.
        thresholds = {str(level.id): level.threshold for level in matched.spec.levels}
        found.append({'database': database, **asdict(figures_of(matched.known_keys(), thresholds))})
    return found


def column_names(published: PublishedLake) -> dict[str, list[str]]:
    """Return the columns of each published table, partition keys last."""
    return {name: [column.name for column in (*table.columns, *table.partition_keys)]
            for name, table in published.tables.items()}
