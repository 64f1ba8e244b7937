"""Keeps reports on data quality on this machine: they stand in the log, where those who watch the lake look."""
from __future__ import annotations

from lake_etl.adapters.quality_log import log_report
from lake_etl.ports import QualityReport


class LoggedQualityReports:
    """The log of this process."""

    def publish(self, report: QualityReport) -> None:
        """Write the report as sentences."""
        log_report(report)
