"""Creates a lake with tables of every kind by user commands; tests copy it."""
from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import stat
from pathlib import Path
from typing import Any

from lake_etl.adapters.local.duckdb_queries import query
from lib.local_lake.cli import main
from lib.local_lake.folders import LakeFolders
from lib.local_lake.showing.report import published_tables

PEOPLE = 'no,system,first,last,zip,updated'
MATCHING = {
    'primary_entity_table': 'persons', 'global_id_field': 'globalid', 'sort_field': 'updated',
    'exact_match_fields': {'source_primary_key': 'no', 'source_system_key': 'system'},
    'levels': [{'id': 'name', 'blocks': ['last', 'zip'], 'threshold': 0.85,
                'fields': [{'fieldname': 'first', 'type': 'string', 'method': 'jarowinkler'}]}]}
RULES = {'before_transform': {'quarantine_rules': ['ColumnValues "policy" != "bad"']}}
CONFIGURATION = {
    'transformation-spec/Gen-Claim.json': {'input_spec': {'load_mode': 'by_file'}},
    'transformation-sql/spark-Gen-Policy.sql': 'SELECT policy, count(*) AS number, year, month, day FROM gen.policy '
                                               'GROUP BY policy, year, month, day',
    'transformation-sql/athena-Gen-Policy.sql': 'CREATE OR REPLACE VIEW gen_consume.policies AS '
                                                'SELECT count(*) AS number FROM gen_consume.policy',
    'dq-rules/dq-Gen-Policy.json': RULES,
    'transformation-spec/Customer-entitymatch.json': MATCHING,
    'transformation-sql/spark-Customer-People.sql': 'SELECT no, system, first, last, zip, CAST(updated AS int) AS '
                                                    'updated, year, month, day FROM customer.people',
}
LOADS = (
    ('Gen/Policy', '2026-03-04', 'a.csv', 'policy\n1\n2\nbad\n'),
    ('Gen/Policy', '2026-03-05', 'b.csv', 'policy\n3\n'),
    ('Gen/Policy', '2026-03-05', 'b.csv', 'policy\n3\n4\n'),
    ('Gen/Claim', '2026-03-04', 'a.csv', 'claim\n1\n'),
    ('Gen/Claim', '2026-03-04', 'b.csv', 'claim\n2\n'),
    ('Customer/People', '2026-03-04', 'a.csv', f'{PEOPLE}\n1,A,Ann,Smith,10115,1\n2,A,Bob,Jones,20000,1\n'),
    ('Customer/People', '2026-03-05', 'b.csv', f'{PEOPLE}\n7,B,Anne,Smith,10115,5\n8,B,Zoe,Last,3,2\n'),
)


def lake(root: Path, *arguments: str) -> tuple[int, str]:
    """Run a command on the lake in a folder, with the configuration beside it; return exit status and output."""
    configuration = root.parent / 'configuration'
    configuration.mkdir(exist_ok=True)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        status = main(['--lake', str(root), '--config', str(configuration), *arguments])
    return status, printed.getvalue()


def load(root: Path, workflow: str, day: str, name: str, content: str) -> str:
    """Load a file into the lake in a folder and return what was printed."""
    file = root.parent / 'landing' / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(content)
    status, text = lake(root, 'run', str(file), '--workflow', workflow, '--date', day)
    assert status == 0, text
    return text


def make_lake(root: Path) -> None:
    """Make a lake with a plain table, one by file, Consume tables, a view, quarantine, and Iceberg tables."""
    for name, content in CONFIGURATION.items():
        file = root.parent / 'configuration' / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content))
    for arguments in LOADS:
        load(root, *arguments)


def copied(root: Path, target: Path) -> Path:
    """Return a copy of a lake, with its configuration beside it, in a folder `lake` below another one."""
    shutil.copytree(root.parent / 'configuration', target / 'configuration')
    shutil.copytree(root, target / 'lake', symlinks=True)
    return target / 'lake'


def tables(root: Path) -> dict[str, Any]:
    """Return the rows of all tables and views of the lake in a folder, as readers get them."""
    folders = LakeFolders.of(str(root), None)
    names = [table.name for table in published_tables(folders)] + ['gen_consume.policies']
    return {name: sorted(query(folders.catalog, f'SELECT * FROM {name}').rows, key=repr) for name in names}


def tree(root: Path) -> dict[bytes, Any]:
    """Return all that lies in a folder, links as what they say; folders as None."""
    found = {}
    for folder, folders, files in os.walk(os.fsencode(root)):
        for name in (*folders, *files):
            path = os.path.join(folder, name)
            mode = os.lstat(path).st_mode
            found[os.path.relpath(path, os.fsencode(root))] = (
                os.readlink(path) if stat.S_ISLNK(mode) else None if stat.S_ISDIR(mode)
                else Path(os.fsdecode(path)).read_bytes() if stat.S_ISREG(mode) else mode)
    return found
