"""`./lake demo`: load the sample data sets end to end and show what came of them."""
from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from datetime import datetime

from lake_etl.adapters.local.duckdb_queries import query
from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.errors import LakeError
from lake_etl.landing.location import read_key
from lake_etl.transform.lookup_loading import lookup_items
from lib.local_lake.folders import LakeFolders
from lib.local_lake.running.orchestration import Orchestrator, execution_of, land
from lib.local_lake.running.samples import CUSTOMERS, LOOKUPS, QUERY, QUESTION, RESOURCES, SAMPLES, Sample
from lib.local_lake.running.small_data import is_small
from lib.local_lake.showing.match_source import MatchedDatabase
from lib.local_lake.showing.matched_people import show_matches
from lib.local_lake.showing.output import print_rows
from lib.local_lake.showing.report import QUARANTINE, TableSummary, published_tables

NEXT = (
    './lake tables',
    './lake query "SELECT * FROM syntheticgeneraldata_consume.policydata LIMIT 5"',
    './lake match explain {database} {pair}',
    './lake match report {database}',
    './lake watch    (then drop a file into {collect}/DATABASE/TABLE/)',
)

SMALL_ROWS = 10_000


@dataclass(frozen=True)
class Loaded:
    """The execution that loaded a sample, and the seconds it took: None when that was in an earlier run."""

    execution: str
    seconds: float | None


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Load what is not loaded yet; end with the published tables, an example query and what to try next."""
    started = time.monotonic()
    print(f'Loading {len(SAMPLES)} sample data sets into the lake in {folders.root}.')
    with folders.writing():
        _load_lookups(folders)
        few_rows = options.rows is None or options.rows <= SMALL_ROWS
        orchestrator = Orchestrator(folders, small_data=few_rows and is_small(folders, 0))
        orchestrator.close_interrupted_runs()
        loaded = [_load(orchestrator, sample, number, options.rows) for number, sample in enumerate(SAMPLES, 1)]
    _show_tables(folders, loaded)
    print(f'\n{QUESTION}\n{QUERY}')
    answer = query(folders.catalog, QUERY)
    print_rows(answer.columns, answer.rows)
    pair = show_matches(MatchedDatabase(folders, CUSTOMERS))
    print(f'\nDone in {time.monotonic() - started:.0f} s. Try next:')
    for command in NEXT:
        print(f'  {command.format(collect=folders.collect, database=CUSTOMERS, pair=pair)}')
    return 0


def _load_lookups(folders: LakeFolders) -> None:
    for source_system, file in LOOKUPS:
        items = lookup_items(source_system, (RESOURCES / file).read_bytes(), file)
        SqliteItems().put_all(folders.items('value-lookup'), items)


def _load(orchestrator: Orchestrator, sample: Sample, number: int, rows: int | None) -> Loaded:
    """Load one sample unless this very content was loaded before; raises LakeError with the reason when it fails."""
    content = _content(sample, rows)
    title = f'{number}/{len(SAMPLES)} {sample.workflow}'
    collect = orchestrator.folders.collect
    landed = collect / sample.key
    if landed.exists() and landed.read_bytes() == content:
        before = execution_of(sample.key, landed.stat())
        if orchestrator.has_succeeded(before):
            print(f'{title}: loaded before, unchanged.')
            return Loaded(before, None)
    execution = land(orchestrator.folders, sample.key, content)
    print(f'{title}: {len(content) / 1024:,.0f} KiB', end='', flush=True)
    result = orchestrator.run(read_key(sample.key, datetime.now()), execution,
                              lambda job: print(f', {job}', end='', flush=True))
    if result.status != 'SUCCEEDED':
        print(', failed.')
        raise LakeError(f'{sample.key} was not loaded. {result.reason}')
    seconds = sum(result.seconds.values())
    print('\n  '.join([f', {seconds:.1f} s', *result.told]))
    return Loaded(execution, seconds)


def _content(sample: Sample, rows: int | None) -> bytes:
    if rows is None:
        return sample.path.read_bytes()
    from tempfile import TemporaryDirectory

    from resources.sample_data import write_sample
    with TemporaryDirectory() as folder:
        target = f'{folder}/{sample.file}'
        write_sample(sample.data_set, rows, 1, target)
        with open(target, 'rb') as file:
            return file.read()


def _show_tables(folders: LakeFolders, loaded: list[Loaded]) -> None:
    tables = published_tables(folders)
    rows = [_table_row(table, tables, item.seconds) for item in loaded for table in tables
            if table.filled_by(item.execution) and not table.is_quarantine]
    print()
    print_rows(('database', 'table', 'rows', 'columns', 'quarantined', 'seconds'), rows)


def _table_row(table: TableSummary, tables: list[TableSummary], seconds: float | None) -> tuple[object, ...]:
    quarantined = sum(other.rows for other in tables if other.name.startswith(f'{table.name}{QUARANTINE}'))
    shown = '' if seconds is None else f'{seconds:.1f}'
    return table.database, table.table, table.rows, table.columns, quarantined, shown
