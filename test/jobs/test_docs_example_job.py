"""The example job of the developer guide counts the rows of a published table and records it in the lineage."""
from __future__ import annotations

import logging
import runpy
import sys
from pathlib import Path

from lake_etl.landing.location import read_key
from lib.job_table import COLLECT_TO_CLEANSE
from lib.local_lake.running.awsglue_path import ensure_glue_library
from lib.local_lake.running.job_arguments import command_line, job_arguments
from small_lake import LANDED

EXAMPLE = Path(__file__).resolve().parents[2] / 'docs' / 'examples' / 'etl_example_job.py'


def test_the_example_job_counts_rows_by_partition(lake, caplog):
    lake.publish('gen', 'policy', {'number': 'int'}, {('2026', '03', '04'): [(1,), (2,)], ('2026', '03', '05'): [(3,)]})
    arguments = job_arguments(COLLECT_TO_CLEANSE, lake.folders, read_key('gen/policy/by-hand.csv', LANDED), 'by-hand')
    sys.argv = command_line(arguments)
    ensure_glue_library()
    with caplog.at_level(logging.INFO):
        runpy.run_path(str(EXAMPLE), run_name='__main__')
    counted = [message for message in caplog.messages if message.startswith('Partition ')]
    assert counted == ['Partition 2026/03/04 of policy has 2 rows.', 'Partition 2026/03/05 of policy has 1 rows.']
    assert [record['dataset_operation'] for record in lake.lineage('by-hand')] == ['sparksql']
