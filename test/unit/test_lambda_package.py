"""A Lambda function's package holds all that its handler imports, and no more than it needs."""
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lib.packaging.lambda_package import package_files, write_package

FOLDERS = ('state_machine_trigger', 'etl_job_auditor', 'dependency_trigger', 'table_lock', 'execution_repair')
# What the runtime of AWS Lambda brings beside the standard library: boto3, and dateutil with it; botocore takes certifi
# where it finds it.
BROUGHT = {'boto3', 'botocore', 'dateutil', 's3transfer', 'jmespath', 'urllib3', 'six', 'certifi'}
PROGRAM = '''
import sys
before = set(sys.modules)
sys.path.insert(0, sys.argv[1])
for folder in sys.argv[2:]:
    __import__(f'lib.{folder}.lambda_handler')
print(*{getattr(sys.modules[name], '__file__', None) or '' for name in set(sys.modules) - before}, sep='\\n')
'''


def test_every_folder_with_a_handler_is_a_function():
    folders = {path.parent.name for path in Path('lib').glob('*/lambda_handler.py')}
    assert folders == set(FOLDERS)


def test_handlers_load_from_their_packages_with_nothing_but_boto3(tmp_path):
    for folder in FOLDERS:
        write_package(tmp_path, f'lib.{folder}.lambda_handler')
    answer = subprocess.run([sys.executable, '-I', '-c', PROGRAM, str(tmp_path), *FOLDERS], check=True,
                            capture_output=True, text=True).stdout
    places = [line.partition('/site-packages/')[2] for line in answer.splitlines()]
    parts = [place.partition('/')[0].removesuffix('.py') for place in places]
    assert {part for part in parts if part} <= BROUGHT
    assert str(tmp_path / 'lib' / 'table_lock' / 'lambda_handler.py') in answer.splitlines()


@pytest.mark.parametrize('folder', FOLDERS)
def test_a_package_is_small_and_free_of_jobs_and_stacks(folder):
    files = package_files(f'lib.{folder}.lambda_handler')
    assert f'lib/{folder}/lambda_handler.py' in files
    assert not [name for name in files if 'glue_scripts' in name or 'local_lake' in name or name.endswith('_stack.py')]
    assert sum(path.stat().st_size for path in files.values()) < 205_000


def test_a_module_that_is_not_there_is_named():
    with pytest.raises(FileNotFoundError, match='lib/no_such/__init__.py'):
        package_files('lib.no_such.lambda_handler')
