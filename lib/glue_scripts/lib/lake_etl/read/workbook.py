"""Opens one sheet of a workbook, also an encrypted one, and writes its cells as text."""
from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from lake_etl import runtime
from lake_etl.config.formats.excel_format import ADDRESS, ExcelSection
from lake_etl.errors import DataError, LakeError
from lake_etl.read.source_files import PlainFile

# Files of Microsoft's older container, in which also newer workbooks lie once they are encrypted.
CONTAINER = bytes.fromhex('d0cf11e0a1b11ae1')
# Beyond it a floating-point number does not tell whole numbers apart.
WHOLE_NUMBERS = 2 ** 53
PANIC = 'PanicException'
LARGEST = 4 * 1024 ** 3
OUT_OF_MEMORY = 3


@dataclass(frozen=True)
class Area:
    """A rectangle of cells, rows and columns counted from 0; open to the right or below where an end is None."""

    left: int
    top: int
    right: int | None = None
    bottom: int | None = None


@dataclass(frozen=True)
class Sheet:
    """A sheet's rows from its first one on, each beginning in column `left`, counted from 0."""

    left: int
    rows: Iterator[list[object]]


def cell_area(address: str) -> Area:
    """Return the area of an address such as `A1` or `B3:F35`, which was checked with the input_spec."""
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


def cell_text(value: object) -> str | None:
    """Return a cell's value as delimited text would have it; None for a cell that holds nothing, or an error."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < WHOLE_NUMBERS:
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(' ')
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return f'{minutes // 60:02}:{minutes % 60:02}:{seconds:02}'
    text = str(value)
    return text if text.strip() else None


def open_sheet(file: PlainFile, section: ExcelSection) -> Sheet:
    """Return the first sheet of the section that the workbook has.

    Raises DataError naming the file when it cannot be opened or has none of them. The workbook is in memory as a whole.
    """
    import python_calamine
    content = runtime.files(file.uri).read(file.uri) or b''
    with _failures_named(file):
        plain = _decrypted(content, file, section.password)
        if not can_be_opened(plain.getvalue(), section.sheet_names):
            raise DataError(f'{file.name} needs more than {LARGEST >> 30} GiB of memory, or is damaged. Delete what '
                            'stands far to the right of its table or far below, and save it again.')
        workbook = python_calamine.CalamineWorkbook.from_filelike(plain)
        names = workbook.sheet_names
        name = chosen_sheet(names, section.sheet_names)
        if name is None:
            raise DataError(f'{file.name} has no sheet {" or ".join(map(repr, section.sheet_names))}; it has '
                            f'{", ".join(map(repr, names))}. Correct sheet_names in the excel section of the '
                            'input_spec.')
        sheet = workbook.get_sheet_by_name(name)
        return Sheet(sheet.start[1] if sheet.start else 0, _rows_of(sheet, file))


def chosen_sheet(names: Sequence[str], wishes: Sequence[str]) -> str | None:
    """Return the first wish that names a sheet, upper and lower case alike, or else gives its position from 0."""
    by_name = {name.lower(): name for name in names}
    for wish in wishes:
        if wish.lower() in by_name:
            return by_name[wish.lower()]
        if wish.isascii() and wish.isdigit() and int(wish) < len(names):
            return names[int(wish)]
    return None


def _rows_of(sheet: Any, file: PlainFile) -> Iterator[list[object]]:
    with _failures_named(file):
        yield from sheet.iter_rows()


@contextmanager
def _failures_named(file: PlainFile) -> Iterator[None]:
    """Turn whatever the library lets through of a damaged workbook into a DataError that names the file."""
    import python_calamine
    try:
        yield
    except python_calamine.PasswordError:
        raise _needs_password(file) from None
    except LakeError:
        raise
    except Exception as error:
        raise _damaged(file, error) from None
    except BaseException as error:
        # Where the library's Rust code comes upon what it takes for impossible, the error is no Exception.
        if type(error).__name__ != PANIC:
            raise
        raise _damaged(file, error) from None


def _decrypted(content: bytes, file: PlainFile, password: str | None) -> io.BytesIO:
    """Return the workbook in plain; one that is not encrypted as it is."""
    if not content.startswith(CONTAINER):
        return io.BytesIO(content)
    import msoffcrypto
    from msoffcrypto.exceptions import InvalidKeyError
    plain = io.BytesIO()
    try:
        office = msoffcrypto.OfficeFile(io.BytesIO(content))
        if not office.is_encrypted():
            return io.BytesIO(content)
        if password is None:
            raise _needs_password(file)
        office.load_key(password=password)
        office.decrypt(plain)
    except InvalidKeyError:
        raise DataError(f'{file.name} does not open with the password of the excel section in the input_spec. Correct '
                        'the password there.') from None
    return io.BytesIO(plain.getvalue())


def _needs_password(file: PlainFile) -> DataError:
    return DataError(f"{file.name} is protected by a password. Set 'password' in the excel section of the input_spec, "
                     'or land the workbook unprotected (a protected ods file always so).')


def _damaged(file: PlainFile, error: BaseException) -> DataError:
    return DataError(f'{file.name} cannot be opened as a workbook ({type(error).__name__}). Land it again, '
                     'saved by the program that made it.')


def can_be_opened(content: bytes, sheets: Sequence[str]) -> bool:
    """Tell whether a process with LARGEST bytes of memory survives the sheet; other errors the caller meets again."""
    trial = subprocess.run([sys.executable, '-m', __name__, json.dumps(sheets)], input=content, check=False,
                           capture_output=True, env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)})
    return trial.returncode >= 0 and trial.returncode != OUT_OF_MEMORY


def main() -> None:
    """Open the workbook that comes in, and its sheet; end with OUT_OF_MEMORY where they are too large."""
    import python_calamine
    resource.setrlimit(resource.RLIMIT_AS, (LARGEST, LARGEST))
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        name = chosen_sheet(workbook.sheet_names, json.loads(sys.argv[1]))
        if name is not None:
            workbook.get_sheet_by_name(name)
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)


if __name__ == '__main__':
    main()
