"""Settles the types of columns that were read as text, over all rows in one Spark job, so that they hold."""
from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import IntegerType

from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError
from lake_etl.read.collected import KnownTypes
from lake_etl.read.guess import fitting_types, may_be_typed, settled_type
from lake_etl.read.malformed import malformed_mark
from lake_etl.spark.columns import column, quoted

LOG = logging.getLogger(__name__)
TEXT = 'string'


@dataclass(frozen=True)
class TypeRules:
    """What decides the type of a text column.

    infer         whether to guess types; otherwise every column is text
    text_columns  source columns (lower case) that stay text: something after the reader gives them their type
    table_types   types that the published table has, by name of the source column
    null_values   texts that stand for no value
    """

    infer: bool = True
    text_columns: Collection[str] = ()
    table_types: Mapping[str, str] = field(default_factory=dict)
    null_values: tuple[str, ...] = ()

    @classmethod
    def of(cls, spec: InputSpec, known: KnownTypes) -> TypeRules:
        """Return the rules of an input_spec and of what is known; text never becomes a list or a struct."""
        return cls(spec.infer_types, {*known.text_columns, *(name.lower() for name in spec.types)},
                   {name: kind for name, kind in known.table_types.items() if '<' not in kind}, spec.null_values)

    def undecided(self, columns: Sequence[str], sample: Sequence[Sequence[str]]) -> list[str]:
        """Return the columns whose type only the whole file can tell.

        A column that is published as text stays text, and the sample rows rule out most of the others.
        """
        if not self.infer:
            return []
        found = []
        for position, name in enumerate(columns):
            published = self.table_types.get(name)
            if name.lower() in self.text_columns or published == TEXT:
                continue
            values = [row[position] for row in sample
                      if position < len(row) and row[position] not in self.null_values]
            if published or may_be_typed(values):
                found.append(name)
        return found

    def without_null_values(self, rows: DataFrame, columns: Sequence[str]) -> DataFrame:
        """Return the text columns with null in place of the texts that stand for no value."""
        return rows.withColumns({name: F.when(~column(name).isin(*self.null_values), column(name))
                                 for name in columns}) if self.null_values else rows


def masked(rows: DataFrame, undecided: Sequence[str], rules: TypeRules, *signs: Column) -> DataFrame:
    """Return for each row the number 1 as `row`, the types that its undecided values fit, and the signs."""
    masks = [fitting_types(name, rules.table_types.get(name)).cast(IntegerType()).alias(f'fits_{index}')
             for index, name in enumerate(undecided)]
    return rows.select(F.lit(1).alias('row'), *masks, *signs)


def summed(undecided: Sequence[str]) -> list[Column]:
    """Return the aggregates of a masked frame: the number of rows, and the types that all values of a column fit."""
    return [F.sum('row').alias('rows'),
            *[F.expr(f'bit_and(fits_{index})').alias(f'fits_{index}') for index in range(len(undecided))]]


def settled_types(result: Mapping[str, int], undecided: Sequence[str], rules: TypeRules) -> dict[str, str]:
    """Return the types of the undecided columns from the aggregates."""
    return {name: settled_type(int(result[f'fits_{index}']), rules.table_types.get(name))
            for index, name in enumerate(undecided)}


def typed(rows: DataFrame, columns: Sequence[str], types: Mapping[str, str], name: str) -> DataFrame:
    """Return the text columns in the types that all their values fit."""
    LOG.info('Settled the types of %s: %d columns, %d of them other than text.', name, len(columns),
             sum(1 for kind in types.values() if kind != TEXT))
    mark = malformed_mark(rows)
    values = [quoted(item) if types.get(item, TEXT) == TEXT
              else f'try_cast({quoted(item)} AS {types[item]}) AS {quoted(item)}' for item in columns]
    return rows.selectExpr(*values, *([quoted(mark)] if mark else []))


def typed_rows(rows: DataFrame, columns: Sequence[str], sample: Sequence[Sequence[str]], rules: TypeRules,
               name: str) -> DataFrame:
    """Return rows of text in the types that all their values fit, found by one Spark job where it takes one.

    Raises DataError naming the file when there are no rows.
    """
    rows = rules.without_null_values(rows, columns)
    undecided = rules.undecided(columns, sample)
    types: dict[str, str] = {}
    if undecided or not sample:
        result = masked(rows, undecided, rules).agg(*summed(undecided)).collect()[0].asDict()
        if not result['rows']:
            raise no_rows(name)
        types = settled_types(result, undecided, rules)
    return typed(rows, columns, types, name)


def no_rows(name: str, found: str = 'no rows') -> DataError:
    """Return the error for a file without any row."""
    return DataError(f'{name} holds {found}. The published data stays as it is; land the file again with its content.')
