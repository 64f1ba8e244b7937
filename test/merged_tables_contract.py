"""What every adapter for tables that are merged by key must do, as one story that a test runs."""
from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from decimal import Decimal

from pyspark.sql import DataFrame, SparkSession

from lake_etl.errors import MergeConflict
from lake_etl.ports import MergedTables

SCHEMA = ('id string, name string, small smallint, number bigint, amount decimal(12,2), born date, seen timestamp, '
          'tags array<string>, place struct<city: string, zip: string>')
DATABASE, TABLE = 'Customer_Consume', 'People'


def person(identity: str, name: str) -> tuple[object, ...]:
    return (identity, name, 3, 2 ** 40, Decimal('1234.50'), date(1980, 2, 29), datetime(2026, 3, 4, 5, 6, 7, 890, UTC),
            ['a', None], ('Berlin', None))


def names(df: DataFrame) -> list[tuple[str, str]]:
    return sorted((row.id, row.name) for row in df.select('id', 'name').collect())


def follow_the_contract(tables: MergedTables, spark: SparkSession) -> None:
    """Assert the contract with a table that does not exist yet."""
    follow_as_the_only_writer(tables, spark)
    lose_no_update(tables, spark)


def follow_as_the_only_writer(tables: MergedTables, spark: SparkSession) -> None:
    """Assert what holds for merges one after another, with a table that does not exist yet."""
    assert tables.state(spark, DATABASE, TABLE) is None
    rows = spark.createDataFrame([person('1', 'Ann'), person('2', 'Bob')], SCHEMA)
    first = tables.merge(rows, DATABASE, TABLE, 'id', None)
    state = tables.state(spark, DATABASE.upper(), TABLE.lower())
    assert state.version == first and state.rows.schema['seen'].dataType.simpleString() == 'timestamp'
    expected = [tuple(row) for row in rows.orderBy('id').collect()]
    assert [tuple(row) for row in state.rows.orderBy('id').collect()] == expected, 'every value comes back'

    wider = f'{SCHEMA}, phone string'
    changes = spark.createDataFrame([(*person('2', 'Rob'), 'x'), (*person('3', 'Zoe'), None)], wider)
    second = tables.merge(changes, DATABASE, TABLE, 'id', first, {'lake_etl.run': 'two', 'lake_etl.file': 'Müller'})
    now = tables.state(spark, DATABASE, TABLE)
    assert (now.properties['lake_etl.run'], now.properties['lake_etl.file']) == ('two', 'Müller')
    assert 'lake_etl.run' not in state.properties, 'each version has the properties of its own merge'
    assert now.version == second != first
    assert names(now.rows) == [('1', 'Ann'), ('2', 'Rob'), ('3', 'Zoe')]
    assert {row.id: row.phone for row in now.rows.collect()} == {'1': None, '2': 'x', '3': None}
    assert names(state.rows) == [('1', 'Ann'), ('2', 'Bob')], 'what was read does not change'

    for stale in (first, None):
        try:
            tables.merge(changes, DATABASE, TABLE, 'id', stale)
        except MergeConflict as conflict:
            assert 'was changed by another execution' in str(conflict)
        else:
            raise AssertionError('a merge into a version that is not the current one was accepted')
    assert names(tables.state(spark, DATABASE, TABLE).rows) == names(now.rows)


def lose_no_update(tables: MergedTables, spark: SparkSession) -> None:
    """Let two writers begin with the same version: what they write is all there when the one that lost tries again."""
    version = tables.state(spark, DATABASE, TABLE).version
    barrier, outcomes = threading.Barrier(2), {}

    def write(name: str) -> None:
        rows = spark.createDataFrame([(*person('1', name), None), (*person(name, name), None)],
                                     f'{SCHEMA}, phone string')
        barrier.wait()
        try:
            outcomes[name] = tables.merge(rows, DATABASE, TABLE, 'id', version)
        except MergeConflict:
            outcomes[name] = None

    writers = [threading.Thread(target=write, args=(name,)) for name in ('left', 'right')]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    winner, = (name for name, merged in outcomes.items() if merged)
    loser, = (name for name, merged in outcomes.items() if not merged)
    now = tables.state(spark, DATABASE, TABLE)
    assert now.version == outcomes[winner]
    assert names(now.rows) == sorted([('1', winner), ('2', 'Rob'), ('3', 'Zoe'), (winner, winner)])
    again = spark.createDataFrame([(*person(loser, loser), None)], f'{SCHEMA}, phone string')
    tables.merge(again, DATABASE, TABLE, 'id', now.version)
    assert 'lake_etl.run' not in tables.state(spark, DATABASE, TABLE).properties
    assert len(names(tables.state(spark, DATABASE, TABLE).rows)) == 5
