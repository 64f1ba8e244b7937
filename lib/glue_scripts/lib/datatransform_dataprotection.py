"""Transforms that hide personal data: hash, redact, and tokenize, which keeps the originals in a table of their own."""
from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql.types import StructType

from lake_etl.config.entries.dataprotection import HASH, REDACT, TOKENIZE, RedactEntry
from lake_etl.config.form import FieldEntry
from lake_etl.spark.columns import column, column_type
from lake_etl.transform.json_values import json_literal
from lake_etl.transform.pseudonymization import hash_column, hash_key, prepare_token_storage
from lake_etl.transform.registry import TransformContext, column_transform, frame_transform


@column_transform(HASH)
def transform_hash(entry: FieldEntry, schema: StructType, context: TransformContext) -> Column:
    """Replace a column by the SHA-256 hash of its text, 64 lower-case hexadecimal digits; null stays null.

    With the job argument `hash_key_secret` the hash is an HMAC under that secret, so that values of which there are
    few, such as tax numbers, cannot be guessed back.
    """
    column_type(schema, entry.field)
    return hash_column(column(entry.field).cast('string'), hash_key(context.args))


@column_transform(REDACT)
def transform_redact(entry: RedactEntry, schema: StructType, context: TransformContext) -> Column:
    """Replace a column by one value in all rows."""
    column_type(schema, entry.field)
    return json_literal(entry.value)


@frame_transform(TOKENIZE)
def transform_tokenize(df: DataFrame, entries: tuple[FieldEntry, ...], context: TransformContext) -> DataFrame:
    """Replace columns by the hash of their text and store each distinct original under its hash.

    The originals are in the table of the job argument `hash_value_table`, as `hash_key` and `raw_data`, before the rows
    are published; one action reads the columns for that. A column listed twice is replaced once.
    """
    by_lower_name = {entry.field.lower(): entry.field for entry in entries}
    names = tuple(by_lower_name.values())
    for name in names:
        column_type(df.schema, name)
    if not names:
        return df
    table = context.required_argument('hash_value_table', 'tokenize')
    key = hash_key(context.args)
    context.before_publishing(prepare_token_storage(df, names, table, key))
    return df.withColumns({name: hash_column(column(name).cast('string'), key) for name in names})
