"""Selects the rows to write to the primary table: the latest of each entity, if it differs from the current row."""
from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql.types import NullType, StructType

from lake_etl.arguments import EXECUTION_COLUMN, PARTITION_KEYS
from lake_etl.errors import SchemaChangeError
from lake_etl.match.entity_keys import ENTITY
from lake_etl.spark.columns import column, has_column, quoted
from lake_etl.spark.helper_names import hidden_name

NUMBER, AGE, CONTENT, BEFORE = (hidden_name(name) for name in ('number', 'age', 'content', 'before'))
INTEGER_WIDTHS = {'tinyint': 1, 'smallint': 2, 'int': 3, 'bigint': 4}


def conform_types(incoming: DataFrame, primary: StructType | None) -> DataFrame:
    """Return the incoming rows with the names and types of the primary table in the columns that it has.

    Raises SchemaChangeError listing the columns whose values the primary table's type may not hold.
    """
    known = {field.name.lower(): field for field in primary.fields} if primary else {}
    columns: list[Column] = []
    wrong: list[str] = []
    for field in incoming.schema.fields:
        target = known.get(field.name.lower())
        found = 'string' if isinstance(field.dataType, NullType) else field.dataType.simpleString()
        wanted = target.dataType.simpleString() if target else found
        if not _holds(found, wanted) and not isinstance(field.dataType, NullType):
            wrong.append(f'{field.name} is {found}, in the primary table {wanted}')
        columns.append(column(field.name).cast(wanted).alias(target.name if target else field.name))
    if wrong:
        raise SchemaChangeError(f'Incoming columns do not fit the primary table: {"; ".join(wrong)}. Nothing was '
                                'changed. Convert them with changetype in the transformation specification.')
    return incoming.select(*columns)


def _holds(found: str, wanted: str) -> bool:
    """Tell whether the wanted type holds every value of the found one."""
    if found == wanted or wanted == 'string':
        return True
    if found in INTEGER_WIDTHS and wanted in INTEGER_WIDTHS:
        return INTEGER_WIDTHS[found] <= INTEGER_WIDTHS[wanted]
    if found.startswith('decimal(') and wanted.startswith('decimal('):
        (digits, scale), (more, finer) = (map(int, kind[8:-1].split(',')) for kind in (found, wanted))
        return scale <= finer and digits - scale <= more - finer
    return (found, wanted) in (('float', 'double'), ('int', 'double'), ('smallint', 'double'), ('tinyint', 'double'),
                               ('date', 'timestamp'))


def latest_rows(rows: DataFrame, global_id: str, sort_field: str | None) -> DataFrame:
    """Return the latest row for each global id, by `sort_field` and then by partition; nulls are the oldest.

    Ties are broken by the content of the rows.
    """
    ranked = rows.withColumn(CONTENT, F.sha2(_text(rows.columns), 256))
    order = Window.partitionBy(column(global_id)).orderBy(
        *(part.desc_nulls_last() for part in _age(rows.schema, sort_field)), F.col(ENTITY) if ENTITY in rows.columns
        else F.lit(1), F.col(CONTENT))
    return ranked.withColumn(NUMBER, F.row_number().over(order)).where(F.col(NUMBER) == 1).drop(NUMBER, CONTENT, ENTITY)


def changed_rows(rows: DataFrame, primary: DataFrame | None, global_id: str, sort_field: str | None) -> DataFrame:
    """Return the latest row for each global id if the primary table must change, with all columns of both frames.

    Rows that are older than the row of the primary table, or equal to it, are omitted. A column that the incoming rows
    lack keeps its value.
    """
    latest = latest_rows(rows, global_id, sort_field)
    if primary is None:
        return latest
    # The ids of all rows are those of the latest ones, and Spark need not find the latest rows for them.
    keys = rows.select(column(global_id))
    current = latest_rows(primary.join(keys, global_id, 'left_semi'), global_id, sort_field)
    names = [*primary.columns, *(name for name in latest.columns if not has_column(primary.schema, name))]
    before = F.struct(*(column(name) for name in current.columns)).alias(BEFORE)
    joined = latest.join(current.select(column(global_id), before), global_id, 'left')
    merged = {name: column(name) if has_column(latest.schema, name) else F.col(f'{BEFORE}.{quoted(name)}')
              for name in names}
    is_new = F.col(BEFORE).isNull()
    newer = F.struct(*_age(latest.schema, sort_field, current.schema)) >= F.struct(
        *_age(latest.schema, sort_field, current.schema, inside=BEFORE))
    compared = [name for name in names if name.lower() != EXECUTION_COLUMN]
    old = F.to_json(F.struct(*(F.col(f'{BEFORE}.{quoted(name)}').alias(name) if has_column(current.schema, name)
                               else F.lit(None).cast(latest.schema[name].dataType).alias(name) for name in compared)))
    new = F.to_json(F.struct(*(merged[name].alias(name) for name in compared)))
    wanted = joined.where(is_new | (newer & (old != new)))
    return wanted.select(*(value.alias(name) for name, value in merged.items()))


def _age(schema: StructType, sort_field: str | None, other: StructType | None = None, inside: str = '') -> list[Column]:
    """Return the columns that determine how recent a row is, if both frames have them."""
    wanted = [*([sort_field] if sort_field else []), *(key.name for key in PARTITION_KEYS)]
    names = [name for name in wanted if has_column(schema, name) and (other is None or has_column(other, name))]
    prefix = f'{inside}.' if inside else ''
    return [F.col(f'{prefix}{quoted(name)}') for name in names] or [F.lit(1)]


def _text(names: Sequence[str]) -> Column:
    return F.to_json(F.struct(*(column(name) for name in names)))
