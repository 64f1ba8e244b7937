"""The entries of the transforms of whole rows."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lake_etl.config.form import Form, RowEffect, Scalar
from lake_etl.syntax.sort_order import RowOrder
from lake_etl.syntax.sql_columns import condition_columns, unguarded_functions
from lake_etl.syntax.sql_patterns import pattern_problems
from lake_etl.syntax.sql_syntax import SqlMistake, condition_tree


@dataclass(frozen=True, kw_only=True)
class MergeEntry:
    """One column merged from several.

    field                 column to write
    source_list           columns to take the first value from that is not null, in order
    default               value if all of them are null
    empty_string_is_null  true: an empty text counts as null
    """

    field: str
    source_list: tuple[str, ...]
    default: Scalar = None
    empty_string_is_null: bool = False

    def check(self) -> Iterator[str]:
        """Yield the problems of the list of columns."""
        if not self.source_list:
            yield "'source_list' names no column"

    def reads(self) -> tuple[str, ...]:
        """Return the columns that are merged."""
        return self.source_list

    def writes(self) -> tuple[str, ...] | None:
        """Return the merged column."""
        return (self.field,)


@dataclass(frozen=True, kw_only=True)
class RowNumberEntry:
    """One row number.

    field      column to write
    partition  column, or list of columns; rows are numbered within each group of equal values
    sort       column, or list of columns, to order rows by; each may end in ` desc`
    """

    field: str
    partition: tuple[str, ...] | str = ()
    sort: tuple[str, ...] | str = ()

    def reads(self) -> tuple[str, ...]:
        """Return the partition and sort columns."""
        return self.order().columns()

    def writes(self) -> tuple[str, ...] | None:
        """Return the one column that is written."""
        return (self.field,)

    def order(self) -> RowOrder:
        """Return the order of rows."""
        return RowOrder(_listed(self.partition), _listed(self.sort))


@dataclass(frozen=True, kw_only=True)
class FillDownEntry(RowNumberEntry):
    """One column to fill down.

    field      column to fill
    partition  column, or list of columns; values are carried down within each group of equal values
    sort       column, or list of columns, to order rows by; each may end in ` desc`
    """

    def reads(self) -> tuple[str, ...]:
        """Return the column itself, and the partition and sort columns."""
        return (self.field, *self.order().columns())


@dataclass(frozen=True, kw_only=True)
class FilterRowsEntry:
    """One condition on rows.

    condition    Spark SQL condition; rows for which it is true are kept
    description  reason, for readers; not used
    """

    condition: str
    description: str | None = None

    def check(self) -> Iterator[str]:
        """Yield the problems of the condition."""
        if not self.condition.strip():
            yield "'condition' is empty"
            return
        try:
            tree = condition_tree(self.condition)
        except SqlMistake as mistake:
            yield f"'condition' is not a SQL condition: {mistake} (character {mistake.offset + 1})"
            return
        yield from (f"'condition': {problem}" for problem in pattern_problems(tree))

    def warnings(self) -> Iterator[str]:
        """Yield which functions of the condition may give wrong numbers, and not null, where whole numbers overflow."""
        names = ' and '.join(unguarded_functions(condition_tree(self.condition)))
        if names:
            yield (f"'condition' may choose wrong rows where whole numbers overflow, because {names} cannot give null "
                   'there; cast the first argument to a decimal, such as CAST(n AS decimal(20,0))')

    def reads(self) -> tuple[str, ...]:
        """Return the columns that the condition names, as far as its text shows."""
        return condition_columns(self.condition)

    def writes(self) -> tuple[str, ...] | None:
        """Return nothing: columns do not change."""
        return ()


def _listed(names: tuple[str, ...] | str) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else names


MERGE = Form('merge', MergeEntry)
FILLDOWN = Form('filldown', FillDownEntry)
ROWNUMBER = Form('rownumber', RowNumberEntry)
FILTERROWS = Form('filterrows', FilterRowsEntry, row_effect=RowEffect.LEAVES_OUT)
