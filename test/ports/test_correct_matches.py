"""On AWS the script takes matches back in both tables, and finishes what was killed between the two."""
from __future__ import annotations

from datetime import UTC, datetime, timedelta

import boto3
import pytest
from test_correct_tables import ACCOUNT, DEV, KEYS, LOCKS, REGION, make_environment, typed

from iceberg_match import DATABASE, PRIMARY, REFERENCE, merge, numbers_in
from lake_etl.adapters.aws import glue_snapshots
from lake_etl.adapters.aws.glue_catalog import GlueCatalog
from lake_etl.adapters.aws.s3_files import S3Files
from lake_etl.ports import Column, Publication, Table
from lake_etl.publish.ownership import PROTECTED, WORKFLOW
from lib.table_lock.lock_table import LockTable
from lib.table_lock.turn import Order

BUCKET = DEV.bucket_name('consume', ACCOUNT, REGION)
FOLDER, PEOPLE = f's3://{BUCKET}/iceberg', f'{DATABASE}.{PRIMARY}'


@pytest.fixture
def tables(aws, monkeypatch):
    """The catalog of a Dev environment in which two runs have matched."""
    make_environment(monkeypatch, BUCKET)
    catalog = glue_snapshots.S3GlueCatalog(boto3.client('glue'))
    merge(catalog, FOLDER, 'run-one', 1, 2)
    merge(catalog, FOLDER, 'run-two', 3)
    return catalog


def test_matches_are_compared_and_taken_back_in_both_tables(tables, capsys):
    status, text = typed(capsys, 'undo', PEOPLE)
    assert status == 0 and 'Would take back the match of Gen/A01/run-two.csv in both tables of the match' in text
    assert f'{PEOPLE}: 3 rows before, 2 rows now' in text and 'Nothing was changed' in text
    assert numbers_in(tables) == ([1, 2, 3], [1, 2, 3])
    status, text = typed(capsys, 'diff', PEOPLE, '--format', 'csv')
    assert (status, text.split('\n')[1:-1]) == (0, [
        'rows,,2,3,1', 'added,,,1,1', 'removed,,0,,0', 'changed,,0,0,', 'total,amount,0.75,1.50,0.75'])
    arguments = ('--workflow', f'{DATABASE}/{PRIMARY}', '--apply')
    status, text = typed(capsys, 'remove', 'run-one.csv', *arguments)
    assert status == 1 and 'those of run-one.csv cannot be taken out' in text
    assert typed(capsys, 'remove', 'RUN-two.csv', *arguments)[0] == 0 and numbers_in(tables) == ([1, 2], [1, 2])
    assert boto3.resource('dynamodb').Table(LOCKS).scan()['Items'] == [], 'the lock was given back'
    merge(tables, FOLDER, 'run-three', 4)
    assert typed(capsys, 'undo', 'People_XREF', '--to', 'run-two', '--apply')[0] == 0, 'to a state that was left'
    assert numbers_in(tables) == ([1, 2, 3], [1, 2, 3])
    status, text = typed(capsys, 'history', PEOPLE)
    assert status == 0 and [line.split()[3] for line in text.split('\n')[2:-1]] == [
        'undo', 'match', 'remove', 'match', 'match']
    tables.drop_table((DATABASE, PRIMARY))
    tables.drop_table((DATABASE, REFERENCE))
    merge(tables, f'{FOLDER}-2', 'run-new', 7)
    assert typed(capsys, 'undo', PEOPLE, '--apply')[0] == 0 and numbers_in(tables) == ([], []), 'the first match'
    assert typed(capsys, 'undo', PEOPLE, '--apply')[0] == 0 and numbers_in(tables) == ([7], [7])


def test_a_killed_undo_never_lacks_keys_and_is_finished_by_the_next(tables, capsys, monkeypatch):
    original, whole, less = glue_snapshots.prepared_switch, ([1, 2, 3], [1, 2, 3]), ([1, 2], [1, 2])
    for after in (less, whole):
        done = []

        def ending(table, switch, *rest, names=done):
            names.append(switch.name)
            if len(names) == 2:
                raise KeyboardInterrupt
            return original(table, switch, *rest)
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(glue_snapshots, 'prepared_switch', ending)
            typed(capsys, 'undo', PEOPLE, '--apply')
        assert numbers_in(tables) == ([1, 2], [1, 2, 3]), 'back and forth, the cross-reference has all keys'
        status, text = typed(capsys, 'undo', PEOPLE, '--apply')
        assert status == 0 and 'was interrupted after it had switched one of two tables. It is finished now' in text
        assert 'Took' not in text and numbers_in(tables) == after
    assert typed(capsys, 'undo', PEOPLE, '--apply')[0] == 0 and numbers_in(tables) == less, 'it is one change'


def test_what_would_do_harm_is_refused_and_changes_nothing(tables, capsys, monkeypatch):
    locks = LockTable(boto3.resource('dynamodb').meta.client, LOCKS, lambda execution: True)
    now = datetime.now(UTC)
    assert locks.acquire('gen#entity-match', 'arn:load', Order(now - timedelta(hours=1), now), now) is None
    status, text = typed(capsys, 'undo', PEOPLE, '--apply')
    assert status == 1 and 'A load of gen#entity-match is running' in text
    locks.release('gen#entity-match', 'arn:load')
    status, text = typed(capsys, '--environment', 'Test', 'undo', PEOPLE, '--apply')
    assert status == 1 and 'is not in the environment Test' in text
    status, text = typed(capsys, 'undo', PEOPLE, '2026/03/04')
    assert status == 1 and "whose tables go back as a whole. Leave out '2026/03/04'" in text
    catalog = GlueCatalog()
    catalog.create_database('gen', f's3://{BUCKET}/gen')
    catalog.publish(Publication(Table('gen', 'a01', (Column('ssn', 'string'),), KEYS, f's3://{BUCKET}/gen/a01',
                                      parameters={WORKFLOW: 'Gen/A01', PROTECTED: '{"ssn": "hash"}'})))
    status, text = typed(capsys, 'undo', PEOPLE, '--apply')
    assert status == 1 and 'ssn of gen.a01' in text and f'The earlier state of {PEOPLE}' in text
    earlier, _ = tables.load_table((DATABASE, PRIMARY)).metadata.snapshots
    task, = tables.load_table((DATABASE, PRIMARY)).scan(snapshot_id=earlier.snapshot_id).plan_files()
    first, content = task.file.file_path, S3Files().read(task.file.file_path)
    S3Files().delete([first])
    allowed = ('undo', PEOPLE, '--apply', '--allow-unprotected')
    status, text = typed(capsys, *allowed)
    assert status == 1 and f'1 of 1 files of the earlier state of {PEOPLE} are gone' in text
    S3Files().write(first, content)
    assert numbers_in(tables) == ([1, 2, 3], [1, 2, 3])
    original = glue_snapshots.prepared_switch

    def overtaken(table, switch, *rest):
        if switch.name == REFERENCE:
            merge(tables, FOLDER, 'run-three', 4, only_reference=True)
            table.refresh()
        return original(table, switch, *rest)
    with monkeypatch.context() as patched:
        patched.setattr(glue_snapshots, 'prepared_switch', overtaken)
        status, text = typed(capsys, *allowed)
    assert status == 1 and f'{DATABASE}.{REFERENCE} was changed by another program' in text
    assert f'{PEOPLE} had been switched before' in text and numbers_in(tables) == ([1, 2], [1, 2, 3, 4])
    latest = tables.load_table((DATABASE, REFERENCE)).metadata.snapshots[-2].snapshot_id
    tables.load_table((DATABASE, REFERENCE)).maintenance.expire_snapshots().by_id(latest).commit()
    status, text = typed(capsys, *allowed)
    assert status == 1 and 'is gone: its snapshot has expired' in text and numbers_in(tables) == ([1, 2], [1, 2, 3, 4])
