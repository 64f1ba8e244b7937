"""`./lake demo`: loads the sample data sets end to end and shows the results."""
from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from lake_etl.adapters.local.duckdb_queries import query
from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.errors import LakeError
from lake_etl.landing.location import read_key
from lake_etl.transform.lookup_items import lookup_items
from lib.local_lake.folders import LakeFolders
from lib.local_lake.progress import doing
from lib.local_lake.running.collected_files import execution_of
from lib.local_lake.running.laptop_session import is_small
from lib.local_lake.running.orchestration import Orchestrator, land
from lib.local_lake.running.samples import CUSTOMERS, LOOKUPS, QUERY, QUESTION, RESOURCES, SAMPLES, Sample
from lib.local_lake.showing.match_source import NEW, KnownKey, MatchedDatabase
from lib.local_lake.showing.output import print_rows
from lib.local_lake.showing.report import QUARANTINE, TableSummary, published_tables
from lib.local_lake.showing.text_table import Count

NEXT = (
    './lake tables',
    './lake query "SELECT * FROM syntheticgeneraldata_consume.policydata LIMIT 5"',
    './lake match explain {database} {pair}',
    './lake match report {database}',
    './lake watch    (then drop a file into {collect}/DATABASE/TABLE/)',
)

SMALL_ROWS = 10_000
PEOPLE_OF_A_LEVEL = 2
PERSON_COLUMNS = ('firstname', 'lastname', 'customerdob', 'phonenumber', 'email')


@dataclass(frozen=True)
class Loaded:
    """The execution that loaded a sample, and its seconds; None when an earlier run loaded it."""

    execution: str
    seconds: float | None


def run(folders: LakeFolders, options: argparse.Namespace) -> int:
    """Load samples that are not loaded yet; print the published tables, an example query, and commands to try next."""
    started = time.monotonic()
    print(f'Loading {len(SAMPLES)} sample data sets into the lake in {folders.root}.')
    with folders.writing():
        _load_lookups(folders)
        few_rows = options.rows is None or options.rows <= SMALL_ROWS
        orchestrator = Orchestrator(folders, small_data=few_rows and is_small(folders, 0))
        orchestrator.close_interrupted_runs()
        with doing('Loading the samples', len(SAMPLES), 'samples') as samples:
            loaded = [_load(orchestrator, sample, number, options.rows)
                      for number, sample in enumerate(samples.each(SAMPLES), 1)]
    _show_tables(folders, loaded)
    print(f'\n{QUESTION}\n{QUERY}')
    with doing('Computing the answer'):
        answer = query(folders.catalog, QUERY)
    print_rows(answer.columns, answer.rows)
    pair = _show_matches(MatchedDatabase(folders, CUSTOMERS))
    print(f'\nDone in {time.monotonic() - started:.0f} s. Try next:')
    for command in NEXT:
        print(f'  {command.format(collect=folders.collect, database=CUSTOMERS, pair=pair)}')
    return 0


def _load_lookups(folders: LakeFolders) -> None:
    for source_system, file in LOOKUPS:
        items = lookup_items(source_system, (RESOURCES / file).read_bytes(), file)
        SqliteItems().put_all(folders.items('value-lookup'), items)


def _load(orchestrator: Orchestrator, sample: Sample, number: int, rows: int | None) -> Loaded:
    """Load one sample unless the same content was loaded before; raises LakeError with the reason of a failure."""
    content = _content(sample, rows)
    title = f'{number}/{len(SAMPLES)} {sample.workflow}'
    collect = orchestrator.folders.collect
    landed = collect / sample.key
    if landed.exists() and landed.read_bytes() == content:
        before = execution_of(sample.key, landed.stat())
        if orchestrator.has_succeeded(before):
            print(f'{title}: already loaded, unchanged.')
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
    with doing(f'Generating {sample.file}'), TemporaryDirectory() as folder:
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
    return (table.database, table.table, Count(table.rows), table.columns, Count(quarantined),
            None if seconds is None else Decimal(f'{seconds:.1f}'))


def _show_matches(matched: MatchedDatabase) -> str:
    """Print how many keys each level has matched and some of the people; return a pair of keys worth explaining."""
    known = matched.known_keys()
    people = {key.global_id for key in known}
    counts = Counter(key.level for key in known)
    levels = [str(level.id) for level in matched.spec.levels]
    by_level = ', '.join(f'{counts[level]} by level {level}' for level in levels)
    print(f'\n{len(known)} source keys belong to {len(people)} people: {by_level}, {counts[NEW]} were new. '
          'Some of them:\n')
    chosen = _chosen_people(known, levels)
    with doing('Looking for the rows of people', sum(map(len, chosen)), 'rows') as found:
        values = {key: _values(matched, key) for key in found.each([key for person in chosen for key in person])}
    rows = [(key.global_id[:8] if number == 0 else '', str(key.source), *values[key], key.level,
             None if key.score is None else round(key.score, 4))
            for person in chosen for number, key in enumerate(person)]
    print_rows(('person', 'source key', *PERSON_COLUMNS, 'level', 'score'), rows)
    return ' '.join(str(key.source) for key in chosen[-1][:2]) if chosen else ''


def _chosen_people(known: Sequence[KnownKey], levels: Sequence[str]) -> list[list[KnownKey]]:
    """Return the keys of the first few people that each level matched; each has several keys."""
    people: dict[str, list[KnownKey]] = {}
    for key in known:
        people.setdefault(key.global_id, []).append(key)
    chosen: dict[str, list[KnownKey]] = {}
    for level in levels:
        fitting = (person for person, keys in people.items()
                   if len(keys) > 1 and person not in chosen and any(key.level == level for key in keys))
        for person, _ in zip(fitting, range(PEOPLE_OF_A_LEVEL), strict=False):
            chosen[person] = people[person]
    return list(chosen.values())


def _values(matched: MatchedDatabase, key: KnownKey) -> list[object]:
    row = matched.row(key.source)
    return [row.get(name) for name in PERSON_COLUMNS]
