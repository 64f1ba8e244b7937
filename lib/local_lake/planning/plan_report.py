"""Prints a plan: personal data first, then what breaks, what changes, and what to load again."""
from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING

from lib.local_lake.planning.collected_again import why_missing
from lib.local_lake.planning.effect import PERSONAL, STRUCTURE, ConfigurationEffect
from lib.local_lake.planning.lake_plan import LAST_LOADS, LakePlan, some_of
from lib.local_lake.planning.needed_reloads import WorkflowReload
from lib.local_lake.planning.recorded_files import RecordedFile
from lib.local_lake.showing.output import print_rows, terminal_width

if TYPE_CHECKING:
    from lake_etl.adapters.local.duckdb_sample_diff import ColumnDiff
    from lib.local_lake.planning.sample_runs import SampleComparison

WIDEST = 120
MAY_CHANGE = re.compile(' changes?$')
SHOWN_EFFECTS = 40


def plan_document(plan: LakePlan) -> dict[str, object]:
    """Return a plan for a program: every key is always there."""
    comparison = plan.comparison
    return {
        'compared_with': plan.compared, 'changes_data': comparison.changes_data,
        'effects': [asdict(effect) for effect in comparison.effects],
        'breakages': [asdict(item) for item in comparison.breakages],
        'downstream': [asdict(item) for item in comparison.downstream],
        'reloads': [{'workflow': reload.workflow, 'reason': reload.reason, 'files': [
            {'file': item.file, 'partition': item.day, 'rows': item.rows, 'seconds': item.seconds,
             'in_collect': item not in plan.missing(reload)} for item in reload.files]} for reload in plan.reloads],
        'notes': list(plan.notes)}


def print_plan(plan: LakePlan) -> None:
    """Print a plan for people; lines fit the terminal."""
    for line in plan_lines(plan):
        print(line)


def print_lines(lines: Iterable[str]) -> None:
    """Print lines with an indent, folded to the width of the terminal."""
    for line in _wrapped(lines, _width()):
        print(line)


def _width() -> int:
    return min(terminal_width(sys.stdout) or WIDEST, WIDEST)


def plan_lines(plan: LakePlan) -> Iterator[str]:
    """Yield the lines of a plan."""
    width = _width()
    effects = plan.comparison.effects
    for line in _sentences(plan):
        yield from textwrap.wrap(line, width)
    sections = (
        ('Personal data', [_place(effect) + _detail(effect) for effect in effects if effect.kind in PERSONAL]),
        ('What breaks', [f'{item.place}: {item.reason}' for item in plan.comparison.breakages if item.certain]),
        ('What may break',
         [f'{item.place}: {item.reason}' for item in plan.comparison.breakages if not item.certain]),
        ('What changes', list(_changes(effects))),
        ('What is made of these', [
            f'{item.table}: {", ".join(item.columns) or "its rows"}' + ('' if item.certain else ' (may change)')
            for item in plan.comparison.downstream]),
        ('To load again', [text for reload in plan.reloads for text in _reload(plan, reload)]),
        ('Only described', [f'{_place(effect)}{_detail(effect)}' for effect in effects
                            if effect.kind == 'documentation']))
    for title, lines in sections:
        if lines:
            yield ''
            yield title
            yield from _wrapped(lines[:SHOWN_EFFECTS], width)
            if len(lines) > SHOWN_EFFECTS:
                yield f'  and {len(lines) - SHOWN_EFFECTS:,} more; --format json has all'


def _sentences(plan: LakePlan) -> Iterator[str]:
    effects = plan.comparison.effects
    data = [effect for effect in effects if effect.changes_data]
    if not plan.comparison.changes_data:
        described = ', except for what is only described' if plan.comparison.effects else ''
        yield f'Nothing changes compared with {plan.compared}{described}.'
    else:
        workflows = len({effect.workflow for effect in data})
        yield (f'Compared with {plan.compared}, {_count(len(data), "effect")} in {_count(workflows, "workflow")}'
               + ('.' if plan.reloads else ', and no file to load again.'))
        anew = {effect.reload for effect in data} == {'one'}
        if anew and plan.compared == LAST_LOADS and not plan.reloads:
            yield 'A later load has filled these tables and views anew, so they have the change already.'
    if plan.reloads and not plan.comparison.changes_data:
        yield 'Some files were loaded with another configuration than the present one.'
    if plan.pending.needs:
        yield 'An earlier ./lake apply did not end; ./lake apply goes on with it.'
    if any(effect.kind in STRUCTURE and effect.reload == 'all' for effect in effects):
        yield ('Loads refuse other columns and types unless allow_schema_change permits them; by default it does so in '
               'Dev only.')
    yield from plan.notes


def _changes(effects: Iterable[ConfigurationEffect]) -> Iterator[str]:
    for effect in effects:
        if effect.kind in (*PERSONAL, 'documentation'):
            continue
        what = effect.kind if effect.certain else MAY_CHANGE.sub(' may change', effect.kind)
        yield f'{_place(effect)}: {what}{_detail(effect, ", ")}'


def _place(effect: ConfigurationEffect) -> str:
    return f'{effect.table}.{effect.column}' if effect.column else effect.table


def _detail(effect: ConfigurationEffect, sign: str = ': ') -> str:
    return f'{sign}{effect.detail}' if effect.detail else ''


def _reload(plan: LakePlan, reload: WorkflowReload) -> Iterator[str]:
    missing = plan.missing(reload)
    because = '' if reload.reason == 'own' else ', because it reads changed tables'
    yield f'{reload.workflow}: {reload_summary(reload.files)}{because}'
    reasons = {item: why_missing(item, plan.collected) for item in missing}
    for reason in sorted({*reasons.values()}):
        named = some_of([item.file for item in missing if reasons[item] == reason])
        yield f'  of these, {reason}: {named}. Their rows stay as they are'


def sample_document(found: SampleComparison) -> dict[str, object]:
    """Return the comparison for a program."""
    return {'files': [item.key for item in found.files], 'without_sample': list(found.missing),
            'failures': list(found.failures),
            'tables': [{'table': item.table, 'rows_before': item.rows[0], 'rows_after': item.rows[1],
                        'added': item.added, 'removed': item.removed, 'added_columns': list(item.added_columns),
                        'removed_columns': list(item.removed_columns),
                        'columns': [{'column': column.column, 'cells': column.cells,
                                     'sum_before': column.sums[0] if column.sums else None,
                                     'sum_after': column.sums[1] if column.sums else None}
                                    for column in item.columns]} for item in found.tables]}


def print_sample(found: SampleComparison) -> None:
    """Print what both configurations make of a sample: counts and sums, no values of rows."""
    from lib.local_lake.showing.text_table import Count  # Only this table needs the package rich.
    print('\nOn a sample')
    print_lines([*(item.key for item in found.files), *found.failures,
                 *(f'There is no file of {name} in Collect, and no test case.' for name in found.missing)])
    same = [item.table for item in found.tables if not item.differs]
    if same:
        print_lines([f'Without a difference: {", ".join(same)}'])
    rows: list[tuple[object, ...]] = []
    for item in found.tables:
        if item.differs:
            rows.append((item.table, 'rows', None, Count(item.rows[0]), Count(item.rows[1]),
                         Count(item.rows[1] - item.rows[0])))
            rows += [(item.table, word, Count(number), None, None, None)
                     for word, number in (('added rows', item.added), ('removed rows', item.removed)) if number]
            rows += [(item.table, f'{word} {name}', None, None, None, None)
                     for word, names in (('new column', item.added_columns), ('no column', item.removed_columns))
                     for name in names]
            rows += [(item.table, column.column, Count(column.cells), *_amounts(column)) for column in item.columns]
    if rows:
        print_rows(('table', 'what', 'cells that differ', 'sum before', 'sum after', 'difference'), rows)


def _amounts(column: ColumnDiff) -> tuple[object, object, object]:
    before, after = column.sums or (None, None)
    return before, after, None if before is None or after is None else after - before


def reload_summary(files: Sequence[RecordedFile]) -> str:
    """Return how many files, rows and partitions are loaded again, and how long that took last time."""
    days = sorted({item.day for item in files})
    known = [item.seconds for item in files if item.seconds is not None]
    took = '' if not known else f', {sum(known, Decimal()):,.1f} s last time'
    some = f' ({len(known)} of {len(files)} on record)' if known and len(known) < len(files) else ''
    return (f'{_count(len(files), "file")}, {_count(sum(item.rows for item in files), "row")}, '
            f'{_count(len(days), "partition")} {some_of(days)}{took}{some}')


def _count(number: int, noun: str) -> str:
    return f'{number:,} {noun}{"" if number == 1 else "s"}'


def _wrapped(lines: Iterable[str], width: int) -> Iterator[str]:
    for line in lines:
        indent = '  ' + ' ' * (len(line) - len(line.lstrip()))
        yield from textwrap.wrap(line.strip(), width, initial_indent=indent, subsequent_indent=f'{indent}  ')
