"""Lets a Spark session see the tables of a laptop's catalog, as one of AWS Glue sees those of the Data Catalog."""
from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyspark.sql import DataFrame, DataFrameReader, SparkSession
from pyspark.sql.catalog import Catalog

from lake_etl.errors import LakeError
from lake_etl.ports import Catalog as LakeCatalog

# Statements that list names, or choose a database, need all tables, whatever they name.
NEEDS_ALL = re.compile(r'\s*(?:SHOW|USE|DESC|DESCRIBE)\b', re.IGNORECASE)
CHANGES = re.compile(r'\s*(?:ALTER|INSERT|DROP|TRUNCATE|MSCK|REPAIR|MERGE|DELETE|UPDATE|LOAD)\b', re.IGNORECASE)


@contextmanager
def visible_tables(spark: SparkSession, catalog: LakeCatalog) -> Iterator[None]:
    """Let users' code in this context read the tables of the lake by their names, whoever holds the session."""
    kind = type(spark)
    spark.lake_catalog = catalog  # type: ignore[attr-defined]
    spark.__class__ = CatalogSession
    try:
        yield
    finally:
        spark.__class__ = kind


class CatalogSession(SparkSession):
    """Attaches the tables that a statement or a name mentions, in their current state, before Spark looks at it."""

    lake_catalog: LakeCatalog

    def sql(self, sqlQuery: str, args: Any = None, **kwargs: Any) -> DataFrame:  # noqa: N803 - Spark's name
        """Run a statement; raises LakeError for one that would change a table of the lake only in this session."""
        self._attach(sqlQuery, everything=NEEDS_ALL.match(sqlQuery) is not None)
        return super().sql(sqlQuery, args, **kwargs)

    def table(self, tableName: str) -> DataFrame:  # noqa: N803 - Spark's name
        """Return a table of the lake or of this session."""
        self._attach(tableName)
        return super().table(tableName)

    @property
    def read(self) -> DataFrameReader:
        """Return a reader whose `table` sees the lake too."""
        return CatalogReader(self)

    @property
    def catalog(self) -> Catalog:
        """Return the names of this session, after all tables of the lake are attached."""
        self._attach('', everything=True)
        return super().catalog

    def _attach(self, text: str, everything: bool = False) -> None:
        tables = list(self.lake_catalog.tables())
        named = [table for table in tables if _occurs(table.name, text)]
        if named and CHANGES.match(text):
            raise LakeError(f'Spark SQL cannot change {named[0].database}.{named[0].name}: on a laptop it only reads '
                            'tables of the lake. Write a file to Collect, and load it by a job of the lake.')
        if named or everything:
            self.lake_catalog.attach(self, ' '.join(table.name for table in (tables if everything else named)))


def _occurs(name: str, text: str) -> bool:
    return re.search(rf'(?<!\w){re.escape(name)}(?!\w)', text, re.IGNORECASE) is not None


class CatalogReader(DataFrameReader):
    """Reads tables of the lake by name."""

    def table(self, tableName: str) -> DataFrame:  # noqa: N803 - Spark's name
        """Return a table of the lake or of this session."""
        return self._spark.table(tableName)
