"""The names that a specification may use are known without Spark, and match the transforms themselves."""
from __future__ import annotations

import json
import os
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lake_etl.config.entries.known import known_forms
from lake_etl.transform.discovery import OWN_MODULES, all_transforms
from lake_etl.transform.registry import column_transform

SHARED = Path(__file__).resolve().parents[2] / 'lib' / 'glue_scripts' / 'lib'
PROGRAM = '''
import json, sys
from lake_etl.transform.discovery import known_transforms
known = known_transforms()
print(json.dumps([sorted(known), 'pyspark' in sys.modules]))
'''


def copy_of_own_modules(tmp_path: Path) -> Path:
    """Copy the lake's shared modules, without modules that users have added."""
    folder = tmp_path / 'shared'
    folder.mkdir()
    for name in OWN_MODULES:
        if (SHARED / name).is_dir():
            shutil.copytree(SHARED / name, folder / name, ignore=shutil.ignore_patterns('__pycache__'))
        else:
            shutil.copy(SHARED / f'{name}.py', folder)
    return folder


def known_beside(folder: Path) -> tuple[list[str], bool]:
    """Return the names that are known in a folder of shared modules, and whether they took Spark."""
    done = subprocess.run([sys.executable, '-c', PROGRAM], env={**os.environ, 'PYTHONPATH': str(folder)}, cwd=folder,
                          capture_output=True, text=True, check=True)
    return tuple(json.loads(done.stdout))


def test_every_transform_has_the_form_that_is_known_without_it():
    assert known_forms() == {name: all_transforms()[name].form for name in known_forms()}


def test_the_modules_of_the_lake_are_listed():
    assert OWN_MODULES <= {module.name for module in pkgutil.iter_modules([str(SHARED)])}


def test_without_modules_of_users_no_spark_is_loaded_and_with_them_their_transforms_are_known(tmp_path):
    folder = copy_of_own_modules(tmp_path)
    names, took_spark = known_beside(folder)
    assert not took_spark
    (folder / 'company.py').write_text('def transform_company(df, spec, args, lineage, sc): ...')
    assert known_beside(folder) == (sorted([*names, 'company']), True)


def test_a_workflow_with_every_transform_is_checked_without_spark_and_without_aws(tmp_path):
    program = ('import sys; from lib.local_lake.cli import main; '
               'status = main(["validate", "all/transforms-example"]); '
               'print(status, [name for name in ("pyspark", "boto3", "pandas") if name in sys.modules])')
    folders = os.pathsep.join(map(str, (copy_of_own_modules(tmp_path), SHARED.parents[2])))
    done = subprocess.run([sys.executable, '-c', program], env={**os.environ, 'PYTHONPATH': folders},
                          capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == '0 []'


def test_a_transform_cannot_be_declared_with_the_form_of_another():
    def transform_own(entry, schema, context):
        """Stand for a column."""
    with pytest.raises(TypeError, match="transform_own is declared with the form of 'date'"):
        column_transform(known_forms()['date'])(transform_own)
