"""Runs the earlier and the present configuration on a sample in lakes of their own, and compares their tables."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lake_etl import runtime
from lake_etl.adapters.local.catalog_file import reading
from lake_etl.adapters.local.catalog_rows import read_tables
from lake_etl.adapters.local.duckdb_sample_diff import SampleDiff, compare_samples
from lake_etl.adapters.local.sqlite_catalog import SqliteCatalog
from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.arguments import EXECUTION_COLUMN
from lake_etl.config.configuration_files import folded
from lake_etl.config.input import InputSpec
from lake_etl.config.input_formats import choose_format
from lake_etl.config.personal_columns import looks_personal
from lake_etl.errors import LakeError
from lake_etl.ports import Partition, Table
from lake_etl.publish.ownership import remembered_of
from lib.local_lake.checks.case_files import GIVEN, TESTS, visible
from lib.local_lake.checks.case_run import forget_session_tables
from lib.local_lake.folders import LakeFolders
from lib.local_lake.planning.lake_comparison import workflows_before
from lib.local_lake.planning.lake_plan import LakePlan, lake_files
from lib.local_lake.planning.recorded_files import SUCCEEDED
from lib.local_lake.progress import doing
from lib.local_lake.running.laptop_session import start_session
from lib.local_lake.running.orchestration import Orchestrator, land
from lib.local_lake.showing.report import QUARANTINE

LOOKUPS = ('value-lookup', 'multi-lookup', 'hash-values')
COMPRESSED = ('.gz', '.bz2', '.zip', '.zst', '.xz')
SIDES = ('earlier', 'present')


@dataclass(frozen=True)
class SampleFile:
    """A file of the sample: the key that starts its load, and the files to land, in order, with their content."""

    workflow: str
    key: str
    parts: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class SampleComparison:
    """What both configurations make of a sample.

    files     that were loaded
    missing   workflows for which there is no file
    failures  a sentence for each load that failed: side, file and reason
    """

    files: tuple[SampleFile, ...]
    missing: tuple[str, ...]
    failures: tuple[str, ...]
    tables: tuple[SampleDiff, ...]


def compare_on_sample(folders: LakeFolders, plan: LakePlan, lines: int) -> SampleComparison:
    """Load a sample with both configurations, and compare all tables that both have filled.

    lines  of each file, if its format has lines; a file of another format is loaded whole

    Raises LakeError for a number of lines below 1.
    """
    if lines < 1:
        raise LakeError(f'--rows {lines}: expected a number of lines, 1 or more.')
    touched = {plan.after.filler(effect.workflow) for effect in plan.comparison.effects if effect.changes_data}
    touched |= {*plan.followers}
    touched |= {plan.after.filler(name) for name in plan.after.names.values() for database in touched
                if '/' not in database and folded(name).startswith(f'{folded(database)}/')}
    needed = workflows_before(touched & {*plan.after.names.values()}, plan.after)
    files = [found for name in plan.comparison.order if name in needed
             for found in sample_files(folders, plan, name, lines)]
    missing = tuple(sorted(touched & {*plan.after.names.values()} - {found.workflow for found in files}))
    failures: list[str] = []
    with folders.working_folder() as place:
        start_session(place, small_data=True)
        sides = []
        try:
            for side, configuration in zip(SIDES, (plan.before, folders.configuration), strict=True):
                lake = LakeFolders.of(str(place / side), str(configuration))
                with doing(f'Loading the sample with the {side} configuration', len(files), 'files') as loaded:
                    failures += _load(lake, folders, side, loaded.each(files))
                sides.append(_tables(lake))
        finally:
            forget_session_tables()
            runtime.open_catalog(folders.catalog)
        with doing('Comparing cells', unit='tables') as compared:
            tables = tuple(_compared(plan, sides[0][table], sides[1][table])
                           for table in compared.each([table for table in sides[1] if table in sides[0]]))
    return SampleComparison(tuple(files), missing, tuple(failures), tables)


def sample_files(folders: LakeFolders, plan: LakePlan, workflow: str, lines: int) -> Iterator[SampleFile]:
    """Yield the last file of a workflow in Collect, or the last source file of its test cases; nothing without one."""
    read = plan.after.workflows.get(folded(workflow))
    spec = read.input if read else InputSpec()
    recorded = lake_files(folders, plan.after).get(workflow, [])
    present = [item for item in recorded if folded(item.file) in plan.collected]
    if present:
        dropped = plan.collected[folded(present[-1].file)]
        folder, _, name = dropped.key.rpartition('/')
        day, target = present[-1].day, folders.collect / folder
        named = [name] if spec.files is None else [path.name for path in visible(target) if path.name != name] + [name]
        if spec.controls and spec.controls.side_file:
            named.insert(0, spec.controls.side_file.file_for(name))
        key = f'{workflow}/{day}'
        yield SampleFile(workflow, f'{key}/{name}', tuple(
            (f'{key}/{part}', _beginning(target / part, spec, lines)) for part in named if (target / part).is_file()))
        return
    cases = folders.configuration / TESTS / workflow.replace('/', '-', 1)
    given = [path for case in visible(cases) for path in visible(case / GIVEN) if path.is_file()]
    if given:
        yield SampleFile(workflow, f'{workflow}/{given[-1].name}', (
            (f'{workflow}/{given[-1].name}', _beginning(given[-1], spec, lines)),))


def _beginning(path: Path, spec: InputSpec, lines: int) -> bytes:
    """Return the first lines of a text file, those above the data in addition; any other file as a whole."""
    has_ends = '\n'.encode(spec.encoding) == b'\n'
    whole = path.name.lower().endswith(COMPRESSED) or spec.skip_footer or spec.controls or not has_ends
    if whole or not choose_format(path.name, spec).has_lines:
        return path.read_bytes()
    with path.open('rb') as file:
        return b''.join(line for _, line in zip(range(lines + spec.skip_rows + 1), file, strict=False))


def _load(lake: LakeFolders, given: LakeFolders, side: str, files: Iterable[SampleFile]) -> Iterator[str]:
    """Load the sample into a new lake; yield a sentence for each load that fails."""
    from lib.local_lake.commands.run import landing_of
    with lake.writing():
        runtime.open_catalog(lake.catalog)
        forget_session_tables()
        for table in LOOKUPS if given.database_file.exists() else ():
            SqliteItems().put_all(lake.items(table), SqliteItems().scan(given.items(table)))
        orchestrator = Orchestrator(lake, small_data=True)
        for file in files:
            for key, content in file.parts:
                execution = land(lake, key, content)
            landing = landing_of(file.workflow, file.key.removeprefix(f'{file.workflow}/'), None)
            result = orchestrator.run(landing, execution)
            if result.status != SUCCEEDED:
                reason = ' '.join(result.reason.replace(str(lake.root), '.lake').split())
                yield f'With the {side} configuration {file.key} is not loaded. {reason}'


def _tables(lake: LakeFolders) -> dict[str, tuple[Table, Sequence[Partition]]]:
    if not lake.database_file.exists():
        return {}
    with reading(lake.catalog) as connection:
        tables = list(read_tables(connection))
    catalog = SqliteCatalog(lake.catalog)
    return {f'{table.database}.{table.name}': (table, catalog.partitions(table.database, table.name))
            for table in tables if QUARANTINE not in table.name}


def _compared(plan: LakePlan, before: tuple[Table, Sequence[Partition]], after: tuple[Table, Sequence[Partition]]
              ) -> SampleDiff:
    name = f'{after[0].database}.{after[0].name}'
    own = {effect.column for effect in plan.comparison.effects if effect.table == name}
    below = [item for item in plan.comparison.downstream if item.table == name]
    columns = {column.name.lower() for column in after[0].columns}
    changing = own | {column for item in below for column in item.columns}
    if '' in own or any(not item.columns for item in below):
        # Rows are compared as a whole, unless something tells them apart.
        changing = changing or columns
    return compare_samples(before, after, changing - {''}, without_sums((before[0], after[0])), {EXECUTION_COLUMN})


def without_sums(tables: Iterable[Table]) -> set[str]:
    """Return the columns whose sums stay hidden: a sum of few rows shows values that are protected or look personal."""
    return {name.lower() for table in tables for name in (
        *remembered_of(table).protected, *(column.name for column in table.columns if looks_personal(column.name)))}
