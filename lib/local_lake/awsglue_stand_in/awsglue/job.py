"""The life of one job run; outside AWS Glue there are no bookmarks to keep."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awsglue.context import GlueContext


class Job:
    """Marks the beginning and the end of a job run."""

    def __init__(self, glue_context: GlueContext):
        self.glue_context = glue_context
        self.committed = False

    def init(self, job_name: str, args: Mapping[str, Any] | None = None) -> None:
        """Begin a run."""
        self.job_name = job_name
        self.committed = False

    def commit(self) -> None:
        """End a successful run."""
        self.committed = True
