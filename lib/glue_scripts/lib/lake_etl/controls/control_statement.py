"""The statement of a load: what was stated, what each stage of the load holds, and where the two differ."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

CONTROLS = 'controls'
# Stands for all values of the column `per` for which nothing is stated; it is not shown where there are none.
OTHER = '(any other)'
STATED = 'stated'
READ, MAPPED, ACCEPTED, TRANSFORMED, PUBLISHED = 'read', 'mapped', 'accepted', 'transformed', 'published'
QUARANTINED, FILTERED = 'quarantined', 'filtered'


@dataclass(frozen=True, order=True)
class Measure:
    """What is counted or summed.

    column  whose values are summed; empty for the number of rows
    group   value of the column `per` that the rows have; empty for all rows
    """

    column: str = ''
    group: str = ''

    def __str__(self) -> str:
        within = f' of {self.group}' if self.group else ''
        return f"sum of '{self.column}'{within}" if self.column else f'number of rows{within}'


ROWS = Measure()
Figures = Mapping[Measure, Decimal]


@dataclass(frozen=True)
class StatedTotals:
    """Totals, and who states them, such as `the trailer of claims.csv`."""

    by: str
    totals: Figures


@dataclass(frozen=True)
class Stage:
    """The rows of a load behind one of its steps.

    name     of the stage
    figures  of the rows that continue; a measure that cannot be known here is not among them
    removed  figures of the rows that were removed on purpose since the stage before, by the reason
    changed  measures that steps have changed on purpose since the stage before
    """

    name: str
    figures: Figures
    removed: Mapping[str, Figures] = field(default_factory=dict)
    changed: frozenset[Measure] = frozenset()


@dataclass(frozen=True)
class ControlStatement:
    """All stages of a load, in order, and the totals that were stated about it.

    tolerance  the largest difference of a sum that counts as none
    until      name of the last stage that is compared
    """

    stated: tuple[StatedTotals, ...]
    stages: tuple[Stage, ...]
    tolerance: Decimal = Decimal(0)
    until: str = PUBLISHED

    def compared_stages(self) -> tuple[Stage, ...]:
        """Return the stages up to the last one that is compared."""
        names = [stage.name for stage in self.stages]
        return self.stages[:names.index(self.until) + 1] if self.until in names else self.stages


@dataclass(frozen=True)
class ControlDifference:
    """A difference between a stage and what it was expected to hold.

    stage     at which it shows
    expected  total that was stated, or what came from the stage before
    found     what the stage holds, with the rows that were removed on purpose
    by        where it was expected, such as `the trailer of claims.csv states` or `stage 'read' had`
    """

    stage: str
    measure: Measure
    expected: Decimal
    found: Decimal
    by: str

    @property
    def amount(self) -> Decimal:
        """Return what is found beyond what was expected; negative if something is lost."""
        return self.found - self.expected

    def __str__(self) -> str:
        lost = 'missing' if self.amount < 0 else 'too much'
        return (f"stage '{self.stage}', {self.measure}: {self.by} {plain(self.expected)}, found {plain(self.found)} "
                f'({plain(abs(self.amount))} {lost})')


def find_differences(statement: ControlStatement) -> list[ControlDifference]:
    """Return all differences in the order of the stages.

    Each stage is compared with the stage before it, so a loss is named once, at the stage where it happens. A total is
    compared with the first stage that knows its measure.
    """
    found: list[ControlDifference] = []
    expected: dict[Measure, list[tuple[str, Decimal]]] = {}
    for stated in statement.stated:
        for measure, total in stated.totals.items():
            expected.setdefault(measure, []).append((f'{stated.by} states', total))
    for stage in statement.compared_stages():
        for measure in stage.changed:
            expected.pop(measure, None)
        for measure, total in stage.figures.items():
            whole = _with_removed(stage, measure, total)
            if whole is not None:
                found += [ControlDifference(stage.name, measure, before, whole, by)
                          for by, before in expected.get(measure, ()) if _differ(statement, measure, before, whole)]
            expected[measure] = [(f"stage '{stage.name}' had", total)]
        _reduce_unknown(expected, stage)
    return found


def not_compared(statement: ControlStatement) -> list[str]:
    """Return a sentence for each stated total that could not be followed to the last stage that is compared.

    At least one stage must know each of them.
    """
    stages = statement.compared_stages()
    found: dict[str, None] = {}
    for measure in (measure for stated in statement.stated for measure in stated.totals):
        whole = Measure(measure.column)
        lost = [stage.name for stage in stages if measure in stage.changed or _hides_part(stage, measure)]
        if lost:
            found[f"Control totals: the {whole} was not compared at stage '{lost[0]}', because steps change it, or "
                  'leave out rows of which it is not known.'] = None
        elif stages and measure not in stages[-1].figures:
            known = [stage.name for stage in stages if measure in stage.figures]
            found[f"Control totals: the {whole} was followed only up to stage '{known[-1]}', because later stages have "
                  'no such column of numbers.'] = None
    return list(found)


def never_compared(statement: ControlStatement) -> list[Measure]:
    """Return the stated measures that none of the compared stages knows."""
    known = {measure for stage in statement.compared_stages() for measure in stage.figures}
    return sorted({measure for stated in statement.stated for measure in stated.totals} - known)


def _hides_part(stage: Stage, measure: Measure) -> bool:
    """Tell whether a stage knows a measure of the rows that continue, but not of those that were removed."""
    return measure in stage.figures and _with_removed(stage, measure, Decimal(0)) is None


def _with_removed(stage: Stage, measure: Measure, total: Decimal) -> Decimal | None:
    """Return the total with the rows that were removed; None if their part is not known."""
    for removed in stage.removed.values():
        if measure in removed:
            total += removed[measure]
        elif removed.get(Measure(group=measure.group), removed.get(ROWS)):
            return None
    return total


def _reduce_unknown(expected: dict[Measure, list[tuple[str, Decimal]]], stage: Stage) -> None:
    """Subtract removed rows from what is expected of measures that this stage does not know."""
    for measure in [item for item in expected if item not in stage.figures]:
        rest = _with_removed(stage, measure, Decimal(0))
        if rest is None:
            del expected[measure]
        else:
            expected[measure] = [(by, total - rest) for by, total in expected[measure]]


def _differ(statement: ControlStatement, measure: Measure, expected: Decimal, found: Decimal) -> bool:
    return abs(found - expected) > (statement.tolerance if measure.column else 0)


def statement_lines(statement: ControlStatement, differences: Sequence[ControlDifference]) -> list[dict[str, str]]:
    """Return the statement as lines for a record: stage, by, column, group, amount and difference, all text."""
    return [{'stage': stage, 'by': by, 'column': measure.column or 'rows', 'group': measure.group,
             'amount': plain(amount), 'difference': '' if difference is None else plain(difference)}
            for stage, by, measure, amount, difference in _lines(statement, differences)
            if amount or difference or measure.group != OTHER]


def _lines(statement: ControlStatement, differences: Sequence[ControlDifference]
           ) -> Iterator[tuple[str, str, Measure, Decimal, Decimal | None]]:
    amounts = {(item.stage, item.measure): item.amount for item in differences}
    for stated in statement.stated:
        yield from ((STATED, stated.by, measure, total, None) for measure, total in stated.totals.items())
    for stage in statement.stages:
        for reason, figures in stage.removed.items():
            yield from ((stage.name, reason, measure, total, None) for measure, total in sorted(figures.items())
                        if total)
        yield from ((stage.name, '', measure, total, amounts.get((stage.name, measure)))
                    for measure, total in sorted(stage.figures.items()))


def plain(number: Decimal) -> str:
    """Return a number without exponent and without zeros at its end that two decimals do not need."""
    if number == number.to_integral_value():
        return str(number.quantize(Decimal(1))) if number.as_tuple().exponent == 0 else f'{number:.2f}'
    cents = number.quantize(Decimal('0.01'))
    return f'{cents:f}' if cents == number else f'{number.normalize():f}'
