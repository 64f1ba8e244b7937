"""Protecting transforms hide values, keep null null, and store what tokens stand for."""
from __future__ import annotations

import hashlib
import hmac
from datetime import date

import pytest
from pyspark.sql import functions as F

from datatransform_dataprotection import transform_hash, transform_redact, transform_tokenize
from lake_etl import runtime
from lake_etl.errors import DataError, LakeError

ARGS = {'source_key': 'Gen/Policy'}


@pytest.fixture
def store(tmp_path):
    """Return the address of an empty hash-values table."""
    return f'sqlite://{tmp_path}/lake.db#dev-insurancelake-etl-hash-values'


@pytest.fixture
def secret(tmp_path):
    """Return the address of a secret with the content `s3cret`."""
    file = tmp_path / 'hash key'
    file.write_text('s3cret\n')
    return f'file://{tmp_path}/hash%20key'


def sha256(text):
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()


def keyed(text):
    return None if text is None else hmac.new(b's3cret', text.encode(), 'sha256').hexdigest()


VALUES = {
    'text': ('string', 'Ren\u00e9 M\u00fcller', 'Ren\u00e9 M\u00fcller'),
    'empty': ('string', '', ''), 'leading': ('string', '007', '007'),
    'whole': ('int', 7, '7'), 'flag': ('boolean', True, 'true'), 'day': ('date', date(2024, 1, 31), '2024-01-31'),
    'a.b': ('double', 1.5, '1.5'),
}


@pytest.mark.parametrize('with_secret', [False, True])
def test_hash_is_that_of_the_text_and_null_stays_null(spark, secret, with_secret):
    schema = ', '.join(f'`{name}` {kind}' for name, (kind, _, _) in VALUES.items())
    frame = spark.createDataFrame([tuple(value for _, value, _ in VALUES.values()), (None,) * len(VALUES)], schema)
    args, digest = ({**ARGS, 'hash_key_secret': secret}, keyed) if with_secret else (ARGS, sha256)
    after = transform_hash(frame, list(VALUES), args, None)
    full, empty = after.collect()
    assert list(full) == [digest(text) for _, _, text in VALUES.values()]
    assert list(empty) == [None] * len(VALUES)
    assert after.columns == list(VALUES)


@pytest.mark.parametrize('key', [b'k', bytes(range(256)), b'x' * 64, b'x' * 65, b'\0'])
def test_hashes_of_any_key_are_those_of_python(spark, tmp_path, spark_jobs, key):
    (tmp_path / 'key').write_bytes(key)
    frame = spark.createDataFrame([('',), ('a',), ('日本 \U0001f600 \n\0',), (None,), ('long ' * 99,)], 'text string')
    with spark_jobs() as jobs:
        after = transform_hash(frame, ['text'], {'hash_key_secret': f'file://{tmp_path}/key'}, None).collect()
        assert jobs() == 1
    stored = runtime.secret(f'file://{tmp_path}/key')
    assert [row.text for row in after] == [
        None if row.text is None else hmac.new(stored, row.text.encode(), 'sha256').hexdigest()
        for row in frame.collect()]


def logged(spark, folder, df) -> str:
    """Return all that Spark tells of a query: every form of its plan, and the event log of its execution."""
    jvm, context = spark._jvm, spark.sparkContext._jsc.sc()
    conf = context.conf().set('spark.eventLog.compress', 'false').set('spark.eventLog.rolling.enabled', 'false')
    listener = jvm.org.apache.spark.scheduler.EventLoggingListener(
        'hash', jvm.scala.Option.empty(), jvm.java.net.URI(folder.as_uri()), conf,
        context.hadoopConfiguration())
    listener.start()
    context.addSparkListener(listener)
    df.write.format('noop').mode('overwrite').save()
    context.listenerBus().waitUntilEmpty()
    context.removeSparkListener(listener)
    listener.stop()
    execution = df._jdf.queryExecution()
    return '\n'.join([execution.toString(), execution.logical().toJSON(), execution.optimizedPlan().toJSON(),
                      execution.executedPlan().toJSON(), *(file.read_text() for file in folder.iterdir())])


def test_neither_plan_nor_event_log_shows_the_secret_or_what_is_made_of_it(spark, secret, tmp_path):
    forms = [b's3cret', *(bytes(byte ^ mask for byte in b's3cret') for mask in (0x36, 0x5C))]
    shown = [form.decode('latin1').lower() for form in forms] + [form.hex() for form in forms]
    frame = spark.createDataFrame([('a',)], 'text string')
    (tmp_path / 'literal').mkdir()
    (tmp_path / 'secret').mkdir()
    literal = logged(spark, tmp_path / 'literal', frame.select(F.sha2(F.concat(F.lit(forms[1]), 'text'), 256)))
    assert forms[1].hex() in literal.lower()
    text = logged(spark, tmp_path / 'secret', transform_hash(frame, ['text'], {'hash_key_secret': secret}, None))
    assert 'SparkListenerSQLExecutionStart' in text and 'sha2' in text
    assert [form for form in shown if form in text.lower()] == []
    assert not [view for view in spark.catalog.listTables() if view.name.startswith('secret_')]


@pytest.mark.parametrize('value, expected', [('***', '***'), (None, None), (0, 0), ({'a': [1]}, ([1],))])
def test_redact_shows_one_value_in_all_rows(spark, value, expected):
    frame = spark.createDataFrame([('123-45-6789', 1), (None, 2)], '`tax id` string, other int')
    after = transform_redact(frame, {'tax id': value}, ARGS, None)
    assert [tuple(row) for row in after.collect()] == [(expected, 1), (expected, 2)]


def test_tokenize_stores_each_distinct_original_once_in_one_action(spark, spark_jobs, store):
    rows = [(f'{number % 600:03d}', number % 700, None if number % 2 else 'x') for number in range(5000)]
    frame = spark.createDataFrame(rows, 'tax string, phone int, `e mail` string').repartition(3).localCheckpoint()
    with spark_jobs() as jobs:
        after = transform_tokenize(frame, ['tax', 'phone', 'E Mail', 'TAX'], {**ARGS, 'hash_value_table': store}, None)
        assert jobs() == 1, 'finding what is distinct, spreading it and writing are stages of one job'
    stored = {item['hash_key']: item['raw_data'] for item in runtime.items(store).scan(store)}
    originals = {str(value) for row in rows for value in row if value is not None}
    assert stored == {sha256(text): text for text in originals}
    tokens = {tuple(row) for row in after.collect()}
    assert tokens == {tuple(sha256(None if value is None else str(value)) for value in row) for row in rows}
    assert [name.lower() for name in after.columns] == ['tax', 'phone', 'e mail']


def test_tokenize_again_changes_nothing_and_a_secret_keys_the_tokens(spark, store, secret):
    frame = spark.createDataFrame([('a',), ('b',), (None,)], 'text string')
    args = {**ARGS, 'hash_value_table': store, 'hash_key_secret': secret}
    first, second = (transform_tokenize(frame, ['text'], args, None).collect() for _ in range(2))
    stored = {item['hash_key']: item['raw_data'] for item in runtime.items(store).scan(store)}
    assert stored == {keyed('a'): 'a', keyed('b'): 'b'}
    assert first == second == [(keyed('a'),), (keyed('b'),), (None,)]


@pytest.mark.parametrize('transform, spec', [
    (transform_hash, ['missing']), (transform_redact, {'missing': None}), (transform_tokenize, ['text', 'missing']),
])
def test_a_missing_column_stops_the_job_before_anything_is_stored(spark, store, transform, spec):
    frame = spark.createDataFrame([('a',)], 'text string')
    with pytest.raises(DataError, match="Column 'missing' is not there at this point; the columns are: text"):
        transform(frame, spec, {**ARGS, 'hash_value_table': store}, None)
    assert not list(runtime.items(store).scan(store))


def test_tokenize_needs_the_table_and_hash_the_secret_it_is_told_of(spark, tmp_path):
    frame = spark.createDataFrame([('a',)], 'text string')
    with pytest.raises(LakeError, match='job argument --hash_value_table'):
        transform_tokenize(frame, ['text'], ARGS, None)
    with pytest.raises(LakeError, match="Secret file '.*absent' cannot be read"):
        transform_hash(frame, ['text'], {'hash_key_secret': f'file://{tmp_path}/absent'}, None)
    assert transform_tokenize(frame, [], ARGS, None).collect() == [('a',)]
