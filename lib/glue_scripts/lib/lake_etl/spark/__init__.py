"""What the other layers need of Spark: session, columns by name, materialized frames, task order."""
from pathlib import Path

from lake_etl.spark.worker_path import let_workers_import

let_workers_import(Path(__file__).resolve().parents[2])
