"""Frames of AWS Glue around frames of Spark, as far as they are converted and chosen by name."""
from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame


class DynamicFrame:
    """A frame."""

    def __init__(self, df: DataFrame):
        self._df = df

    @classmethod
    def fromDF(  # noqa: N802 - AWS Glue's name
            cls, dataframe: DataFrame, glue_ctx: Any, name: str = '') -> DynamicFrame:
        """Return the frame of Spark as one of AWS Glue."""
        return cls(dataframe)

    def toDF(self) -> DataFrame:  # noqa: N802 - AWS Glue's name
        """Return the frame as one of Spark."""
        return self._df


class DynamicFrameCollection:
    """Frames by name."""

    def __init__(self, frames: dict[str, DynamicFrame]):
        self._frames = frames

    def select(self, key: str) -> DynamicFrame:
        """Return the frame of that name."""
        return self._frames[key]
