"""Begins and commits a job run; outside AWS Glue there are no bookmarks to keep."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awsglue.context import GlueContext


class Job:
    """Marks the beginning and the end of a job run."""

    def __init__(self, glue_context_or_spark_session: GlueContext):
        self._initialized = False

    def init(self, job_name: str, args: Mapping[str, Any] = {}) -> None:  # noqa: B006 - as the library declares it
        """Begin a run."""
        self._initialized = True

    def isInitialized(self) -> bool:  # noqa: N802 - AWS Glue's name
        """Return whether a run has begun."""
        return self._initialized

    def commit(self) -> None:
        """End a successful run."""
