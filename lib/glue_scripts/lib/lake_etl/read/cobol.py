"""Reads mainframe extracts: the driver finds blocks of whole records, and tasks decode them in Arrow batches."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import BooleanType, LongType, StructField, StructType
from pyspark.sql.types import _parse_datatype_string as parsed_type

from lake_etl import runtime
from lake_etl.cobol.record_nodes import RecordLayout, column_nodes
from lake_etl.config.formats.cobol_format import CobolSection
from lake_etl.errors import DataError
from lake_etl.read.cobol_columns import RecordDecoder, keeps_zeros
from lake_etl.read.cobol_records import RecordBlock, RecordShape, block_records, file_blocks, record_shape
from lake_etl.read.malformed import mark_malformed
from lake_etl.read.published_types import stays_text, with_published_types, with_text_columns
from lake_etl.read.source_files import KnownTypes, PreparedFile, SourceFiles, no_rows_error
from lake_etl.spark.helper_names import hidden_name, unused_name
from lake_etl.spark.source_rows import FILE_BITS

# So many bytes of records make one batch.
BATCH_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True)
class DecodingPlan:
    """What a task needs to decode blocks of a load.

    text_columns  numbers that stay text, with their leading zeros
    """

    layout: RecordLayout
    section: CobolSection
    shape: RecordShape
    files: tuple[PreparedFile, ...]
    blocks: tuple[RecordBlock, ...]
    text_columns: tuple[str, ...]
    names: tuple[str, ...]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the decoded records of the blocks whose numbers the batches hold."""
        section = self.section
        decoder = RecordDecoder(self.layout, section.encoding, section.floats, section.odo_slides, self.text_columns)
        for batch in batches:
            for number in batch.column(0).to_pylist():
                yield from self._decoded(self.blocks[number], decoder)

    def _decoded(self, block: RecordBlock, decoder: RecordDecoder) -> Iterator[pa.RecordBatch]:
        content = runtime.files(block.uri).read(block.uri, block.start, block.length) or b''
        records = block_records(block, content, self.shape, self.files[block.file])
        for part in records.slices(max(1, BATCH_BYTES // self.shape.longest)):
            decoded = decoder.decode(part)
            place = decoded.numbers + (block.file << FILE_BITS)
            columns = [*decoded.columns, pa.array(decoded.malformed), pa.array(np.asarray(place, dtype=np.int64))]
            yield pa.RecordBatch.from_arrays(columns, names=list(self.names))


def read(spark: SparkSession, source: SourceFiles) -> DataFrame:
    """Return a row for each record, with the types that the copybook gives its fields.

    A record is malformed if bytes do not fit their field, or if its type is none of the segments; the value is null
    then. Raises DataError naming the file and the byte where it does not consist of whole records.
    """
    layout, section = source.layout, source.spec.cobol or CobolSection()
    if layout is None:
        raise DataError(f'{source.name} is a mainframe extract, and there is no copybook; put it into '
                        'transformation-spec, named after the database and the table, such as Claims-Policy.cpy.')
    shape = record_shape(section, layout)
    blocks = [block for index, file in enumerate(source.files) for block in file_blocks(file, index, shape)]
    if not blocks:
        raise no_rows_error(source.name)
    names = [name for name, _ in layout.columns]
    known = source.known_types(names)
    texts = _text_columns(layout, source, known)
    fields = [StructField(name, parsed_type('string' if name in texts else kind)) for name, kind in layout.columns]
    schema = StructType(fields)
    malformed, place = unused_name(schema, 'malformed'), hidden_name('place')
    schema = StructType([*fields, StructField(malformed, BooleanType()), StructField(place, LongType())])
    plan = DecodingPlan(layout, section, shape, source.files, tuple(blocks), texts, tuple(schema.fieldNames()))
    # One number for each task, so that Spark moves no rows between tasks and their order is that of the file.
    rows = spark.range(0, len(blocks), 1, len(blocks)).mapInArrow(plan, schema)
    rows = mark_malformed(source.with_assigned_positions(rows, place), rows[malformed], malformed)
    typed = with_text_columns(source.with_raw_values(rows, known), source.spec, known)
    return with_published_types(typed, source.spec, known)


def _text_columns(layout: RecordLayout, source: SourceFiles, known: KnownTypes) -> tuple[str, ...]:
    """Return the columns of whole numbers that stay text, so that they keep their leading zeros."""
    return tuple(str(node.column) for node in column_nodes(layout.members) if keeps_zeros(node) and (
        stays_text(str(node.column), source.spec, known) or not source.spec.infer_types))
