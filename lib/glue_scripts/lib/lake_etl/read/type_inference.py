"""Settles the types of columns that were read as text, over all rows in one Spark job, so that they hold."""
from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import IntegerType

from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError
from lake_etl.read.malformed import malformed_mark
from lake_etl.read.source_files import KnownTypes
from lake_etl.spark.columns import column, quoted, try_cast, try_cast_column
from lake_etl.syntax.type_text import WHOLE_TYPES
from lake_etl.transform.number_text import exact_number_from_text

INT, BIGINT, WHOLE, DOUBLE, DATE, TIMESTAMP, BOOLEAN, TABLE_TYPE = (1 << position for position in range(8))
EVERYTHING = (1 << 8) - 1
NO_VALUE = EVERYTHING
GUESSED_TYPES = ((INT, 'int'), (BIGINT, 'bigint'), (WHOLE, 'decimal(38,0)'), (DOUBLE, 'double'), (DATE, 'date'),
                 (TIMESTAMP, 'timestamp'), (BOOLEAN, 'boolean'))

# An identifier such as 007 is text, and so is a telephone number that begins with +. More digits than a decimal holds
# are no number either: a double would lose most of them.
DIGITS = r'(0|[1-9][0-9]{0,37})'
WHOLE_NUMBER = rf'^-?{DIGITS}$'
NUMBER = rf'^-?({DIGITS}([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]+)?$'
DAY = r'^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
MOMENT = (r'^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?'
          r'(Z|[-+](0[0-9]|1[0-7]):?[0-5][0-9]|[-+]18:?00)?)?$')
ANY_DAY = r'^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$'
BEGINS_WITH_DAY = r'^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T]|$)'
FORMS = {'float': NUMBER, 'double': NUMBER, 'date': ANY_DAY, 'timestamp': BEGINS_WITH_DAY,
         **dict.fromkeys(WHOLE_TYPES, WHOLE_NUMBER)}
TYPED = re.compile('|'.join((NUMBER, DAY, MOMENT, '^(?i:true|false)$')))
LOG = logging.getLogger(__name__)
TEXT = 'string'


def may_be_typed(values: Iterable[str]) -> bool:
    """Tell whether a column with these values may be anything but text; a quick look before the whole file is read."""
    return all(TYPED.match(value) for value in values if value)


def fitting_types(name: str, table_type: str | None = None) -> Column:
    """Build an integer of bits: the types that this text column's value fits.

    TABLE_TYPE stands for `table_type`, the type the published table has for the column. Most text is ruled out by
    comparing its first character, which keeps the cost of wide text columns low; and a value is converted only where
    its form lets it: a conversion that fails takes Spark fifty times as long as one that does not.
    """
    value = column(name)
    day = try_cast(f'left({quoted(name)}, 10)', 'date')
    begins_like_a_number = (value >= '-') & (value < ':')
    numeric = (
        F.when(value.rlike(WHOLE_NUMBER), _whole_number(name))
        .when(value.rlike(NUMBER), DOUBLE)
        .when(value.rlike(DAY) & day.isNotNull(), DATE | TIMESTAMP)
        .when(value.rlike(MOMENT) & day.isNotNull(), TIMESTAMP)
        .otherwise(0))
    guessed = (
        F.when(value.isNull(), NO_VALUE)
        .when(begins_like_a_number, numeric)
        .when(F.lower(value).isin('true', 'false'), BOOLEAN)
        .otherwise(0))
    if table_type is None or table_type == 'string':
        return guessed
    return guessed.bitwiseOR(F.when(fits_type(name, table_type), TABLE_TYPE).otherwise(0))


def _whole_number(name: str) -> Column:
    """Build the bits of a text that is a whole number; one with few digits is within a type whatever they are."""
    length = F.length(column(name))
    within_int = try_cast_column(name, 'bigint').between(-1 << 31, (1 << 31) - 1)
    within_bigint = try_cast_column(name, 'decimal(38,0)').between(-1 << 63, (1 << 63) - 1)
    return (F.when(length <= 9, INT | BIGINT | WHOLE | DOUBLE)
            .when(length <= 18, F.when(within_int, INT | BIGINT | WHOLE | DOUBLE).otherwise(BIGINT | WHOLE | DOUBLE))
            .otherwise(F.when(within_bigint, BIGINT | WHOLE | DOUBLE).otherwise(WHOLE | DOUBLE)))


def fits_type(name: str, type_name: str) -> Column:
    """Build a condition: the text column's value keeps its meaning as `type_name`.

    That a value converts is not enough: conversions take 12d for a number, and 10:30 for a time of today.
    """
    value, converted = F.trim(column(name)), F.expr(exact_number_from_text(quoted(name), type_name))
    if type_name.startswith('decimal'):
        return value.rlike(NUMBER) & (converted == try_cast_column(name, 'double'))
    form = FORMS.get(type_name)
    return converted.isNotNull() if form is None else value.rlike(form) & converted.isNotNull()


def settled_type(bits: int, table_type: str | None = None) -> str:
    """Return the type of a column from the bits that all its values have in common.

    The published table's type wins where every value fits; a column without any value is text.
    """
    if table_type == 'string' or (table_type is not None and bits & TABLE_TYPE):
        return str(table_type)
    if bits & ~TABLE_TYPE == EVERYTHING & ~TABLE_TYPE:
        return 'string'
    return next((name for bit, name in GUESSED_TYPES if bits & bit), 'string')


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
