"""Collects what the pages of a lake show, from its configuration, catalog and records."""
from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from lake_etl import runtime
from lake_etl.arguments import OWNER
from lake_etl.column_lineage.lineage_graph import LineageGraph
from lake_etl.column_lineage.workflow_lineage import LakeConfiguration, trace_lake
from lake_etl.config.workflow import Workflow
from lake_etl.controls.run_records import QUARANTINE_OPERATION, WRITE_OPERATION
from lake_etl.ports import Table
from lib.local_lake.showing.job_usage import LakeUsage, added, monthly_usage
from lib.local_lake.showing.run_summary import rule_summaries, run_summary

AUDIT, LINEAGE, RESULTS = 'job-audit', 'data-lineage', 'dq-results'
# What each record of a run has.
RUN = frozenset({'execution_id', 'source_key', 'job_start_date', 'job_latest_status'})


@dataclass(frozen=True)
class PublishedLake:
    """What the catalog and the records of a lake hold; all empty for a lake that is not there yet.

    tables      of the catalog, by `<database>.<table>`
    rows        number of rows of each table whose number is known
    parts       partitions of each table, such as `2026/01/31`
    runs        records of runs, the latest first
    history     for each table, the moment and the number of rows of each load
    results     outcome of each rule of a run, by the id of its execution
    failed      rules of each quarantine table, with the number of rows that failed them
    operations  what a run wrote and quarantined, as its lineage has it, by the id of its execution
    usage       of AWS Glue by runs
    """

    tables: Mapping[str, Table] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    parts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    runs: Sequence[Mapping[str, Any]] = ()
    history: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)
    results: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    operations: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    failed: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)
    usage: LakeUsage = LakeUsage()


def with_records(published: PublishedLake, audit: str, lineage: str, results: str) -> PublishedLake:
    """Return it with what item tables record: runs, their operations, rows of each load, and results of rules.

    audit, lineage, results  addresses of the tables; an empty one for a table that the lake does not have

    Leaves out records without what the pages show, such as those of another program. Raises ItemStoreError.
    """
    runs = [_described(item) for item in _items(audit) if RUN.issubset(item)]
    history: dict[str, list[tuple[str, int]]] = {}
    operations: dict[str, list[Mapping[str, Any]]] = {}
    for record in filter(_counts_rows, _items(lineage)):
        operations.setdefault(str(record['step_function_execution_id']), []).append(record)
        if record['dataset_operation'] == WRITE_OPERATION:
            written = json.loads(record['info'])
            history.setdefault(str(written['table']), []).append(
                (str(record['time_of_operation'])[:16], int(written['rows'])))
    outcomes: dict[str, list[Mapping[str, Any]]] = {}
    for item in _items(results):
        if 'Outcome' in item:
            outcomes.setdefault(str(item['execution_id']), []).append(item)
    return replace(published, runs=sorted(runs, key=lambda item: str(item['job_start_date']), reverse=True),
                   history={name: sorted(loads) for name, loads in history.items()}, operations=operations,
                   results=outcomes)


def _items(address: str) -> Iterable[Mapping[str, Any]]:
    return runtime.items(address).scan(address) if address else ()


def _described(run: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the record of a run with its file and partition, which on AWS are in the input of the state machine.

    Records that AWS InsuranceLake has written have no `landed_at`; their errors may quote values, so they are left out.
    """
    if 'file' in run or not run.get('sfn_input'):
        return run
    given = json.loads(run['sfn_input'])
    days = [str(given[name]) for name in ('p_year', 'p_month', 'p_day') if name in given]
    hidden = {} if 'landed_at' in run else {'error_message': ''}
    return {'file': str(given.get('base_file_name', '')), 'partition': '/'.join(days), **run, **hidden}


def _counts_rows(record: Mapping[str, Any]) -> bool:
    """Tell whether a record of lineage counts the rows that were written or quarantined."""
    if record.get('dataset_operation') not in (WRITE_OPERATION, QUARANTINE_OPERATION):
        return False
    information = json.loads(record['info'])
    return 'table' in information and 'rows' in information


def summarize(configuration: LakeConfiguration, published: PublishedLake,
              matches: Iterable[Mapping[str, object]] | None = (),
              samples: Mapping[str, Sequence[Mapping[str, object]]] | None = None) -> dict[str, object]:
    """Return all that the pages show, ready to be written as JSON.

    matches  figures of each matched database; None if they are not known, because no rows were read
    samples  quarantined rows by the name of their table; None: no values from rows

    Raises LakeError when tables are made of each other in a circle.
    """
    graph, owners = trace_lake(configuration), _owners(configuration.workflows)
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
                'samples': list((samples or {}).get(name, ()))} for name in names], 'edges': edges,
            'steps': list(steps),
            'unread': list(graph.unread), 'workflows': _workflows(configuration.workflows, published),
            'rules': rule_summaries(configuration.workflows, published.runs, published.results),
            'runs': [run_summary(item, published.operations.get(str(item['execution_id']), ()),
                                 published.results.get(str(item['execution_id']), ()),
                                 published.usage.loads.get(str(item['execution_id']), {})) for item in published.runs],
            'usage': _usage(published),
            'matches': None if matches is None else list(matches)}


def _usage(published: PublishedLake) -> dict[str, object]:
    """Return what the recorded runs took of AWS Glue, by workflow and month."""
    usage = published.usage
    loads = [(str(run['source_key']), str(run['job_start_date']), added(usage.loads[run['execution_id']].values()))
             for run in published.runs if run['execution_id'] in usage.loads]
    return {'missing': usage.missing, 'price': usage.price.kind if usage.price else None, **monthly_usage(loads)}


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


def column_names(published: PublishedLake) -> dict[str, list[str]]:
    """Return the columns of each published table, partition keys last."""
    return {name: [column.name for column in (*table.columns, *table.partition_keys)]
            for name, table in published.tables.items()}
