"""Compares the outcome of a test case with the files in its folder `expected`, and writes these files."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from lake_etl.arguments import EXECUTION_COLUMN
from lake_etl.errors import ConfigurationError, LakeError, Problem
from lib.local_lake.checks.case_csv import CaseTable, case_csv, read_case_csv
from lib.local_lake.checks.case_files import (
    COLUMNS, CONVERSIONS, EXPECTATIONS, EXPECTED, FAILURE, GIVEN, QUARANTINE, RULES, SETTINGS, TABLES, WorkflowCase,
    visible)
from lib.local_lake.checks.case_outcome import PROTECTED, CaseOutcome, row_order
from lib.local_lake.checks.comparison import ComparedColumns, Difference, RowSet, compare_rows

# Columns that are new in each run.
CHANGING = (EXECUTION_COLUMN, 'quarantine_timestamp')
# Files that tell what went wrong: without them nothing may go wrong. They need not have all columns.
INCIDENTS = {QUARANTINE: 'quarantined row', CONVERSIONS: 'failed conversion'}
PARTIAL = (*INCIDENTS, RULES)
MOST_SHOWN = 10
MISSING_TABLE = 'which does not exist yet'
GIVEN_TABLES = f' In a case, rows of other tables are in {GIVEN}/{TABLES}/DATABASE.TABLE.csv.'


def has_expectations(case: WorkflowCase) -> bool:
    """Tell whether a case says what it expects."""
    return bool(expected_files(case))


def expected_files(case: WorkflowCase) -> list[str]:
    """Return the files of a case in the folder `expected`, by their paths below it, in the order of comparison."""
    present = [name for name in EXPECTATIONS if (case.expected / name).is_file()]
    return [*present, *(f'{TABLES}/{path.name}' for path in visible(case.expected / TABLES))]


def compare(case: WorkflowCase, outcome: CaseOutcome) -> list[str]:
    """Return a sentence for each thing in which the outcome differs from what a case expects.

    Raises ConfigurationError when an expected file cannot be read.
    """
    files = expected_files(case)
    if not files:
        return [f'nothing is expected yet; ./lake check {case.workflow} --case {case.folder.name} --record writes what '
                'the run gave']
    if reason := _failure(case, outcome, files):
        return [reason]
    hidden = _recorded_protection(case)
    sentences = []
    for file in files:
        if file != FAILURE and not (outcome.failure and file not in PARTIAL):
            sentences += [f'{file} {item}' for item in _compare_file(case, outcome, file, hidden)]
    for file, noun in INCIDENTS.items():
        rows = len(outcome.row_sets[file].rows) if file in outcome.row_sets else 0
        if rows and file not in files:
            found = f'there is 1 {noun}' if rows == 1 else f'there are {rows} {noun}s'
            sentences.append(f'{found}, and {EXPECTED}/{file} is missing: what goes wrong has to be expected there')
    return sentences


def _failure(case: WorkflowCase, outcome: CaseOutcome, files: Sequence[str]) -> str:
    """Return in which way the end of the load differs from the expected one; an empty text if it does not."""
    if outcome.failure and not case.settings.fails:
        return f'the load failed: {outcome.failure}{GIVEN_TABLES if MISSING_TABLE in outcome.failure else ""}'
    if case.settings.fails and not outcome.failure:
        return f"the load succeeded, and {SETTINGS} says 'fails: true'"
    if not outcome.failure or FAILURE not in files:
        return ''
    wanted = ' '.join((case.expected / FAILURE).read_text(encoding='utf-8-sig').split())
    return '' if wanted in outcome.failure else f'{FAILURE}: the load failed for another reason: {outcome.failure}'


def _compare_file(case: WorkflowCase, outcome: CaseOutcome, file: str, hidden: frozenset[str]) -> list[str]:
    content = read_case_csv(case.expected / file, f'{case.name}/{EXPECTED}/{file}')
    found = outcome.row_sets.get(_stored(file))
    if found is None:
        known = ', '.join(name for name in outcome.row_sets if name not in (*PARTIAL, COLUMNS)) or 'none'
        return [f'is of a table that the load did not fill; the rows that it gave are compared with {known}']
    scope = ComparedColumns(_ignored(case), case.settings.partial or file in PARTIAL, hidden)
    if file == COLUMNS and case.settings.partial:
        found = _named_tables(content, found)
    return shortened(compare_rows(content.columns, content.rows, found, scope))


def _stored(file: str) -> str:
    """Return the name by which the outcome knows a file; names of tables are in lower case there."""
    return file.lower() if file.startswith(TABLES) else file


def shortened(differences: Sequence[Difference]) -> list[str]:
    """Return the first differences as sentences, and how many more there are in which columns."""
    shown = [item.text for item in differences[:MOST_SHOWN]]
    counts: dict[str, int] = {}
    for item in differences[MOST_SHOWN:]:
        counts[item.column] = counts.get(item.column, 0) + 1
    if counts:
        parts = [f'{count} in column {column}' if column else f'{count} rows' for column, count in counts.items()]
        shown.append(f'has {len(differences) - MOST_SHOWN} more differences: {", ".join(parts)}')
    return shown


def _named_tables(content: CaseTable, found: RowSet) -> RowSet:
    """Return the columns that were found of tables that the expected file names."""
    position = next((number for number, name in enumerate(content.columns) if name.lower() == 'table'), None)
    named = set() if position is None else {row[position] for row in content.rows}
    return replace(found, rows=tuple(row for row in found.rows if row[0] in named))


def _ignored(case: WorkflowCase) -> frozenset[str]:
    return frozenset(name.lower() for name in (*CHANGING, *case.settings.ignore))


def _recorded_protection(case: WorkflowCase) -> frozenset[str]:
    """Return the columns that were protected when the case was recorded, in lower case."""
    return frozenset(name for columns in _recorded_columns(case).values() for name, is_protected in columns.items()
                     if is_protected)


def _recorded_columns(case: WorkflowCase) -> dict[str, dict[str, bool]]:
    """Return by table the columns when the case was recorded, in lower case, and whether each was protected."""
    file = case.expected / COLUMNS
    if not file.is_file():
        return {}
    content = read_case_csv(file, f'{case.name}/{EXPECTED}/{COLUMNS}')
    found: dict[str, dict[str, bool]] = {}
    for row in (dict(zip(map(str.lower, content.columns), cells, strict=True)) for cells in content.rows):
        if row.get('column'):
            columns = found.setdefault(str(row.get('table')).lower(), {})
            columns[str(row['column']).lower()] = row.get('protected') == PROTECTED
    return found


def record(case: WorkflowCase, outcome: CaseOutcome) -> list[Path]:
    """Write the outcome as what a case expects, in place of what is there; return the files.

    Raises LakeError, and writes nothing, when the load failed and need not, or when a column is not protected any more:
    expected files hold what is published, and never personal data in clear text by accident.
    """
    if reason := _failure(case, outcome, ()):
        raise LakeError(f"{case.name} was not recorded: {reason}. A case of a load that has to fail says 'fails: true' "
                        f'in {SETTINGS}.')
    _require_protection(case, outcome)
    texts = dict(_texts(case, outcome))
    for file in expected_files(case):
        if _stored(file) not in texts:
            (case.expected / file).unlink()
    for file, text in texts.items():
        place = case.expected / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding='utf-8', newline='\n')
    return [case.expected / file for file in texts]


def _require_protection(case: WorkflowCase, outcome: CaseOutcome) -> None:
    now = {name for row_set in outcome.row_sets.values() for name in row_set.protected}
    present = {name for row_set in outcome.row_sets.values() for name in row_set.names}
    if lost := sorted((_recorded_protection(case) - now) & present):
        raise ConfigurationError([Problem(
            f'{case.name}/{EXPECTED}/{COLUMNS}', ', '.join(lost), 'protected when the case was recorded and not '
            'protected now, so the expected files would hold clear text',
            "protect them again; if the clear text is intended, empty their cells in the column 'protected'")])
    if problems := list(_in_place_of_protected(case, outcome.row_sets[COLUMNS])):
        raise ConfigurationError(problems)


def _in_place_of_protected(case: WorkflowCase, columns: RowSet) -> Iterator[Problem]:
    """Yield a problem for each table that has new columns in clear text and has lost protected ones, maybe renamed."""
    recorded = _recorded_columns(case)
    for table in sorted({str(row[0]) for row in columns.rows}):
        before = recorded.get(table, {})
        now = {str(row[1]).lower(): row[3] == PROTECTED for row in columns.rows if row[0] == table}
        gone = [name for name, is_protected in before.items() if is_protected and name not in now]
        new = [name for name, is_protected in now.items() if not is_protected and name not in before]
        if gone and new:
            yield Problem(
                f'{case.name}/{EXPECTED}/{COLUMNS}', f'{table}: {", ".join(gone)}', 'protected when the case was '
                f'recorded and gone now, and {", ".join(new)} in clear text may hold the same values',
                "protect what was renamed; if it is something else, empty the cells of what is gone in 'protected'")


def _texts(case: WorkflowCase, outcome: CaseOutcome) -> Iterator[tuple[str, str]]:
    """Yield the path and text of each expected file."""
    if outcome.failure:
        yield FAILURE, outcome.failure + '\n'
    ignored = _ignored(case)
    for file, row_set in outcome.row_sets.items():
        if outcome.failure and file not in PARTIAL or file in PARTIAL and not row_set.rows:
            continue
        chosen = [number for number, name in enumerate(row_set.names) if name.lower() not in ignored]
        rows = [tuple(row[number] for number in chosen) for row in row_set.rows]
        # Ignored columns must not decide the order either, or files would change with each update.
        rows.sort(key=row_order)
        yield file, case_csv(CaseTable(tuple(row_set.names[number] for number in chosen), tuple(rows)))
