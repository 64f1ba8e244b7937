"""Reads what was collected in the format its workflow names, with types that hold from one file to the next."""
from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence

from pyspark.sql import DataFrame, SparkSession

from lake_etl.config.formats.input_format import InputFormat
from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError
from lake_etl.read.collected import Collected, Knowledge, nothing_known
from lake_etl.read.data_set import files_of_load
from lake_etl.read.failures import reading
from lake_etl.read.given_types import with_given_types
from lake_etl.read.plain import plain_file

Reader = Callable[[SparkSession, Collected], DataFrame]
GiveTypes = Callable[[DataFrame, Mapping[str, str]], DataFrame]


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
            raise DataError(f'{file.name} is {file_format.name}, but {first.name} is {first_format.name}. Files of '
                            'one load need one format; nothing was loaded.')
    source = Collected(name, tuple(file for file, _ in plain), spec, tuple(widths), scratch, knowledge)
    with reading(name):
        return give_types(reader_for(first_format)(spark, source), spec.types)


def reader_for(input_format: InputFormat) -> Reader:
    """Return the function `read` of the module that the format names; only readers in use are imported."""
    reader: Reader = importlib.import_module(f'lake_etl.read.{input_format.reader}').read
    return reader
