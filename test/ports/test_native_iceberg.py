"""`MERGE INTO` as AWS Glue runs it follows the contract of tables that are merged by key, in a real Iceberg runtime."""
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def test_merge_into_of_an_iceberg_runtime_follows_the_contract(tmp_path):
    path = [str(REPOSITORY), str(REPOSITORY / 'lib' / 'glue_scripts' / 'lib'), str(REPOSITORY / 'test')]
    done = subprocess.run([sys.executable, str(REPOSITORY / 'test' / 'ports' / 'native_iceberg.py'), str(tmp_path)],
                          env=os.environ | {'PYTHONPATH': os.pathsep.join(path)}, capture_output=True, text=True,
                          timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    assert list(tmp_path.rglob('*.metadata.json'))
