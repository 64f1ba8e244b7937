"""Turns what Spark raises while it reads a file into an error that names the file."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from lake_etl.errors import DataError, LakeError
from lake_etl.reasons.failure import reason_of

# The part of Spark that fetches rows from files; it stands in the Java trace of what fails there and nowhere else.
SCAN = 'FileScanRDD'


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
