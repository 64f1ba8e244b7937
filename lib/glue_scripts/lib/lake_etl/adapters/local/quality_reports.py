"""Writes reports on data quality to the log."""
from __future__ import annotations

import logging

from lake_etl.ports import QualityReport

LOG = logging.getLogger(__name__)


class LoggedQualityReports:
    """The log of this process; every rule that failed is a warning."""

    def publish(self, report: QualityReport) -> None:
        """Write the report as sentences."""
        LOG.info('%d of %d rules passed on %d rows of %s.%s at %s; %d rows fail a rule of quarantine.',
                 report.passed_rules, report.passed_rules + len(report.failed_rules), report.rows, report.database,
                 report.table, report.stage, report.failed)
        for rule in report.failed_rules:
            LOG.warning('A quality rule of %s.%s failed at %s: %s.', report.database, report.table, report.stage, rule)
