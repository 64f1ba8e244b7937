"""Reads the totals that a specification, a trailer or a side file states."""
from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from lake_etl.config.controls import PER_GROUP, ROWS_GROUP, ControlsSection, StatedLines, sums_messages
from lake_etl.controls.control_statement import OTHER, Figures, Measure, StatedTotals
from lake_etl.errors import DataError

SPECIFICATION = 'the specification'
# A number with its sign at either end; digits may be grouped by blanks, apostrophes, and the mark that is not decimal.
SIGNED_NUMBER = re.compile(r'(?P<before>[+-]?)\s*(?P<digits>\d[\d.,\'  ]*)\s*(?P<after>[+-]?)')


def totals_of_specification(controls: ControlsSection) -> Figures:
    """Return the totals that the specification itself states."""
    return _totals(controls.rows, controls.sums)


def totals_of_lines(lines: Sequence[str], stated: StatedLines, where: str) -> Figures:
    """Return the totals that lines state, added up over all lines that fit the pattern.

    where  names the lines in messages, such as `the trailer of claims.csv`

    Raises DataError when no line fits the pattern, or a group is not a number.
    """
    matches = [match for line in lines if (match := re.fullmatch(stated.pattern, line.strip()))]
    if not matches:
        raise DataError(f"{where} states no totals: none of its {len(lines)} lines fits the pattern in 'controls' of "
                        'the input_spec. Nothing was published; correct the pattern or skip_footer, or land a complete '
                        'file.')
    found: dict[Measure, Decimal] = {}
    for match in matches:
        groups = match.groupdict()
        group = str(groups.get(PER_GROUP) or '').strip()
        numbers = {Measure('', group): groups.get(ROWS_GROUP)}
        numbers |= {Measure(column, group): groups[name] for column, name in stated.sums.items()}
        for measure, text in numbers.items():
            if text is not None:
                found[measure] = found.get(measure, Decimal(0)) + _number(text, measure, stated, where)
    return with_totals_of_groups(found)


def totals_of_json(content: bytes, where: str, per: str | None) -> Figures:
    """Return the totals of a JSON file with the keys `rows` and `sums`; raises DataError for anything else."""
    try:
        document = json.loads(content, parse_float=str, parse_constant=str)
    except ValueError:
        document = None
    document = document if isinstance(document, dict) else {}
    rows, sums = document.get('rows'), document.get('sums', {})
    valid = isinstance(sums, dict) and (rows is None or type(rows) is int and rows >= 0)
    if not valid or list(sums_messages(sums, per)) or rows is None and not sums:
        raise DataError(f'{where} states no totals that can be read. Expected JSON such as '
                        '{"rows": 3, "sums": {"Paid Amount": "1234.50"}}, with the value of each group where \'per\' '
                        'in the input_spec names a column. Nothing was published; land a correct side file, and the '
                        'source again.')
    return _totals(rows, sums)


def add_statements(by: str, figures: Iterable[Figures]) -> StatedTotals:
    """Return the statements about single files as one about the whole load."""
    found: dict[Measure, Decimal] = {}
    for item in figures:
        for measure, total in item.items():
            found[measure] = found.get(measure, Decimal(0)) + total
    # Rows with a value for which nothing is stated would otherwise escape all stated sums.
    others = {Measure(measure.column, OTHER): Decimal(0) for measure in found if measure.group}
    return StatedTotals(by, found | others)


def with_totals_of_groups(figures: Mapping[Measure, Decimal]) -> Figures:
    """Return the figures with the number of all rows, if that of each group is stated.

    Sums of different currencies are not added up.
    """
    groups = [total for measure, total in figures.items() if measure.group and not measure.column]
    if not groups or Measure() in figures:
        return figures
    return {**figures, Measure(): sum(groups, Decimal(0))}


def _totals(rows: int | None, sums: Mapping[str, object]) -> Figures:
    found = {} if rows is None else {Measure(): Decimal(rows)}
    for column, stated in sums.items():
        for group, amount in (stated if isinstance(stated, dict) else {'': stated}).items():
            found[Measure(column, group)] = Decimal(str(amount))
    return found


def _number(text: str, measure: Measure, stated: StatedLines, where: str) -> Decimal:
    decimals = stated.implied_decimals if measure.column else 0
    number = parse_stated_number(text, stated.decimal_mark, decimals)
    if number is None or not measure.column and (number < 0 or number != number.to_integral_value()):
        raise DataError(f"{where}: the text for the {measure} does not have the form of such a number. Nothing was "
                        "published; correct the pattern, 'decimal_mark' or 'implied_decimals' in 'controls' of the "
                        'input_spec, or land a correct file.')
    return number


def parse_stated_number(text: str, decimal_mark: str = '.', implied_decimals: int = 0) -> Decimal | None:
    """Return the number that a line states, or None for other text.

    Digits may be grouped, and the sign may follow the digits.
    """
    found = SIGNED_NUMBER.fullmatch(text.strip())
    if found is None or found['before'] and found['after']:
        return None
    whole, _, fraction = re.sub(rf"[^\d{re.escape(decimal_mark)}]", '', found['digits']).partition(decimal_mark)
    if decimal_mark in fraction or len(whole + fraction) > 38 or (implied_decimals and fraction):
        return None
    number = Decimal(f'{whole or 0}.{fraction}' if fraction else whole or 0).scaleb(-implied_decimals)
    return -number if '-' in (found['before'], found['after']) else number
