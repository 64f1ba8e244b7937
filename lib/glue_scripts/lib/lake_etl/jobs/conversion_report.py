"""Tells log, lineage and the audit record of a run which conversions failed, and stops the load where it must."""
from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from lake_etl.controls.run_records import FAILED_CONVERSIONS
from lake_etl.errors import ConversionError
from lake_etl.jobs.job_run import JobRun
from lake_etl.transform.conversion import FailedConversion

LOG = logging.getLogger(__name__)
OPERATION = 'failedconversions'


def report_conversions(run: JobRun[Any], failures: Sequence[FailedConversion]) -> None:
    """Record the failures, if any; raises ConversionError when one of them must keep the load from being published."""
    if not failures:
        return
    texts = [str(failure) for failure in failures]
    for text in texts:
        LOG.warning('%s%s.', f'{run.further_table}: ' if run.further_table else '', text)
    run.lineage.update_lineage(None, run.load.source_key, OPERATION, conversions=[
        {'column': failure.column, 'failed': failure.failed, 'values': failure.values, 'failure': failure.failure,
         'rows': list(failure.rows)} for failure in failures])
    run.record_sentences(FAILED_CONVERSIONS, texts)
    stopping = [str(failure) for failure in failures if failure.stops]
    if stopping:
        raise ConversionError(
            f"{run.load.source_key}: values did not convert where 'on_error' is 'fail'. {'; '.join(stopping)}. Nothing "
            'was published. Correct these values in the source and land it again, correct the specification, or take '
            "'on_error' out of it to have them become null.")
