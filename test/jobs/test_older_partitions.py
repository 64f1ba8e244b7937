"""A load that changes column types gives older partitions these types too, or is refused where a value does not fit."""
from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from lake_etl import runtime
from lake_etl.errors import SchemaChangeError
from lake_etl.publish.load_files import data_files
from lake_etl.publish.sources import sources_of

SPEC = 'transformation-spec/Gen-Policy.json'
DAYS = [f'Gen/Policy/2026/03/0{day}/a.csv' for day in (1, 2, 3)]


def configure(lake, kind, setting='evolve', **further):
    lake.configure(SPEC, {'input_spec': {'allow_schema_change': setting, 'types': {'value': kind, 'key': 'string'},
                                         **further}})


def types_in_files(lake, database='gen', table='policy', column='value'):
    """Return the types of a column that the partitions' files have, by day."""
    return {item.values[2]: {str(pq.read_schema(file).field(column).type) for file in data_files(item.location)}
            for item in lake.catalog.partitions(database, table)}


# Each column: its type before and after, its text in the files, the value then, and the type in all files then.
WIDENINGS = [
    ('int', 'bigint', '7', 7, 'int64'),
    ('smallint', 'bigint', '7', 7, 'int64'),
    ('decimal(10,2)', 'decimal(14,4)', '7.25', Decimal('7.2500'), 'decimal128(14, 4)'),
    ('decimal(8,2)', 'decimal(12,2)', '7.25', Decimal('7.25'), 'decimal128(12, 2)'),
    ('float', 'double', '7.25', 7.25, 'double'),
    ('date', 'timestamp', '2026-02-03', datetime(2026, 2, 3), 'timestamp[ns]'),
    ('string', 'int', '007', 7, 'int32'),
]
# Each column: its type before and after, and a text that the type after cannot hold.
UNFIT = [
    ('string', 'int', 'seven'), ('bigint', 'int', '3000000000'), ('double', 'int', '7.5'),
    ('decimal(12,4)', 'decimal(12,2)', '7.2525'), ('timestamp', 'date', '2026-02-03 04:05:06'),
]


def configure_columns(lake, types, setting):
    """Configure a table whose columns `value0`, `value1` … have these types."""
    columns = {f'value{number}': kind for number, kind in enumerate(types)}
    lake.configure(SPEC, {'input_spec': {'allow_schema_change': setting, 'types': {**columns, 'key': 'string'}}})
    return list(columns)


def text_of(columns, *rows):
    """Return a file whose first column is the key."""
    return '\n'.join(','.join(row) for row in (['key', *columns], *rows)) + '\n'


def test_every_widening_of_evolve_reaches_the_files_of_all_partitions(lake):
    before, after, texts, _, _ = zip(*WIDENINGS, strict=True)
    columns = configure_columns(lake, before, 'evolve')
    for key in DAYS[:2]:
        lake.load(key, text_of(columns, ['old', *texts], ['none', *[''] * len(columns)]))
    configure_columns(lake, after, 'evolve')
    lake.load(DAYS[2], text_of(columns, ['new', *texts]))
    catalog_types = lake.types('gen', 'policy')
    rows = lake.rows('SELECT day, key FROM gen.policy ORDER BY day, key DESC')
    assert rows == [
        ('01', 'old'), ('01', 'none'), ('02', 'old'), ('02', 'none'), ('03', 'new')]
    for number, (_, after, _, value, arrow) in enumerate(WIDENINGS):
        name = f'value{number}'
        assert catalog_types[name] == after
        assert types_in_files(lake, column=name) == dict.fromkeys(['01', '02', '03'], {arrow}), name
        found = lake.rows(f'SELECT {name} FROM gen.policy ORDER BY day, key DESC')
        assert found == [(value,), (None,), (value,), (None,), (value,)], name
        described = {item.values: {column.name: column.type for column in item.columns}[name]
                     for item in lake.catalog.partitions('gen', 'policy')}
        assert set(described.values()) == {after}


def test_a_value_that_does_not_fit_refuses_the_load_and_leaves_everything(lake):
    before, _, texts = zip(*UNFIT, strict=True)
    columns = configure_columns(lake, before, 'permissive')
    lake.load(DAYS[0], text_of(columns, ['old', *texts]))
    rows, files = lake.rows('SELECT * FROM gen.policy'), [types_in_files(lake, column=name) for name in columns]
    for number, (_, after, text) in enumerate(UNFIT):
        configure_columns(lake, [*before[:number], after, *before[number + 1:]], 'permissive')
        refused = rf'older partitions of gen\.policy .* value{number} \(1\)'
        with pytest.raises(SchemaChangeError, match=refused) as error:
            lake.load(DAYS[1], text_of(columns, ['new', *[''] * len(columns)]))
        assert text not in str(error.value)
        assert lake.rows('SELECT * FROM gen.policy') == rows
        assert [types_in_files(lake, column=name) for name in columns] == files
        assert lake.unreferenced_files() == []


def test_a_type_of_a_nested_member_is_refused_and_a_new_member_is_not(lake):
    lake.configure(SPEC, {'input_spec': {'allow_schema_change': 'permissive'}})
    keys = [key.replace('.csv', '.json') for key in DAYS]
    lake.load(keys[0], '{"value": {"a": 1}}\n')
    lake.load(keys[1], '{"value": {"a": 1, "b": 2}}\n')
    with pytest.raises(SchemaChangeError, match='Members of nested columns'):
        lake.load(keys[2], '{"value": {"a": 1.5, "b": 2}}\n')
    assert lake.partitions('gen', 'policy') == [('2026', '03', '01'), ('2026', '03', '02')]


def test_files_of_several_sources_keep_their_names_and_can_still_be_replaced(lake):
    configure(lake, 'int', load_mode='by_file')
    other = DAYS[0].replace('a.csv', 'b.csv')
    lake.load(DAYS[0], 'key,value\na,1\n')
    lake.load(other, 'key,value\nb,2\n')
    configure(lake, 'bigint', load_mode='by_file')
    lake.load(DAYS[1], 'key,value\nc,3\n')
    (first, _) = lake.catalog.partitions('gen', 'policy')
    assert {source.file.rpartition('/')[2]: source.rows for source in sources_of(first.parameters)} == {
        'a.csv': 1, 'b.csv': 1}
    lake.load(DAYS[0], 'key,value\nx,4000000000\n')
    assert lake.rows('SELECT day, key, value FROM gen.policy ORDER BY 1, 2') == [
        ('01', 'b', 2), ('01', 'x', 4000000000), ('02', 'c', 3)]


def test_columns_that_the_table_lacks_now_stay_in_older_files(lake):
    configure(lake, 'int', 'permissive')
    lake.load(DAYS[0], 'key,value,rest\na,1,kept\n')
    configure(lake, 'bigint', 'permissive')
    lake.load(DAYS[1], 'key,value\nb,2\n')
    lake.load(DAYS[2], 'key,value,rest\nc,3,more\n')
    assert lake.rows('SELECT key, value, rest FROM gen.policy ORDER BY key') == [
        ('a', 1, 'kept'), ('b', 2, None), ('c', 3, 'more')]


def test_a_consume_table_filled_by_partition_is_rewritten_too_and_a_whole_one_is_not(lake, spark_jobs):
    configure(lake, 'int')
    for mode in ('partition', 'table'):
        lake.configure(f'transformation-sql/spark-Gen-{mode}.sql',
                       f"-- mode: {mode}\nSELECT CAST(value AS {{kind}}) AS value, year, month, day FROM gen.policy")
    lake.load(DAYS[0], 'key,value\na,1\n')
    sql = 'SELECT CAST(value AS {}) AS value, year, month, day FROM gen.policy WHERE day = {}'
    lake.configure('transformation-sql/spark-Gen-Policy.sql', '-- mode: partition\n' + sql.format('int', "'01'"))
    lake.consume(DAYS[0])
    lake.load(DAYS[1], 'key,value\nb,2\n')
    lake.configure('transformation-sql/spark-Gen-Policy.sql', '-- mode: partition\n' + sql.format('bigint', "'02'"))
    lake.consume(DAYS[1])
    assert types_in_files(lake, 'gen_consume') == dict.fromkeys(['01', '02'], {'int64'})
    assert lake.rows('SELECT day, value FROM gen_consume.policy ORDER BY day') == [('01', 1), ('02', 2)]


def test_superseded_files_go_after_the_retention_period_and_no_job_starts_when_types_agree(lake, spark_jobs):
    configure(lake, 'int')
    lake.load(DAYS[0], 'key,value\na,1\n')
    with spark_jobs() as jobs:
        lake.load(DAYS[1], 'key,value\nb,2\n')
        alike = jobs()
    configure(lake, 'bigint')
    with spark_jobs() as jobs:
        lake.load(DAYS[1], 'key,value\nb,2\n')
        assert jobs() == alike + 1, 'one job for all older partitions'
    assert lake.markers()
    for _ in range(2):
        lake.load(DAYS[0], 'key,value\na,1\n', retention_hours='0')
    assert lake.rows('SELECT day, value FROM gen.policy ORDER BY day') == [('01', 1), ('02', 2)]
    assert runtime.files(str(lake.folders.root))


def test_dates_before_the_gregorian_calendar_stay_as_they_are(lake):
    configure(lake, 'date')
    lake.load(DAYS[0], 'key,value\na,1582-10-04\nb,9999-12-31\n')
    assert lake.rows('SELECT value FROM gen.policy ORDER BY key') == [(date(1582, 10, 4),), (date(9999, 12, 31),)]
    configure(lake, 'timestamp')
    lake.load(DAYS[1], 'key,value\nc,2026-01-01 00:00:00\n')
    assert lake.rows("SELECT value FROM gen.policy WHERE day = '01' ORDER BY key") == [
        (datetime(1582, 10, 4),), (datetime(9999, 12, 31),)]


def test_a_type_without_a_conversion_is_refused_with_column_and_types_and_the_next_file_loads(lake):
    lake.configure(SPEC, {'input_spec': {'allow_schema_change': 'permissive'}})
    keys = [key.replace('.csv', '.jsonl') for key in DAYS]
    lake.load(keys[0], '{"key": "a", "value": 7, "since": "2026-01-01"}\n')
    with pytest.raises(SchemaChangeError, match='Column value of gen.policy became struct<a:bigint> from bigint'):
        lake.load(keys[1], '{"key": "b", "value": {"a": 1}}\n')
    lake.load(keys[2], '{"key": "c", "value": 8, "since": "2026-01-02"}\n')
    assert lake.rows('SELECT key, value FROM gen.policy ORDER BY 1') == [('a', 7), ('c', 8)]
