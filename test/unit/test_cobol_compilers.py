"""Files that programs of GnuCOBOL wrote are read with the values that the programs moved into them."""
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
from written_files import decoded_rows, flat, same  # noqa: E402  # the folder has to be on the path first

WRITTEN = [json.loads(line) for line in gzip.open(FOLDER / 'gnucobol.jsonl.gz', 'rt', encoding='utf-8')][1:]


@pytest.mark.parametrize('case', WRITTEN, ids=lambda case: str(case['seed']))
def test_a_program_s_file_has_its_values(case):
    rows = decoded_rows(
        case['copybook'], bytes.fromhex(case['written']), encoding='latin-1', floats='ieee',
        native_byte_order='little', record_length=case['length'])
    assert len(rows) == len(case['rows'])
    for found, true in zip(rows, case['rows'], strict=True):
        assert {name: (found[name], value) for name, value in flat(true).items() if not same(found[name], value)} == {}
