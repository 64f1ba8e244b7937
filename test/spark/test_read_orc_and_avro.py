"""ORC files are read as they declare it; Avro files where Spark has the jar, and else the error names the jar."""
from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import orc

from lake_etl.config.formats.avro_format import AvroSection
from lake_etl.config.formats.orc_format import OrcSection
from lake_etl.config.input import InputSpec
from lake_etl.config.input_formats import choose_format
from lake_etl.errors import DataError
from lake_etl.read.source import read_collected_file

ROWS = {'id': ['007', None], 'paid': [1.5, 2.0], 'at': [datetime(2024, 1, 5, 10, 30, 0, 5), None],
        'day': [date(1899, 12, 31), None]}


@pytest.fixture
def read(spark, tmp_path):
    """A function that reads a file of this name."""
    def read_file(name: str, **spec):
        return read_collected_file(spark, str(tmp_path / name), InputSpec(**spec), scratch=str(tmp_path / 'scratch'))
    return read_file


@pytest.mark.parametrize(('name', 'spec'), [('a.orc', {}), ('a.dat', {'orc': OrcSection()})])
def test_orc_keeps_its_types(read, tmp_path, name, spec):
    orc.write_table(pa.table(ROWS), str(tmp_path / name))
    df = read(name, **spec)
    assert {field.name: field.dataType.simpleString() for field in df.schema.fields} == {
        'id': 'string', 'paid': 'double', 'at': 'timestamp', 'day': 'date'}
    assert {name: [row[name] for row in df.collect()] for name in df.columns} == ROWS


def test_orc_without_rows_is_refused_by_name(read, tmp_path):
    orc.write_table(pa.table({'id': pa.array([], pa.string())}), str(tmp_path / 'a.orc'))
    with pytest.raises(DataError, match='a.orc holds no rows'):
        read('a.orc')


def test_the_section_decides_whatever_the_extension():
    spec = InputSpec(avro=AvroSection())
    assert spec.avro is not None and choose_format('a.csv', spec).name == 'Avro'


@pytest.mark.parametrize(('name', 'spec'), [('a.avro', {}), ('a.dat', {'avro': AvroSection()})])
def test_avro_without_the_jar_names_the_jar(read, spark, tmp_path, name, spec):
    (tmp_path / name).write_bytes((Path(__file__).parents[1] / 'golden' / 'fastavro.avro').read_bytes())
    with pytest.raises(DataError, match=f'{name} is Avro, .*spark-avro_.*:{spark.version}'):
        read(name, **spec)


def test_an_avro_file_that_is_cut_short_is_refused_before_spark_reads_it(read, tmp_path):
    content = (Path(__file__).parents[1] / 'golden' / 'fastavro.avro').read_bytes()
    for name, part, words in (
            ('cut.avro', content[:-30], 'is cut short or damaged: its last block'),
            ('header.avro', content[:300], 'is not a whole Avro file: its header'),
            ('other.avro', b'id,paid\n1,2\n', 'is not a whole Avro file: its header'),
            ('endless.avro', b'Obj\x01' + b'\xff' * 40, 'is not a whole Avro file: its header')):
        (tmp_path / name).write_bytes(part)
        with pytest.raises(DataError, match=f'{name} {words}'):
            read(name)
