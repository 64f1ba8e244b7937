"""Rewrites older partitions when a load changes the types of columns, so that every engine can read the whole table.

Spark 3.5 cannot read most Parquet files whose types differ from those of the table, and Athena converts few types
(decision 051).
"""
from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import reduce

from pyspark.errors import AnalysisException
from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from lake_etl import runtime
from lake_etl.errors import SchemaChangeError
from lake_etl.ports import Column, FileEntry, Partition, Table
from lake_etl.publish.layout import is_data_file, load_folder, partition_folder, partition_of_load
from lake_etl.publish.load_files import data_files, file_name, remove_folder, removed_on_failure, require_rows
from lake_etl.publish.sources import WRITE_ID, belongs_to, sources_of
from lake_etl.publish.sweep import sweep_partition
from lake_etl.publish.target import PartitionValues, Target
from lake_etl.spark.columns import column, literal_path, quoted, try_cast

LOG = logging.getLogger(__name__)
SHARE, ROWS, LOST = 'lake_share', 'rows', 'lost_'
SHARES_OF_A_JOB = 50   # each is a part of the plan
NESTED = ('array', 'map', 'struct')


@dataclass(frozen=True)
class OlderPartitions:
    """Partitions that get the new types together with a load.

    put       as they will be
    before    as they were when they were rewritten, by their values
    """

    put: tuple[Partition, ...] = ()
    before: Mapping[PartitionValues, Partition] = field(default_factory=dict)

    @property
    def expected(self) -> dict[PartitionValues, str | None]:
        """Return where they must still be when they are switched."""
        return {values: partition.location for values, partition in self.before.items()}

    def discard(self) -> None:
        """Remove the new files."""
        for partition in self.put:
            remove_folder(partition.location)

    def sweep(self, retention: timedelta) -> None:
        """Remove what readers need no longer, a retention period after the switch."""
        for partition in self.put:
            place = partition_of_load(partition.location)
            sweep_partition(runtime.files(place), place, {partition.location},
                            {self.before[partition.values].location}, datetime.now(UTC), retention)


@dataclass(frozen=True)
class _Share:
    """Files of a partition that hold the rows of one source file, or of a partition that names no sources.

    write   the id in the names of the files; empty: the new files keep theirs
    """

    partition: Partition
    files: tuple[str, ...]
    write: str


def rewrite_older_partitions(spark: SparkSession, table: Table, target: Target,
                             replaced: Collection[PartitionValues]) -> OlderPartitions:
    """Write the rows of partitions whose types differ from those of the table, converted, next to these partitions.

    table     as it will be
    replaced  partitions that the load replaces anyway

    Starts no Spark job when all types agree. Raises SchemaChangeError, and leaves no files, when a value does not fit
    the new type.
    """
    types = {item.name: item.type for item in table.columns}
    older = [item for item in runtime.catalog().partitions(table.database, table.name)
             if item.values not in replaced and _changed(item, types)]
    if not older:
        return OlderPartitions()
    for partition in older:
        _require_convertible_columns(spark, table, _changed(partition, types))
    LOG.info('%d older partitions of %s are rewritten, because column types have changed.', len(older), target.name)
    put = [replace(item, location=load_folder(partition_folder(table.location, target.key_names, item.values),
                                              target.load),
                   columns=tuple(replace(known, type=types.get(known.name, known.type)) for known in item.columns))
           for item in older]
    rewritten = OlderPartitions(tuple(put), {item.values: item for item in older})
    places = {item.values: item.location for item in put}
    try:
        for number, shares in enumerate(_batches(older)):
            staging = f'{target.staging_folder(table.location)}-older-{number}'
            _rewrite(spark, shares, types, places, staging, target.name)
    except BaseException:
        rewritten.discard()
        raise
    return rewritten


def _changed(partition: Partition, types: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the columns of a partition that have other types in the table, with both types."""
    return {item.name: (item.type, types[item.name]) for item in partition.columns
            if item.name in types and _differs(item.type, types[item.name])}


def _differs(before: str, after: str) -> bool:
    """Tell whether a type is another one; structs that have more members or fewer can be read as they are."""
    return before.lower() != after.lower() and not _same_members(before.lower(), after.lower())


def _same_members(before: str, after: str) -> bool:
    """Tell whether two nested types agree in all members that both have."""
    from pyspark.sql.types import ArrayType, DataType, MapType, StructType, _parse_datatype_string

    def agree(old: DataType, new: DataType) -> bool:
        if isinstance(old, StructType) and isinstance(new, StructType):
            members = {item.name.lower(): item.dataType for item in new.fields}
            return all(agree(item.dataType, members.get(item.name.lower(), item.dataType)) for item in old.fields)
        if isinstance(old, ArrayType) and isinstance(new, ArrayType):
            return agree(old.elementType, new.elementType)
        if isinstance(old, MapType) and isinstance(new, MapType):
            return agree(old.keyType, new.keyType) and agree(old.valueType, new.valueType)
        return old.simpleString() == new.simpleString()
    nested = before.startswith(NESTED) and after.startswith(NESTED)
    return nested and agree(_parse_datatype_string(before), _parse_datatype_string(after))


def _require_convertible_columns(spark: SparkSession, table: Table, changed: Mapping[str, tuple[str, str]]) -> None:
    for name, (before, after) in changed.items():
        if before.startswith(NESTED) and after.startswith(NESTED):
            raise SchemaChangeError(
                f'Column {name} of {table.database}.{table.name} became {after} from {before}. Members of nested '
                'columns cannot change their types, since older partitions could not be read any more. Nothing was '
                'replaced. Give the column another name in the mapping.')
        if not _is_convertible(spark, before, after):
            raise SchemaChangeError(
                f'Column {name} of {table.database}.{table.name} became {after} from {before}, and the values of older '
                'partitions cannot be converted. Nothing was replaced. Correct the file, or give the column another '
                'name in the mapping.')


def _is_convertible(spark: SparkSession, before: str, after: str) -> bool:
    """Tell whether Spark has a conversion between two types, in both directions unless the old one is text."""
    there = f'try_cast(CAST(NULL AS {before}) AS {after})'
    try:
        spark.range(1).select(F.expr(there if before == 'string' else f'try_cast({there} AS {before})'))
    except AnalysisException:
        return False
    return True


def _shares(partition: Partition) -> list[_Share]:
    """Return the files of a partition, those of each source file for themselves."""
    files = data_files(partition.location)
    sources = sources_of(partition.parameters)
    named = [_Share(partition, tuple(uri for uri in files if belongs_to(file_name(uri), item)), item.write)
             for item in sources]
    left = tuple(uri for uri in files if not any(belongs_to(file_name(uri), item) for item in sources))
    return [share for share in (*named, _Share(partition, left, '')) if share.files]


def _batches(partitions: Sequence[Partition]) -> Iterator[Sequence[_Share]]:
    """Yield the shares of partitions, for each job those of partitions with the same columns."""
    alike: dict[tuple[Column, ...], list[_Share]] = {}
    for partition in partitions:
        alike.setdefault(partition.columns, []).extend(_shares(partition))
    for shares in alike.values():
        for start in range(0, len(shares), SHARES_OF_A_JOB):
            yield shares[start:start + SHARES_OF_A_JOB]


def _rewrite(spark: SparkSession, shares: Sequence[_Share], types: Mapping[str, str],
             places: Mapping[PartitionValues, str], staging: str, name: str) -> None:
    """Write the rows of some shares in one Spark job and put the files into the places of their partitions."""
    frames = [_converted(spark, share, number, types) for number, share in enumerate(shares)]
    everything = reduce(DataFrame.unionByName, frames)
    lost = [item for item in everything.columns if item.startswith(LOST)]
    observation = Observation()
    observed = everything.observe(observation, F.count(F.lit(1)).alias(ROWS),
                                  *(F.count_if(column(item)).alias(item) for item in lost))
    with removed_on_failure(staging):
        observed.drop(*lost).write.partitionBy(SHARE).parquet(staging)
    try:
        counted = observation.get
        _require_kept_values(counted, lost, name)
        require_rows(name, counted[ROWS], _moved(staging, shares, places))
    finally:
        remove_folder(staging)


def _converted(spark: SparkSession, share: _Share, number: int, types: Mapping[str, str]) -> DataFrame:
    """Return the rows of a share in the new types, each with the number of the share and what its conversion loses."""
    schema = ', '.join(f'{quoted(item.name)} {item.type}' for item in share.partition.columns)
    rows = spark.read.schema(schema).parquet(*map(literal_path, share.files))
    changed = _changed(share.partition, types)
    values = {item: try_cast(quoted(item), after) for item, (_, after) in changed.items()}
    lost = {f'{LOST}{item}': _is_lost(item, before, after) for item, (before, after) in changed.items()}
    return rows.withColumns({**values, **lost, SHARE: F.lit(number)})


def _is_lost(name: str, before: str, after: str) -> SparkColumn:
    """Build whether a value is another one afterwards; text counts as the value that it says."""
    converted = try_cast(quoted(name), after)
    is_lost = column(name).isNotNull() & converted.isNull()
    if before == 'string':
        return is_lost
    back = F.expr(f'try_cast(try_cast({quoted(name)} AS {after}) AS {before})')
    return is_lost | ~back.eqNullSafe(column(name))


def _require_kept_values(counted: Mapping[str, int], lost: Sequence[str], name: str) -> None:
    if found := {item.removeprefix(LOST): counted[item] for item in lost if counted[item]}:
        shown = ', '.join(f'{item} ({count:,})' for item, count in sorted(found.items()))
        raise SchemaChangeError(
            f'Values in older partitions of {name} do not fit the new types of their columns: {shown}. Nothing was '
            'replaced. Correct the types of this load, give the columns other names, or load the older files again.')


def _moved(staging: str, shares: Sequence[_Share], places: Mapping[PartitionValues, str]) -> list[FileEntry]:
    """Copy new files to the places of their partitions, under the ids by which these know their sources."""
    files, moved = runtime.files(staging), []
    for entry in list(files.list(staging)):
        if not is_data_file(file_name(entry.uri)):
            continue
        share = shares[int(entry.uri.rpartition('/')[0].rpartition(f'{SHARE}=')[2])]
        name = WRITE_ID.sub(share.write, file_name(entry.uri), count=1) if share.write else file_name(entry.uri)
        uri = f'{places[share.partition.values]}/{name}'
        files.copy(entry.uri, uri)
        moved.append(replace(entry, uri=uri))
    return moved
