"""Infers the types of columns that were read as text, over all rows in one Spark job.

Each value of a column becomes a mask: one bit for each type that the value fits. Combined by `and`, the masks of all
values tell which types the whole column fits. The SQL of a mask stands in a query once, for all columns in an array:
planning it for each column would take longer than reading a file of some megabytes.
"""
from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_

from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError
from lake_etl.read.malformed import malformed_column
from lake_etl.read.source_files import KnownTypes, SourceFiles, no_rows_error
from lake_etl.read.type_masks import ALL_TYPES, TEXT, fitting_types, inferred_type, may_have_type
from lake_etl.spark.columns import column, quoted
from lake_etl.spark.helper_names import hidden_name
from lake_etl.spark.source_rows import BLOCK, POSITION, CountedBlock, count_blocks, tracking_columns, with_blocks
from lake_etl.syntax.column_names import comparable_name

LOG = logging.getLogger(__name__)
# Marks rows that the filter of the input_spec leaves out, where they still have to be counted.
LEFT_OUT = hidden_name('left_out')


@dataclass(frozen=True)
class TypeRules:
    """The rules for the types of text columns.

    infer         whether to infer types; otherwise every column stays text
    text_columns  source columns, in lower case, that stay text because a later step gives them a type
    table_types   types in the published table, by source column
    null_values   texts that stand for null
    row_filter    condition in SQL; rows for which it is false are left out
    """

    infer: bool = True
    text_columns: Collection[str] = ()
    table_types: Mapping[str, str] = field(default_factory=dict)
    null_values: tuple[str, ...] = ()
    row_filter: str | None = None

    @classmethod
    def from_spec(cls, spec: InputSpec, known: KnownTypes) -> TypeRules:
        """Return the rules of an input_spec; nested table types are ignored, because text never becomes nested."""
        return cls(spec.infer_types, {*known.text_columns, *map(comparable_name, spec.types)},
                   {name: kind for name, kind in known.table_types.items() if '<' not in kind}, spec.null_values,
                   spec.row_filter)

    def undecided(self, columns: Sequence[str], sample: Sequence[Sequence[str]]) -> list[str]:
        """Return the columns whose type depends on all rows.

        Columns that are published as text stay text, and the sample rows rule out most others.
        """
        found: list[str] = []
        if not self.infer:
            return found
        for position, name in enumerate(columns):
            published = self.table_types.get(name)
            if {name.lower(), comparable_name(name)} & set(self.text_columns) or published == TEXT:
                continue
            values = [row[position] for row in sample
                      if position < len(row) and row[position] not in self.null_values and not self.row_filter]
            if published or may_have_type(values):
                found.append(name)
        return found

    def filtered(self, rows: DataFrame, columns: Sequence[str]) -> DataFrame:
        """Return the rows for which the filter is not false; raises DataError when it does not fit the columns."""
        if not self.row_filter:
            return rows
        try:
            return rows.where(F.coalesce(F.expr(self.row_filter), F.lit(True)))
        except PySparkException:
            raise DataError(f"The condition of 'row_filter' in the input_spec does not fit the source: "
                            f'{self.row_filter}. The columns, all of them text, are {", ".join(columns)}; write names '
                            'with blanks or other signs in backticks.') from None

    def marked(self, rows: DataFrame, columns: Sequence[str]) -> DataFrame:
        """Return the rows that the filter keeps, or all of them, marked, if they have to be counted in their file."""
        filtered = self.filtered(rows, columns)
        if not (self.row_filter and POSITION in rows.columns):
            return filtered
        return rows.withColumn(LEFT_OUT, ~F.coalesce(F.expr(self.row_filter), F.lit(True)))

    def without_null_values(self, rows: DataFrame, columns: Sequence[str]) -> DataFrame:
        """Return the text columns with null in place of the texts that stand for null."""
        return rows.withColumns({name: F.when(~column(name).isin(*self.null_values), column(name))
                                 for name in columns}) if self.null_values else rows


def infer_and_cast(rows: DataFrame, columns: Sequence[str], sample: Sequence[Sequence[str]], source: SourceFiles,
                   known: KnownTypes) -> DataFrame:
    """Return text columns cast to the types that all their values fit.

    Runs one Spark job unless the sample decides. Raises DataError naming the file when there are no rows.
    """
    rules = TypeRules.from_spec(source.spec, known)
    undecided = rules.undecided(columns, sample)
    types, blocks = dict[str, str](), list[CountedBlock]()
    if undecided or not sample or rules.row_filter:
        marked = rules.without_null_values(rules.marked(rows, columns), columns)
        result, blocks = collect_masks(with_type_masks(marked, undecided, rules), undecided)
        if not result['rows']:
            raise no_rows_error(source.name)
        types = inferred_types(masks_by_column(result, undecided), rules)
    rows = source.with_raw_values(rules.filtered(rows, columns), known)
    rows = cast_to_types(rules.without_null_values(rows, columns), columns, types, source.name)
    return with_blocks(rows, blocks) if blocks else rows


def with_type_masks(rows: DataFrame, undecided: Sequence[str], rules: TypeRules, *further: Column) -> DataFrame:
    """Return for each row the number 1 as `row`, the mask of each undecided column, and further columns.

    Rows that are marked as left out have the number 0, and fit all types.
    """
    def counted(value: str, otherwise: str) -> str:
        return f'CASE WHEN {LEFT_OUT} THEN {otherwise} ELSE {value} END' if LEFT_OUT in rows.columns else value

    by_type: defaultdict[str | None, list[str]] = defaultdict(list)
    for name in undecided:
        by_type[rules.table_types.get(name)].append(name)
    arrays = [counted(_masks(names, kind), f'array_repeat({ALL_TYPES}, {len(names)})')
              for kind, names in by_type.items()]
    places = {name: f'masks_{number}[{index}]' for number, names in enumerate(by_type.values())
              for index, name in enumerate(names)}
    found = rows.select(F.expr(counted('1', '0')).alias('row'), *further,
                        *(name for name in helper_columns(rows) if name != LEFT_OUT),
                        *(F.expr(sql).alias(f'masks_{number}') for number, sql in enumerate(arrays)))
    return found.selectExpr(*map(quoted, found.columns[:len(found.columns) - len(arrays)]),
                            *(f'{places[name]} AS fits_{index}' for index, name in enumerate(undecided)))


def _masks(names: Sequence[str], table_type: str | None) -> str:
    """Return SQL for an array with the masks of these columns, which have one type in the published table."""
    mask = f"CAST({fitting_types('value', table_type)} AS int)"
    return f"transform(array({', '.join(map(quoted, names))}), value -> {mask})"


def helper_columns(rows: DataFrame) -> list[str]:
    """Return the hidden columns that the aggregation of type masks needs."""
    return [name for name in rows.columns if name in (POSITION, BLOCK, LEFT_OUT)]


def collect_masks(masks: DataFrame, undecided: Sequence[str], *further: Column
                  ) -> tuple[dict[str, int], list[CountedBlock]]:
    """Return the aggregates of a frame with type masks, and the blocks of the files if it has their rows' positions.

    further  maxima
    """
    if BLOCK not in masks.columns:
        return masks.agg(*mask_aggregates(undecided), *further).collect()[0].asDict(), []
    blocks, found = count_blocks(masks, *mask_aggregates(undecided), *further)
    if not found:
        return {'rows': 0}, []
    combined = {name: reduce(and_, (row[name] for row in found)) if name.startswith('fits_')
                else max(row[name] for row in found) for name in found[0] if name not in (BLOCK, 'rows')}
    return combined | {'rows': sum(row['rows'] for row in found)}, blocks


def mask_aggregates(undecided: Sequence[str]) -> list[Column]:
    """Return the aggregates of a frame with type masks: the number of rows, and the mask of each whole column."""
    return [F.sum('row').alias('rows'),
            *[F.expr(f'bit_and(fits_{index}) AS fits_{index}') for index in range(len(undecided))]]


def masks_by_column(result: Mapping[str, int], undecided: Sequence[str]) -> dict[str, int]:
    """Return the mask of each undecided column from the aggregates."""
    return {name: int(result[f'fits_{index}']) for index, name in enumerate(undecided)}


def inferred_types(masks: Mapping[str, int], rules: TypeRules) -> dict[str, str]:
    """Return the types of the undecided columns from their masks."""
    return {name: inferred_type(mask, rules.table_types.get(name)) for name, mask in masks.items()}


def cast_to_types(rows: DataFrame, columns: Sequence[str], types: Mapping[str, str], name: str) -> DataFrame:
    """Return the text columns cast to their types; columns without one stay text."""
    LOG.info('Inferred the column types of %s: %d columns, %d of them other than text.', name, len(columns),
             sum(1 for kind in types.values() if kind != TEXT))
    mark = malformed_column(rows)
    values = [quoted(item) if types.get(item, TEXT) == TEXT
              else f'try_cast({quoted(item)} AS {types[item]}) AS {quoted(item)}' for item in columns]
    return rows.selectExpr(*values, *([quoted(mark)] if mark else []), *map(quoted, tracking_columns(rows)))
