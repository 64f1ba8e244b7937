"""What every other layer needs of Spark: the session, columns by name, observations, task order."""
from pathlib import Path

from lake_etl.spark.worker_path import let_workers_import

let_workers_import(Path(__file__).resolve().parents[2])
