"""Mainframe files are read with the values that programs of GnuCOBOL moved into them, and as Cobrix reads them."""
from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pytest

pytest.importorskip('pyarrow')
pytest.importorskip('pyspark')
FOLDER = Path(__file__).resolve().parents[1] / 'cobol'
sys.path.insert(0, str(FOLDER))
from written_files import decoded_rows, differences  # noqa: E402  # the folder has to be on the path first


def answers(name):
    """Return what was written, without the line about the program that answered."""
    with gzip.open(FOLDER / name, 'rt', encoding='utf-8') as file:
        return [json.loads(line) for line in file][1:]


def test_files_of_programs_have_the_values_that_the_programs_moved():
    cases = answers('gnucobol.jsonl.gz')
    assert len(cases) >= 100
    for case in cases:
        rows = decoded_rows(case['copybook'], bytes.fromhex(case['written']), encoding='latin-1', floats='ieee',
                            native_byte_order='little', record_length=case['length'])
        assert differences(rows, case['rows']) == [], case['copybook']


def test_files_in_ebcdic_are_read_as_cobrix_reads_them():
    cases = answers('cobrix.jsonl.gz')
    assert len(cases) >= 100
    for case in cases:
        rows = decoded_rows(case['copybook'], bytes.fromhex(case['content']), encoding=case['page'],
                            record_format='V' if case['variable'] else 'F', odo_slides=case['variable'])
        assert differences(rows, case['true']) == differences(rows, case['rows']) == [], case['copybook']
