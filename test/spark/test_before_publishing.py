"""Work during the write has finished, or failed, before readers see anything."""
from __future__ import annotations

import threading

import pytest

from lake_etl.errors import ItemStoreError
from lake_etl.spark.background_work import BeforePublishing, run_now

KEY = 'Gen/Policy/a.csv'


def test_work_goes_on_beside_its_starter_and_is_over_after_waiting(spark):
    pending, go_on, done = BeforePublishing(), threading.Event(), []
    for number in (1, 2):
        pending.start(lambda number=number: done.append((go_on.wait(60), number)))
    assert not done
    go_on.set()
    pending.wait()
    assert sorted(done) == [(True, 1), (True, 2)]


def test_a_failure_is_raised_where_it_is_waited_for_and_not_where_it_is_settled(spark):
    pending = BeforePublishing()
    pending.start(lambda: [][0])
    pending.settle()
    with pytest.raises(IndexError):
        pending.wait()


def test_alone_a_transform_does_its_work_before_it_returns():
    done = []
    run_now(lambda: done.append(1))
    assert done == [1]


def test_tokens_that_cannot_be_stored_stop_the_load_before_readers_see_it(lake, tmp_path):
    lake.configure('transformation-spec/Gen-Policy.json', {'transform_spec': {'tokenize': ['tax']}})
    lake.load(KEY, 'tax,name\n1,old\n')
    with pytest.raises(Exception, match=ItemStoreError.__name__):
        lake.load(KEY, 'tax,name\n2,new\n', hash_value_table=f'sqlite://{tmp_path}#hash-values')
    assert lake.rows('SELECT name FROM gen.policy') == [('old',)]
    assert not lake.unreferenced_files()
