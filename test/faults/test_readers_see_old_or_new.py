"""Readers of a table that is being replaced see all old rows or all new rows, never none, both or a mix."""
from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

GENERATIONS = range(1, 5)
ROWS = 40
KEYS = 'year, month, day'


@contextmanager
def reading(look: Callable[[], object]) -> Iterator[list[object]]:
    """Give the list of what a thread sees that looks again and again until the block ends; its failure is raised."""
    seen: list[object] = []
    failures: list[BaseException] = []
    stop, looked = threading.Event(), threading.Event()

    def loop() -> None:
        try:
            while not stop.is_set():
                seen.append(look())
                looked.set()
        except BaseException as error:
            failures.append(error)
            looked.set()
    reader = threading.Thread(target=loop)
    reader.start()
    try:
        looked.wait(60)
        yield seen
    finally:
        stop.set()
        reader.join()
    assert failures == []


def generation_file(generation):
    return 'generation,id\n' + ''.join(f'{generation},{number}\n' for number in range(ROWS))


@pytest.mark.parametrize('load_mode', ['replace', 'by_file'])
def test_readers_of_a_partition_see_one_generation_while_it_is_replaced(lake, load_mode):
    lake.configure('transformation-spec/Gen-Policy.json', {'input_spec': {'load_mode': load_mode}})
    key = 'Gen/Policy/2026/03/04/a.csv'
    lake.load(key, generation_file(0))
    query = 'SELECT generation, count(*) FROM gen.policy GROUP BY generation'
    with reading(lambda: lake.rows(query)) as seen:
        for generation in GENERATIONS:
            lake.load(key, generation_file(generation))
    assert {tuple(rows) for rows in seen} <= {((generation, ROWS),) for generation in (0, *GENERATIONS)}
    assert len({tuple(rows) for rows in seen}) > 2, 'the reader has seen the table change'
    assert lake.rows(query) == [(GENERATIONS[-1], ROWS)]


def days_of(generation):
    """Return the days that a generation of the Consume table has: partitions come, stay and go."""
    return [f'{day:02}' for day in range(1, 5) if day != generation % 5]


def test_readers_of_a_whole_table_see_one_generation_in_all_partitions_while_it_is_replaced(lake):
    lake.publish('gen', 'policy', {'id': 'int'}, {
        ('2026', '03', f'{day:02}'): [(number,) for number in range(ROWS)] for day in range(1, 5)})

    def consume(generation):
        days = "', '".join(days_of(generation))
        lake.configure('transformation-sql/spark-Gen-Policy.sql',
                       f"SELECT {generation} AS generation, id, {KEYS} FROM gen.policy WHERE day IN ('{days}')")
        lake.consume('Gen/Policy/a.csv')
    consume(0)
    query = 'SELECT generation, day, count(*) FROM gen_consume.policy GROUP BY generation, day ORDER BY generation, day'
    with reading(lambda: lake.rows(query)) as seen:
        for generation in GENERATIONS:
            consume(generation)
    whole = {tuple((generation, day, ROWS) for day in days_of(generation)) for generation in (0, *GENERATIONS)}
    assert {tuple(rows) for rows in seen} <= whole
    assert len({tuple(rows) for rows in seen}) > 2, 'the reader has seen the table change'
    assert lake.rows(query) == [(GENERATIONS[-1], day, ROWS) for day in days_of(GENERATIONS[-1])]


def test_a_query_that_began_before_a_switch_still_finds_its_files_after_it(lake, spark):
    """A Spark reader holds the file list of the time when it began."""
    key = 'Gen/Policy/2026/03/04/a.csv'
    lake.load(key, generation_file(0))
    lake.catalog.attach(spark, 'gen.policy')
    begun = spark.sql('SELECT DISTINCT generation FROM gen.policy')
    for generation in GENERATIONS[:2]:
        lake.load(key, generation_file(generation))
    assert [tuple(row) for row in begun.collect()] == [(0,)]
