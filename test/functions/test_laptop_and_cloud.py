"""The watched folder and the trigger make and record the same decisions about a landed file."""
from __future__ import annotations

import argparse
import json
import os
from datetime import datetime

import pytest
from test_trigger import deliver, event, message

from lake_etl.adapters.local.sqlite_items import SqliteItems
from lib.local_lake.commands import watch
from lib.local_lake.folders import LakeFolders
from lib.local_lake.running.collected_files import AUDIT

LANDED = datetime(2026, 3, 4, 5, 6, 7).astimezone()
FOLDER = {'Db-Tbl.json': {'input_spec': {'files': 'folder', 'trigger': 'done.txt'}}}
WAITING = {'Db-Tbl-dependent.json': {'depends_on': {'A/B': 1, 'C/D': 1}, 'lookback': {'hours': 2}}}


def on_the_laptop(root, keys, files):
    """Return the records that `./lake watch --once` makes of the files; none of them may start a job."""
    configuration = root / 'configuration' / 'transformation-spec'
    configuration.mkdir(parents=True)
    for name, content in files.items():
        (configuration / name).write_text(json.dumps(content))
    folders = LakeFolders.of(str(root / 'lake'), str(configuration.parent))
    for key in keys:
        path = folders.collect / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('a\n1\n')
        os.utime(path, (LANDED.timestamp(), LANDED.timestamp()))
    for _ in range(2):
        watch.run(folders, argparse.Namespace(once=True))
    return list(SqliteItems().scan(folders.items(AUDIT)))


def in_the_cloud(account, keys, files):
    """Return the records that the trigger makes of the same files."""
    for name, content in files.items():
        account.configure(name, content)
    for key in keys:
        assert deliver(message(event(key, time=LANDED.isoformat()))) == []
    assert account.started() == []
    return account.records()


def seen(records):
    return sorted((item['source_key'], item['job_latest_status'], item.get('error_message', '')) for item in records)


@pytest.mark.parametrize(('keys', 'files', 'recorded'), [
    (['policies.csv'], {}, [('policies.csv', 'FAILED')]),
    (['Db/a.csv', 'Db/Tbl/2026/13/a.csv'], {}, [('Db/Tbl/2026/13/a.csv', 'FAILED'), ('Db/a.csv', 'FAILED')]),
    (['Db/Tbl/2026/a.csv', 'Db/Tbl/2026/b.csv'], FOLDER, []),
    (['Db/Tbl/a b+%2B ä保.csv'], WAITING, [('Db/Tbl', 'QUEUED')]),
    (['Db/Tbl/a.csv', 'Db/Tbl/2026/done.txt'], FOLDER | WAITING, [('Db/Tbl', 'QUEUED')]),
])
def test_both_record_the_same_of_what_starts_nothing_yet(account, tmp_path, keys, files, recorded):
    laptop, cloud = on_the_laptop(tmp_path, keys, files), in_the_cloud(account, keys, files)
    assert seen(laptop) == seen(cloud)
    assert [(key, status) for key, status, _ in seen(cloud)] == recorded
