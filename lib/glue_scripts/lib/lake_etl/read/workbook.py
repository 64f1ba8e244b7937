"""Opens sheets of a workbook, decrypting it if needed, and converts their cells to text.

A damaged workbook can kill the process that opens it, so a separate process opens it first: the library allocates all
cells between the first and the last one of a sheet. A cell in the far corner, by damage or by mistake, then needs more
memory than there is, and the process dies without an error that could be caught.
"""
from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from lake_etl import runtime
from lake_etl.config.formats.excel_format import ADDRESS, ALL_SHEETS, ExcelSection
from lake_etl.errors import DataError, LakeError
from lake_etl.read.source_files import PreparedFile
from lake_etl.read.workbook_formulas import formulas_without_results

# The first bytes of Microsoft's older container format. Encrypted workbooks of newer formats use it, too.
CONTAINER = bytes.fromhex('d0cf11e0a1b11ae1')
# Above this, a floating-point number does not distinguish all whole numbers.
MOST_EXACT_NUMBER = 2 ** 53
NAMED_CELLS = 5
PANIC = 'PanicException'
MEMORY_LIMIT = 4 * 1024 ** 3
OUT_OF_MEMORY = 3


@dataclass(frozen=True)
class Area:
    """A rectangle of cells; rows and columns count from 0, and an end that is None is open."""

    left: int
    top: int
    right: int | None = None
    bottom: int | None = None


@dataclass(frozen=True)
class Sheet:
    """A sheet's name and its rows from the first one on, each beginning in column `left`, counted from 0."""

    name: str
    left: int
    rows: Iterator[list[object]]


def cell_area(address: str) -> Area:
    """Return the area of an address such as `A1` or `B3:F35`, which the check of the input_spec has accepted."""
    match = ADDRESS.fullmatch(address.strip())
    assert match, address
    left, top, right, bottom = match.groups()
    if right is None:
        return Area(_column_number(left), int(top) - 1)
    return Area(_column_number(left), int(top) - 1, _column_number(right), int(bottom) - 1)


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord('A') + 1
    return number - 1


class DateText(str):
    """The text of a cell that holds a date."""


class MomentText(str):
    """The text of a cell that holds a date with a time of day."""


class TimeText(str):
    """The text of a cell with a time format: a time of day, or in a column of dates the serial 0 or a lower one."""


def cell_text(value: object) -> str | None:
    """Return a cell's value in the form it would have in delimited text; None for an empty cell or an error."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < MOST_EXACT_NUMBER:
        return str(int(value))
    if isinstance(value, datetime):
        return MomentText(value.isoformat(' '))
    if isinstance(value, date):
        return DateText(value.isoformat())
    if isinstance(value, time):
        return TimeText(value)
    if isinstance(value, timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return TimeText(f'{minutes // 60:02}:{minutes % 60:02}:{seconds:02}')
    text = str(value)
    return text if text.strip() else None


def open_sheets(file: PreparedFile, section: ExcelSection) -> list[Sheet]:
    """Return the sheets that the section chooses, at least one; loads the whole workbook into memory.

    Raises DataError naming the file when it cannot be opened, or lacks the sheets.
    """
    import python_calamine
    content = runtime.files(file.uri).read(file.uri) or b''
    with _failures_named(file):
        decrypted = _decrypt(content, file, section.password)
        if not fits_in_memory(decrypted.getvalue(), section.sheet_names, section.combine_sheets):
            raise DataError(f'{file.name} needs more than {MEMORY_LIMIT >> 30} GiB of memory, or is damaged. Delete '
                            'cells far to the right of its table or far below it, save it, and land it again.')
        workbook = python_calamine.CalamineWorkbook.from_filelike(decrypted)
        names, hidden = _worksheets(workbook)
        chosen, missing = choose_sheets(names, section.sheet_names, hidden, section.combine_sheets)
        if missing or not chosen:
            raise DataError(f'{file.name} has no sheet {" or ".join(map(repr, missing))}; it has '
                            f'{", ".join(map(repr, names))}. Correct sheet_names in the excel section of the '
                            'input_spec. Hidden sheets are read only by name.')
        for name in chosen:
            _require_results(decrypted.getvalue(), name, section, file)
        sheets = [(name, workbook.get_sheet_by_name(name)) for name in chosen]
        return [Sheet(name, sheet.start[1] if sheet.start else 0, _sheet_rows(sheet, file)) for name, sheet in sheets]


def _worksheets(workbook: Any) -> tuple[list[str], frozenset[str]]:
    """Return the names of all sheets with cells, not of charts, and the names of those that are hidden."""
    import python_calamine
    sheets = [item for item in workbook.sheets_metadata if item.typ == python_calamine.SheetTypeEnum.WorkSheet]
    hidden = frozenset(item.name for item in sheets if item.visible != python_calamine.SheetVisibleEnum.Visible)
    return [item.name for item in sheets], hidden


def _require_results(content: bytes, sheet: str, section: ExcelSection, file: PreparedFile) -> None:
    """Raise DataError when a formula in the area has no stored result, because its value would be lost."""
    area = cell_area(section.data_address)
    found = [address for address in formulas_without_results(content, sheet) if _holds(area, cell_area(address))]
    if found:
        more = f' and {len(found) - NAMED_CELLS:,} more' if len(found) > NAMED_CELLS else ''
        named = ', '.join(found[:NAMED_CELLS])
        raise DataError(f"{file.name} has formulas without a stored result in the cells {named}{more} of the sheet "
                        f"'{sheet}', so their values are not known. Open it in a spreadsheet program, which "
                        "calculates them, save it and land it again; or leave the cells out of the range in "
                        "'data_address' of the excel section in the input_spec.")


def _holds(area: Area, cell: Area) -> bool:
    return (area.left <= cell.left and area.top <= cell.top
            and (area.right is None or cell.left <= area.right) and (area.bottom is None or cell.top <= area.bottom))


def choose_sheets(names: Sequence[str], requested: Sequence[str], hidden: Collection[str], combine: bool
                  ) -> tuple[list[str], list[str]]:
    """Return the sheets to read, and what of the request does not exist.

    combine  whether to read all requested sheets; otherwise the first one that exists
    """
    if ALL_SHEETS in requested:
        return [name for name in names if name not in hidden], []
    if combine:
        found = {item: choose_sheet(names, [item], hidden) for item in requested}
        chosen = dict.fromkeys(name for name in found.values() if name is not None)
        return list(chosen), [item for item, name in found.items() if name is None]
    first = choose_sheet(names, requested, hidden)
    return ([first], []) if first is not None else ([], list(requested))


def choose_sheet(names: Sequence[str], requested: Sequence[str], hidden: Collection[str] = ()) -> str | None:
    """Return the first requested sheet that exists, found by name in any letter case, or by position from 0.

    hidden  names of sheets that only their name finds; positions do not count them
    """
    by_name = {name.lower(): name for name in names}
    visible = [name for name in names if name not in hidden]
    for item in requested:
        if item.lower() in by_name:
            return by_name[item.lower()]
        if item.isascii() and item.isdigit() and int(item) < len(visible):
            return visible[int(item)]
    return None


def _sheet_rows(sheet: Any, file: PreparedFile) -> Iterator[list[object]]:
    with _failures_named(file):
        yield from sheet.iter_rows()


@contextmanager
def _failures_named(file: PreparedFile) -> Iterator[None]:
    """Turn any error that the library raises for a damaged workbook into a DataError that names the file."""
    import python_calamine
    try:
        yield
    except python_calamine.PasswordError:
        raise _needs_password(file) from None
    except LakeError:
        raise
    except Exception:
        raise _damaged(file) from None
    except BaseException as error:
        # A panic of the library's Rust code is a BaseException, not an Exception.
        if type(error).__name__ != PANIC:
            raise
        raise _damaged(file) from None


def _decrypt(content: bytes, file: PreparedFile, password: str | None) -> io.BytesIO:
    """Return the decrypted workbook, or the workbook itself if it is not encrypted."""
    if not content.startswith(CONTAINER):
        return io.BytesIO(content)
    import msoffcrypto
    from msoffcrypto.exceptions import InvalidKeyError
    decrypted = io.BytesIO()
    try:
        office = msoffcrypto.OfficeFile(io.BytesIO(content))
        if not office.is_encrypted():
            return io.BytesIO(content)
        if password is None:
            raise _needs_password(file)
        office.load_key(password=password)
        office.decrypt(decrypted)
    except InvalidKeyError:
        raise DataError(f'{file.name} does not open with the password of the excel section in the input_spec. Correct '
                        'the password there.') from None
    return io.BytesIO(decrypted.getvalue())


def _needs_password(file: PreparedFile) -> DataError:
    return DataError(f"{file.name} is protected by a password. Set 'password' in the excel section of the input_spec, "
                     'or land the workbook unprotected. A protected ods file must be landed unprotected.')


def _damaged(file: PreparedFile) -> DataError:
    return DataError(f'{file.name} cannot be opened as a workbook: it is damaged, or a file of another kind. Land it '
                     'again, saved by the program that made it.')


def fits_in_memory(content: bytes, sheets: Sequence[str], combine: bool = False) -> bool:
    """Tell whether a separate process can open the sheets with MEMORY_LIMIT bytes of memory.

    Returns True for any other error, which the caller gets when it opens the sheets itself.
    """
    trial = subprocess.run([sys.executable, '-m', __name__, json.dumps([sheets, combine])], input=content, check=False,
                           capture_output=True, env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)})
    return trial.returncode >= 0 and trial.returncode != OUT_OF_MEMORY


def main() -> None:
    """Open the workbook from standard input, and its sheets; exit with OUT_OF_MEMORY if they are too large."""
    import python_calamine
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        names, hidden = _worksheets(workbook)
        sheets, combine = json.loads(sys.argv[1])
        # All of them stay in memory, as in the load.
        _ = [workbook.get_sheet_by_name(name) for name in choose_sheets(names, sheets, hidden, combine)[0]]
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)


if __name__ == '__main__':
    main()
