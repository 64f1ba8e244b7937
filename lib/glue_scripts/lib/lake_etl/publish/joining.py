"""Adds a load to a partition that holds rows of several source files, and replaces only the rows of its own source."""
from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import SparkSession

from lake_etl import runtime
from lake_etl.ports import Column, Partition
from lake_etl.publish.load_files import data_files, file_name, removed_on_failure, write_folder
from lake_etl.publish.sources import SourceFile, belongs_to, file_identity, sources_of, write_id
from lake_etl.spark.columns import has_column, literal_path, quoted, try_cast


@dataclass(frozen=True)
class NewFiles:
    """The files of a load in their folder, complete, before readers see them.

    file_key  pattern of what identifies a source file by its name; None for the whole name
    """

    folder: str
    columns: tuple[Column, ...]
    source: SourceFile
    file_key: str | None = None

    def replaces(self, source: SourceFile) -> bool:
        """Tell whether the load is another delivery of a source file, whose rows it replaces."""
        return file_identity(source.file, self.file_key) == file_identity(self.source.file, self.file_key)


def carry_over(before: Partition | None, new: NewFiles, spark: SparkSession) -> tuple[SourceFile, ...]:
    """Put the other sources' files of the partition into the new folder and return the sources it holds then.

    Files are copied without being read, unless their column types differ from the new ones: then their rows are
    rewritten, because the files of one partition must agree. Files that an earlier attempt carried over are removed.
    """
    files = runtime.files(new.folder)
    files.delete([uri for uri in data_files(new.folder) if not belongs_to(file_name(uri), new.source)])
    if before is None:
        return (new.source,)
    known = sources_of(before.parameters)
    own = [source for source in known if new.replaces(source)]
    others = [uri for uri in data_files(before.location) if not any(belongs_to(file_name(uri), item) for item in own)]
    remaining = tuple(source for source in known if not new.replaces(source))
    if _types_agree(before.columns, new.columns):
        for uri in others:
            files.copy(uri, f'{new.folder}/{file_name(uri)}')
        return (*remaining, new.source)
    columns = joined_columns(before, new)
    return (*(_rewritten(source, others, columns, new, spark) for source in remaining), new.source)


def joined_columns(before: Partition | None, new: NewFiles) -> tuple[Column, ...]:
    """Return the columns of a partition that holds the new files and those carried over: the new ones come first."""
    names = {column.name for column in new.columns}
    return (*new.columns, *(column for column in (before.columns if before else ()) if column.name not in names))


def _types_agree(before: tuple[Column, ...], after: tuple[Column, ...]) -> bool:
    types = {column.name: column.type for column in after}
    return all(types.get(column.name, column.type) == column.type for column in before)


def _rewritten(source: SourceFile, uris: list[str], columns: tuple[Column, ...], new: NewFiles,
               spark: SparkSession) -> SourceFile:
    """Write the source's rows with these column types and move the files into the new folder."""
    old = spark.read.parquet(*[literal_path(uri) for uri in uris if belongs_to(file_name(uri), source)])
    casts = [(try_cast(quoted(column.name), column.type) if has_column(old.schema, column.name)
              else try_cast('NULL', column.type)).alias(column.name) for column in columns]
    rewritten = f'{new.folder}-{source.write}'
    write_folder(old.select(*casts), rewritten)
    with removed_on_failure(rewritten):
        files, written = runtime.files(rewritten), data_files(rewritten)
        for uri in written:
            files.copy(uri, f'{new.folder}/{file_name(uri)}')
        files.delete(written)
    return SourceFile(source.file, source.rows, write_id(map(file_name, written)))
