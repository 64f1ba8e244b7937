"""Parquet files are read right whatever program wrote them: times of any unit, old dates, empty columns, all codecs."""
from __future__ import annotations

from datetime import date, datetime, time

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake_etl.config.formats.parquet_format import ParquetSection
from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError
from lake_etl.read.source import read_collected_file
from lake_etl.read.source_files import KnownTypes

MOMENTS = [datetime(2024, 1, 5, 10, 30, 0, 123456), datetime(1850, 1, 1, 1, 2, 3), None]


@pytest.fixture
def read(spark, tmp_path):
    """A function that writes a table with pyarrow and reads it."""
    def read_table(table: pa.Table | bytes, table_types=None, **options):
        path = tmp_path / 'a.parquet'
        if isinstance(table, bytes):
            path.write_bytes(table)
        else:
            pq.write_table(table, path, **options)
        return read_collected_file(spark, str(path), InputSpec(parquet=ParquetSection()),
                                   lambda names: KnownTypes(table_types=table_types or {}),
                                   scratch=str(tmp_path / 'scratch'))
    return read_table


def values(df, name: str) -> list:
    return [row[name] for row in df.select(name).collect()]


def types(df) -> dict[str, str]:
    return {field.name: field.dataType.simpleString() for field in df.schema.fields}


@pytest.mark.parametrize('zone', [None, 'UTC'])
@pytest.mark.parametrize('unit', ['us', 'ns'])
def test_times_of_any_unit_and_century_are_timestamps(read, unit, zone):
    df = read(pa.table({'at': pa.array(MOMENTS, pa.timestamp(unit, zone))}))
    assert types(df) == {'at': 'timestamp'}
    assert values(df, 'at') == MOMENTS


@pytest.mark.parametrize('moments', [MOMENTS, [datetime(1600, 1, 1), datetime(2300, 1, 1)]])
def test_times_of_other_writers_in_int96_are_timestamps(read, moments):
    df = read(pa.table({'at': pa.array(moments, pa.timestamp('us'))}), use_deprecated_int96_timestamps=True)
    assert values(df, 'at') == moments


def test_what_pandas_writes_is_read_with_a_warning_if_digits_are_lost(read, tmp_path, caplog):
    frame = pd.DataFrame({'at': pd.to_datetime(['2024-01-05 10:30:00.123456789', None]), 'empty': [None, None]})
    frame.to_parquet(tmp_path / 'pandas.parquet')
    df = read((tmp_path / 'pandas.parquet').read_bytes())
    assert types(df) == {'at': 'timestamp', 'empty': 'string'}
    assert df.collect() == [(datetime(2024, 1, 5, 10, 30, 0, 123456), None), (None, None)]
    assert 'times with more than six digits of a second' in caplog.text


def test_dates_before_the_calendar_of_today_are_kept(read):
    days = [date(1582, 1, 1), date(1899, 12, 31), date(9999, 12, 31)]
    assert values(read(pa.table({'day': pa.array(days, pa.date32())})), 'day') == days


@pytest.mark.parametrize(('kind', 'text'), [
    (pa.time32('ms'), '10:30:01.000'), (pa.time64('us'), '10:30:01.000005'), (pa.time64('ns'), '10:30:01.000005000')])
def test_a_time_of_day_is_text(read, kind, text):
    moment = time(10, 30, 1, 5 if kind.bit_width == 64 else 0)
    assert values(read(pa.table({'t': pa.array([moment], kind)})), 't') == [text]


def test_types_inside_structures_are_converted_too(read):
    kind = pa.struct([('at', pa.timestamp('ns')), ('empty', pa.null()), ('times', pa.list_(pa.time64('us')))])
    inside = {'at': datetime(2024, 1, 5), 'empty': None, 'times': [time(1, 2, 3)]}
    df = read(pa.table({'p': pa.array([inside, None], kind)}))
    assert types(df) == {'p': 'struct<at:timestamp,empty:string,times:array<string>>'}
    assert [row and row.asDict() for row in values(df, 'p')] == [inside | {'times': ['01:02:03.000000']}, None]


@pytest.mark.parametrize('codec', ['brotli', 'lz4', 'zstd', 'gzip', 'snappy', 'none'])
def test_every_codec_is_read(read, codec):
    df = read(pa.table({'a': list(range(200_000))}), compression=codec, row_group_size=50_000)
    assert (df.count(), df.agg({'a': 'sum'}).collect()[0][0]) == (200_000, 199_999 * 100_000)


def test_equal_names_get_their_position_and_those_of_members_are_refused(read):
    assert [tuple(row) for row in read(pa.table([[1], [2]], names=['Pol', 'pol'])).collect()] == [(1, 2)]
    assert read(pa.table([[1], [2]], names=['Pol', 'pol'])).columns == ['Pol0', 'pol1']
    with pytest.raises(DataError, match='a.parquet has structures .* in the columns p. '):
        read(pa.table({'p': [{'A': 1, 'a': 2}]}))


def test_a_published_type_without_a_time_zone_stays(read):
    df = read(pa.table({'at': pa.array(MOMENTS, pa.timestamp('us'))}), {'at': 'timestamp_ntz'})
    assert types(df) == {'at': 'timestamp_ntz'}


@pytest.mark.parametrize(('content', 'message'), [
    (b'PAR1', 'not a Parquet file'), (b'id,amount', 'not a Parquet file'),
    (pa.table({'a': pa.array([], pa.int64())}), 'holds no rows')])
def test_a_file_without_rows_is_refused_by_name(read, content, message):
    with pytest.raises(DataError, match=f'a.parquet .*{message}'):
        read(content)


def test_reading_starts_no_spark_job(read, spark_jobs):
    with spark_jobs() as jobs:
        read(pa.table({'at': pa.array(MOMENTS, pa.timestamp('ns'))}))
        assert jobs() <= 1, 'Spark itself reads a footer for the schema'
