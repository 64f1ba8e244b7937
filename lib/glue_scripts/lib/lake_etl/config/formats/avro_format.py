"""Avro: its file extension, and its section in the input_spec."""
from __future__ import annotations

from dataclasses import dataclass

from lake_etl.config.formats.input_format import InputFormat

AVRO = InputFormat(name='Avro', reader='avro', chosen_by_section=True, extensions={'.avro': {'avro': {}}})


@dataclass(frozen=True, kw_only=True)
class AvroSection:
    """Avro, whatever the file's extension; needs the jar spark-avro in the session of Spark."""
