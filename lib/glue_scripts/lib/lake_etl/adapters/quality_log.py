"""Writes reports on data quality to the log of the job."""
from __future__ import annotations

import logging

from lake_etl.ports import QualityReport

LOG = logging.getLogger(__name__)
QUARANTINE = 'quarantine'


def log_report(report: QualityReport) -> None:
    """Log the report as sentences; a failed rule is a warning, unless it quarantined rows."""
    LOG.info('%d of %d rules passed on %d rows of %s.%s at %s; %d rows fail a quarantine rule.',
             report.passed_rules, report.passed_rules + len(report.failed_rules), report.rows, report.database,
             report.table, report.stage, report.failed)
    for failed in report.failed_rules:
        level = logging.INFO if failed.action == QUARANTINE else logging.WARNING
        LOG.log(level, 'A quality rule of %s.%s failed at %s: %s.', report.database, report.table, report.stage, failed)


class LoggedQualityReports:
    """Publishes reports on data quality to the log of this process."""

    def publish(self, report: QualityReport) -> None:
        """Log the report as sentences."""
        log_report(report)
