"""Runs the jobs for a landed file and records the run, as the trigger and the state machine do on AWS."""
from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from pyspark.sql import SparkSession

from lake_etl.adapters.local.folder_files import FolderFiles
from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.config.configuration_files import entity_match_file, folded
from lake_etl.config.dependencies import utc_time
from lake_etl.config.reader import configuration_below
from lake_etl.controls.run_records import FAILED_CONVERSIONS, NOTICES
from lake_etl.errors import LakeError
from lake_etl.landing.location import Landing
from lake_etl.reasons.failure import original_of, reason_of
from lib.job_table import STEPS, LakeJob, failure_after
from lib.local_lake.folders import LakeFolders
from lib.local_lake.progress import doing
from lib.local_lake.running.collected_files import AUDIT, execution_of
from lib.local_lake.running.glue_job import ensure_glue_library, job_arguments, run_script
from lib.local_lake.running.laptop_session import JAVA_ENDED, forget_ended_session, start_session
from lib.local_lake.running.loaded_configuration import CONFIGURATION, remember_configuration
from lib.local_lake.running.spark_scratch import remove_scratch
from lib.local_lake.running.spark_tasks import running_tasks
from lib.local_lake.running.stopping import exit_status
from lib.local_lake.running.transform_code import present_code

LOG = logging.getLogger(__name__)
INTERRUPTED = 'INTERRUPTED'
NOT_LOADED = ('FAILED', INTERRUPTED)
STOPPED = ('The command was stopped before the run ended. Each table is as it was before the run, or as the run has '
           'published it, never half of both. ./lake watch loads the file again when it starts next.')


@dataclass(frozen=True)
class RunResult:
    """How a run ended: SUCCEEDED, or FAILED with the reason; how long each job took, and what its owner should know."""

    execution: str
    status: str
    reason: str
    seconds: dict[str, float]
    failed_conversions: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def told(self) -> tuple[str, ...]:
        """Return all that the owner of the data should know although the load succeeded."""
        return *self.failed_conversions, *self.notices


class Orchestrator:
    """Runs landed files one after another in this process; the caller holds the lake for writing.

    small_data  whether all files are small, see `start_session`
    """

    def __init__(self, folders: LakeFolders, small_data: bool = False):
        self.folders = folders
        self.small_data = small_data
        self.audit = folders.items(AUDIT)
        self.items = SqliteItems()

    def close_interrupted_runs(self) -> int:
        """Mark runs that a stopped command left open as interrupted; return how many."""
        items = list(self.items.scan(self.audit))
        opened = [item for item in items if item['job_latest_status'] == 'STARTED']
        for item in opened:
            self._update(item['execution_id'], INTERRUPTED, STOPPED)
        if opened and SparkSession.getActiveSession() is None:
            # Scratch files of a killed run contain values in clear text.
            remove_scratch(self.folders, {str(item['execution_id']) for item in items})
        return len(opened)

    def status_of(self, execution: str) -> str | None:
        """Return the status of that execution, or None when it is not on record."""
        item = self.items.get(self.audit, {'execution_id': execution})
        return None if item is None else str(item['job_latest_status'])

    def has_succeeded(self, execution: str) -> bool:
        """Tell whether that execution is on record as succeeded."""
        return self.status_of(execution) == 'SUCCEEDED'

    def succeeded_since(self, workflow: str, moment: datetime) -> bool:
        """Tell whether a run of `<database>/<table>` ended with success at or after a moment."""
        return any(folded(item['source_key']) == folded(workflow) and item['job_latest_status'] == 'SUCCEEDED'
                   and utc_time(item['job_last_updated_timestamp']) >= moment
                   for item in self.items.scan(self.audit))

    def run(self, landing: Landing, execution: str, progress: Callable[[str], None] = lambda text: None) -> RunResult:
        """Load the file, fill its Consume table and match its entities; record the result before returning.

        A failed job ends the run; it never raises for a failure of the job. A run that the user stops is on record as
        interrupted, and KeyboardInterrupt or SystemExit goes on.
        """
        self._record_start(landing, execution)
        seconds: dict[str, float] = {}
        running = ''
        try:
            ensure_glue_library()
            start_session(self.folders.temporary, small_data=self.small_data)
            for job in self._jobs(landing):
                running = job.name
                progress(running)
                started = time.monotonic()
                with doing(f'{landing.base_file_name}: {job.name}', measure=running_tasks):
                    run_script(job, job_arguments(job, self.folders, landing, execution))
                seconds[job.name] = time.monotonic() - started
        except (KeyboardInterrupt, SystemExit):
            self._record_interruption(execution, seconds)
            raise
        except Exception as error:
            if (status := exit_status()) is not None:
                self._record_interruption(execution, seconds)
                raise SystemExit(status) from None
            LOG.debug('The run of %s failed.', landing.key, exc_info=original_of(error))
            why = JAVA_ENDED if forget_ended_session() else reason_of(error)
            reason = failure_after(list(seconds), running, why)
            self._update(execution, 'FAILED', reason, seconds)
            return RunResult(execution, 'FAILED', reason, seconds)
        self._update(execution, 'SUCCEEDED', '', seconds)
        return RunResult(execution, 'SUCCEEDED', '', seconds, *self._told(execution))

    def _record_interruption(self, execution: str, seconds: dict[str, float]) -> None:
        self._update(execution, INTERRUPTED, STOPPED, seconds)
        if exit_status() is not None:
            # Java has ended, and what the run had written down for itself holds values in clear.
            remove_scratch(self.folders, {execution})

    def _told(self, execution: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return what the job has put on the run's record; a job of its own process could not hand it over."""
        item = self.items.get(self.audit, {'execution_id': execution}) or {}
        return tuple(item.get(FAILED_CONVERSIONS, ())), tuple(item.get(NOTICES, ()))

    def _jobs(self, landing: Landing) -> list[LakeJob]:
        """Return the jobs that run for a landed file, in this order."""
        reader = configuration_below(str(self.folders.configuration))
        wanted = {'entity_match': reader.stored_name(entity_match_file(landing.database)) is not None}
        return [job for job, step in STEPS if not step.only_if or wanted[step.only_if]]

    def record_refusal(self, key: str, execution: str, reason: str) -> None:
        """Record a file for which no job was started."""
        self._record(execution, key, 'FAILED', error_message=reason)

    def record_waiting(self, landing: Landing, execution: str) -> None:
        """Record a file that waits for the success of other workflows."""
        self._record_file(landing, execution, 'QUEUED')

    def _record_start(self, landing: Landing, execution: str) -> None:
        digest = remember_configuration(self.folders, landing.workflow, present_code())
        self._record_file(landing, execution, 'STARTED', **{CONFIGURATION: digest})

    def _record_file(self, landing: Landing, execution: str, status: str, **values: str) -> None:
        self._record(execution, landing.workflow, status, sfn_execution_name=landing.base_file_name, file=landing.key,
                     partition='/'.join(f'{part:02d}' for part in landing.partition), **values)

    def _record(self, execution: str, source_key: str, status: str, **values: str) -> None:
        now = datetime.now(UTC)
        self.items.put(self.audit, {
            'execution_id': execution, 'source_key': source_key, 'job_latest_status': status,
            'job_start_date': now.isoformat(timespec='milliseconds'), 'job_start_date_int': int(now.timestamp()),
            'job_last_updated_timestamp': now.isoformat(timespec='milliseconds'), **values})

    def _update(self, execution: str, status: str, reason: str, seconds: dict[str, float] | None = None) -> None:
        values: dict[str, object] = {
            'job_latest_status': status, 'error_message': reason,
            'job_last_updated_timestamp': datetime.now(UTC).isoformat(timespec='milliseconds')}
        if seconds:
            values['seconds'] = {name: f'{value:.1f}' for name, value in seconds.items()}
        self.items.update(self.audit, {'execution_id': execution}, values)


def land(folders: LakeFolders, key: str, content: bytes) -> str:
    """Put a file into the Collect folder atomically, as an upload to S3 does; return the id of its execution."""
    target = (folders.collect / key).resolve()
    if folders.collect not in target.parents:
        raise LakeError(f"'{key}' is not below the Collect folder.")
    FolderFiles().write(str(target), content)
    return execution_of(key, target.stat())
