"""Reads what was collected in the format its workflow names, with types that hold from one file to the next."""
from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from lake_etl import runtime
from lake_etl.config.formats.input_format import InputFormat
from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError, LakeError
from lake_etl.read.declared_types import with_given_types
from lake_etl.read.prepare import plain_file
from lake_etl.read.source_files import Collected, Knowledge, nothing_known
from lake_etl.reasons.failure import reason_of

Reader = Callable[[SparkSession, Collected], DataFrame]
GiveTypes = Callable[[DataFrame, Mapping[str, str]], DataFrame]
HIDDEN = ('_', '.')
# The part of Spark that fetches rows from files; it stands in the Java trace of what fails there and nowhere else.
SCAN = 'FileScanRDD'


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


def files_of_load(uri: str, spec: InputSpec) -> tuple[str, tuple[str, ...]]:
    """Return the name of the load for messages and the addresses of its files, in the order of their names.

    With `"files": "folder"` in the input_spec these are the files beside `uri`, which is the trigger; files in folders
    below, empty ones, and those whose names begin with `_` or `.` do not count. Raises DataError when there are none.
    """
    folder, _, name = uri.rpartition('/')
    if spec.files is None:
        if name.startswith(HIDDEN):
            raise DataError(f'{uri} has a name that begins with "_" or ".", and Spark leaves such files out. Land it '
                            'again under another name.')
        return uri, (uri,)
    prefix = f'{folder}/'
    names = {entry.uri.removeprefix(prefix) for entry in runtime.files(folder).list(folder) if entry.size}
    found = [f'{prefix}{item}' for item in sorted(names - {name, spec.trigger_name})
             if '/' not in item and not item.startswith(HIDDEN)]
    if not found:
        raise DataError(f'The folder {folder} holds no files with content beside its trigger {name}. The published '
                        'data stays as it is; land the files, and the trigger last.')
    return folder, tuple(found)


@contextmanager
def reading(name: str, among_others: bool = False) -> Iterator[None]:
    """Name the file in every failure of Spark inside; `among_others`: only where rows could not be fetched from a file.
    """
    try:
        yield
    except LakeError:
        raise
    except (PySparkException, Py4JError) as error:
        if among_others and SCAN not in str(error):
            raise
        raise DataError(f'{name} could not be read. {reason_of(error)} The published data stays as it is; land the '
                        'file again, or correct the input_spec where it does not fit the file.') from error
