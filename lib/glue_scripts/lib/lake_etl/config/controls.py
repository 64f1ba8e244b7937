"""The controls of an input_spec: row counts and sums that a sender states, and where the sender states them."""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, get_args

from lake_etl.syntax.records import describe
from lake_etl.syntax.regex_backtracking import python_pattern_problems

Until = Literal['read', 'mapped', 'published']
READ, MAPPED, PUBLISHED = get_args(Until)
ROWS_GROUP, PER_GROUP = 'rows', 'per'
NAME, STEM = '{name}', '{stem}'
EXACT_NUMBER = re.compile(r'[+-]?\d{1,28}(\.\d{1,10})?')


@dataclass(frozen=True, kw_only=True)
class StatedLines:
    """Lines that state totals. Each line that fits the pattern counts; several lines are added up.

    pattern           Python regular expression for a whole line; its group `rows` is the number of rows, its group
                      `per` the value of the column `per`: `T;(?P<per>[A-Z]{3});(?P<rows>\\d+);(?P<paid>[-\\d.]+)`
    sums              the group of the pattern that holds the sum of a column, such as {"Paid Amount": "paid"}
    implied_decimals  number of digits after a decimal point that is not written: with 2, 123450 is 1234.50
    decimal_mark      `.` or `,`
    """

    pattern: str
    sums: dict[str, str] = field(default_factory=dict)
    implied_decimals: int = 0
    decimal_mark: Literal['.', ','] = '.'

    def check(self) -> Iterator[str]:
        """Yield the problems that types cannot express."""
        problems = list(python_pattern_problems(self.pattern))
        yield from (f"'pattern': {problem}" for problem in problems)
        groups = set() if problems else set(re.compile(self.pattern).groupindex)
        for column, group in self.sums.items():
            if not problems and group not in groups:
                yield f"sums.{column}: the pattern has no group {describe(group)}; write (?P<{group}>...)"
        if not problems and ROWS_GROUP not in groups and not self.sums:
            yield "'pattern' states nothing: give it a group (?P<rows>...), or name groups in 'sums'"
        if not 0 <= self.implied_decimals <= 10:
            yield f"'implied_decimals' must be a number from 0 to 10, got {self.implied_decimals}"

    @property
    def has_per(self) -> bool:
        """Tell whether lines state totals for single values of the column `per`."""
        return PER_GROUP in re.compile(self.pattern).groupindex


@dataclass(frozen=True, kw_only=True)
class SideFileSection:
    """A file that states totals and lands in the folder of the source before it. It is never loaded as data.

    name   of the file, where {name} is the name of the source and {stem} the same without its extension
    lines  how its lines state the totals; when left out, it is JSON with the keys `rows` and `sums`
    """

    name: str
    lines: StatedLines | None = None

    def check(self) -> Iterator[str]:
        """Yield the problems that types cannot express."""
        rest = self.name.replace(NAME, '').replace(STEM, '')
        if not rest.strip() or '/' in self.name or set(rest) & set('{}'):
            yield ("'name' must be a file name that differs from that of the source, such as {name}.ctl, got "
                   f'{describe(self.name)}')

    def file_for(self, source: str) -> str:
        """Return the name of the side file of a source file."""
        return self.name.replace(NAME, source).replace(STEM, source.partition('.')[0])

    def is_side_file(self, file: str) -> bool:
        """Tell whether a file in the folder of the sources is a side file, by its name."""
        pattern = re.escape(self.name).replace(re.escape(NAME), '.+').replace(re.escape(STEM), '[^.]+')
        return re.fullmatch(pattern, file) is not None


@dataclass(frozen=True, kw_only=True)
class ControlsSection:
    """Control totals: a load whose rows or sums differ from them stops before anything is published.

    rows       the number of rows of every load
    sums       sums of columns of the source, as exact numbers in text: {"Paid Amount": "1234.50"}, or for each value of
               the column `per`: {"Paid Amount": {"EUR": "1000.00", "GBP": "234.50"}}
    trailer    the last lines of a text file, which `skip_footer` leaves out, state totals
    side_file  a file next to the source states totals
    per        column of the source for whose values totals are stated, such as a currency
    tolerance  the largest difference of a sum that a load may have; rows may never differ
    until      the last stage that is compared, `read`, `mapped` or `published`; an earlier one if a function of your
               own changes rows or sums on purpose
    """

    rows: int | None = None
    sums: dict[str, Any] = field(default_factory=dict)
    trailer: StatedLines | None = None
    side_file: SideFileSection | None = None
    per: str | None = None
    tolerance: str = '0'
    until: Until = 'published'

    def check(self) -> Iterator[str]:
        """Yield the problems that types cannot express."""
        if self.rows is None and not self.sums and self.trailer is None and self.side_file is None:
            yield "nothing is stated; give 'rows', 'sums', 'trailer' or 'side_file'"
        if self.rows is not None and self.rows < 0:
            yield f"'rows' must not be negative, got {self.rows}"
        if not EXACT_NUMBER.fullmatch(self.tolerance) or Decimal(self.tolerance) < 0:
            yield f"'tolerance' must be an exact number in text such as '0.05', got {describe(self.tolerance)}"
        yield from sums_messages(self.sums, self.per)
        for lines in (self.trailer, self.side_file.lines if self.side_file else None):
            if lines is not None and self.per is None and lines.has_per:
                yield "'per' must name the column whose values the group (?P<per>...) holds"

    def stated_columns(self) -> tuple[str, ...]:
        """Return the columns whose sums the specification states or finds in lines."""
        found = dict.fromkeys(self.sums)
        for lines in (self.trailer, self.side_file.lines if self.side_file else None):
            found |= dict.fromkeys(lines.sums if lines else ())
        return tuple(found)


def sums_messages(sums: Mapping[str, object], per: str | None) -> Iterator[str]:
    """Yield a message for each sum that is not an exact number, or an object of those with a column `per`.

    A number with decimals has to be text, because JSON numbers are not exact; whole numbers may be both.
    """
    for column, stated in sums.items():
        if isinstance(stated, dict) and per is None:
            yield f"sums.{column}: sums for several values need 'per', the column with these values"
        for amount in stated.values() if isinstance(stated, dict) else [stated]:
            if type(amount) not in (str, int) or not EXACT_NUMBER.fullmatch(str(amount)):
                yield f"sums.{column}: expected an exact number in text such as '1234.50', got {describe(amount)}"
