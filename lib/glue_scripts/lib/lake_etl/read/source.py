"""Reads what was collected in the format its workflow names, with types that hold from one file to the next."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pyspark.sql import DataFrame, SparkSession

from lake_etl.config.input import Format, InputSpec
from lake_etl.errors import DataError
from lake_etl.read.collected import Collected, Knowledge, nothing_known
from lake_etl.read.data_set import files_of_load
from lake_etl.read.delimited import read_delimited
from lake_etl.read.excel import read_excel
from lake_etl.read.failures import reading
from lake_etl.read.fixed_width import read_fixed_width
from lake_etl.read.given_types import with_given_types
from lake_etl.read.json_lines import read_json
from lake_etl.read.parquet import read_parquet
from lake_etl.read.plain import plain_file
from lake_etl.read.xml_rows import read_xml

Reader = Callable[[SparkSession, Collected], DataFrame]
GiveTypes = Callable[[DataFrame, Mapping[str, str]], DataFrame]
READERS: Mapping[Format, Reader] = {
    Format.DELIMITED: read_delimited, Format.FIXED: read_fixed_width, Format.JSON: read_json, Format.XML: read_xml,
    Format.EXCEL: read_excel, Format.PARQUET: read_parquet,
}


def read_collected_file(spark: SparkSession, uri: str, spec: InputSpec, knowledge: Knowledge = nothing_known, *,
                        scratch: str, widths: Sequence[tuple[str, int]] = (),
                        give_types: GiveTypes = with_given_types) -> DataFrame:
    """Return the rows of the file, or of the folder whose trigger it is; rows that do not fit the format are marked.

    knowledge   is asked once, with the source's column names
    scratch     folder for what Spark cannot read where it lies; needed as long as the frame is
    widths      columns of fixed-width text in their order, and how wide they are
    give_types  gives the columns the types that the specification fixes

    Raises DataError naming the file when it is missing, empty, damaged, or not of the format that it should be.
    """
    name, uris = files_of_load(uri, spec)
    plain = [plain_file(item, spec, f'{scratch}/plain-{index:05}') for index, item in enumerate(uris)]
    first, first_format = plain[0]
    for file, file_format in plain:
        if file_format is not first_format:
            raise DataError(f'{file.name} is {file_format.value}, but {first.name} is {first_format.value}. Files of '
                            'one load need one format; nothing was loaded.')
    source = Collected(name, tuple(file for file, _ in plain), spec, tuple(widths), scratch, knowledge)
    with reading(name):
        return give_types(READERS[first_format](spark, source), spec.types)
