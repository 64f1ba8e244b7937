"""`MERGE INTO` as AWS Glue runs it follows the contract of tables that are merged by key, in a real Iceberg runtime."""
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def iceberg_runtime(spark_environment) -> None:
    """Skip where there is no Iceberg runtime: the one among Python packages is for Spark 3.5 (decision 027)."""
    import feature_store_pyspark  # noqa: F401  # the package that carries the runtime
    import pyspark
    if not pyspark.__version__.startswith('3.'):
        pytest.skip('there is no package with an Iceberg runtime for Spark 4')


def test_merge_into_of_an_iceberg_runtime_follows_the_contract(tmp_path, iceberg_runtime):
    path = [str(REPOSITORY), str(REPOSITORY / 'lib' / 'glue_scripts' / 'lib'), str(REPOSITORY / 'test')]
    done = subprocess.run([sys.executable, str(REPOSITORY / 'test' / 'ports' / 'native_iceberg.py'), str(tmp_path)],
                          env=os.environ | {'PYTHONPATH': os.pathsep.join(path)}, capture_output=True, text=True,
                          timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    assert list(tmp_path.rglob('*.metadata.json'))
