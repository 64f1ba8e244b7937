"""Writes files by programs of GnuCOBOL, for generated copybooks: python3 test/cobol/run_gnucobol.py (needs cobc).

Each program moves known values into the fields of a record, and writes it. The suite reads the written files with the
lake, so it needs no compiler. Debian has the compiler as the package gnucobol3.
"""
from __future__ import annotations

import gzip
import json
import subprocess
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

from generated_copybooks import RECORDS, Described, Maker, copybook_text

ANSWERS = Path(__file__).resolve().parent / 'gnucobol.jsonl.gz'
COPYBOOKS, LENGTH = 120, 1200
# How to compile: seeds in turn, as far as no table varies in length. In the default dialect some fields behind such a
# table follow its last element, and some do not.
WAYS = (('-std=ibm', '-fodoslide', '-fcomplex-odo'), ('-std=default',))


def main() -> None:
    """Write copybooks, written files and values."""
    version = subprocess.run(['cobc', '--version'], capture_output=True, text=True, check=True).stdout.split('\n')[0]
    with gzip.GzipFile(ANSWERS, 'wb', mtime=0) as file:
        file.write(json.dumps({'compiler': version}).encode() + b'\n')
        for seed in range(1, COPYBOOKS + 1):
            file.write(json.dumps(_answer(seed), separators=(',', ':')).encode() + b'\n')
    print(f'{COPYBOOKS} programs of {version}.')


def _answer(seed: int) -> dict[str, Any]:
    maker = Maker(seed, 'gnu')
    record = maker.record()
    rows = [maker.values(record.children, {}) for _ in range(RECORDS)]
    options = WAYS[0 if maker.counters else seed % len(WAYS)]
    copybook = copybook_text(record, seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / 'record.cpy').write_text(copybook, encoding='ascii')
        (path / 'program.cob').write_text(_program(record, rows), encoding='ascii')
        subprocess.run(['cobc', '-x', '-fixed', *options, '-fsign=EBCDIC', '-fnotrunc',
                        'program.cob'],
                       cwd=path, check=True)
        subprocess.run(['./program'], cwd=path, check=True)
        written = (path / 'written.dat').read_bytes()
    # GnuCOBOL writes a descriptor word of its own in front of each record.
    written = b''.join(written[start + 4:start + 4 + LENGTH] for start in range(0, len(written), LENGTH + 4))
    return {'seed': seed, 'copybook': copybook, 'length': LENGTH,
            'written': written.hex(), 'rows': json.loads(json.dumps(rows, default=str))}


def _program(record: Described, rows: list[dict[str, Any]]) -> str:
    moves: list[str] = []
    for row in rows:
        moves += [*_moves(record.children, row, ()), 'WRITE WHOLE-RECORD']
    lines = ['IDENTIFICATION DIVISION.', 'PROGRAM-ID. PROGRAM1.', 'ENVIRONMENT DIVISION.', 'INPUT-OUTPUT SECTION.',
             'FILE-CONTROL.', '    SELECT WRITTEN-FILE ASSIGN TO "written.dat"', '    ORGANIZATION IS SEQUENTIAL.',
             'DATA DIVISION.', 'FILE SECTION.', 'FD WRITTEN-FILE.', 'COPY "record.cpy".',
             # Written as a whole, because GnuCOBOL does not know how long a record with fields behind a table is.
             f'01 WHOLE-RECORD PIC X({LENGTH}).', 'PROCEDURE DIVISION.', '    OPEN OUTPUT WRITTEN-FILE.',
             *(f'    {move}.' for move in moves), '    CLOSE WRITTEN-FILE.', '    STOP RUN.']
    return ''.join(f'       {line}\n' for line in _short(lines))


def _short(lines: list[str]) -> list[str]:
    """Return the lines with their second half on a line of its own, so that none is too long."""
    return [part for line in lines for part in (
        (line.split(' TO ')[0], f'      TO {line.split(" TO ")[1]}') if line.startswith('    MOVE') else (line,))]


def _moves(items: tuple[Described, ...], values: dict[str, Any], subscripts: tuple[int, ...]) -> list[str]:
    found: list[str] = []
    for item in items:
        if item.name not in values:
            continue
        value = values[item.name]
        elements = [(value, subscripts)] if not item.most else [
            (element, (*subscripts, number)) for number, element in enumerate(value, 1)]
        for element, places in elements:
            if item.kind == 'group':
                found += _moves(item.children, element, places)
            else:
                target = item.name + (f' ({" ".join(map(str, places))})' if places else '')
                found.append(f'MOVE {_literal(element)} TO {target}')
    return found


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"' if value else 'SPACES'
    return f'{value:f}' if isinstance(value, (Decimal, float)) else str(value)


if __name__ == '__main__':
    main()
