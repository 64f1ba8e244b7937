"""A damaged Parquet or ORC file is refused by name, without words of Java, and the session reads the next one."""
from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError
from lake_etl.read.source import read_collected_file, read_errors_named

ROWS = pa.table({'id': [f'{number:05}' for number in range(200)], 'paid': [number / 7 for number in range(200)]})


def parquet() -> bytes:
    content = io.BytesIO()
    pq.write_table(ROWS, content, compression='gzip')
    return content.getvalue()


def orc_file() -> bytes:
    content = io.BytesIO()
    orc.write_table(ROWS, content, compression='zlib')
    return content.getvalue()


def damaged(content: bytes) -> dict[str, bytes]:
    middle = len(content) // 2
    quarter = middle // 2
    return {'cut in the middle': content[:middle], 'lines before': b'junk\n' + content,
            'zeros inside': content[:quarter] + bytes(middle) + content[quarter + middle:],
            'another format': b'id,paid\n00001,1.5\n'}


@pytest.mark.parametrize(('name', 'kind', 'content'), [
    ('a.parquet', 'Parquet', parquet()), ('a.orc', 'ORC', orc_file())])
def test_a_damaged_file_is_refused_by_name_and_the_next_one_is_read(spark, tmp_path, name, kind, content):
    spec = InputSpec()

    def read(folder: str, part: bytes) -> int:
        file = tmp_path / folder / name
        file.parent.mkdir()
        file.write_bytes(part)
        df = read_collected_file(spark, str(file), spec, scratch=str(tmp_path / 'scratch'))
        with read_errors_named(str(file), str(file), spec, scans_only=True):
            return len(df.collect())

    for case, part in damaged(content).items():
        with pytest.raises(DataError) as refused:
            read(case, part)
        text = str(refused.value)
        assert f'{case}/{name} could not be read. It is not a' in text or f'It is not {kind}' in text, case
        assert 'damaged' in text and 'Exception' not in text and 'Spark' not in text, case
    assert read('whole', content) == 200
