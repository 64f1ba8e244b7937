"""Finds quality rules of one stage that repeat each other, or that no data can pass together."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from lake_etl.config.quality_rules import ACTIONS, STAGES, QualityRules
from lake_etl.dqdl.syntax_tree import AnyRule, Composite, Condition, Number, Rule, Text
from lake_etl.errors import Problem

INFINITY = Decimal('Infinity')


@dataclass(frozen=True)
class PassingValues:
    """The values that pass a condition: numbers between two bounds, or the listed ones.

    lowest, highest  bounds; `Infinity` where there is none
    open_bounds      whether the lowest and the highest number fail themselves
    listed           the only values that pass; None when the bounds decide
    """

    lowest: Decimal = -INFINITY
    highest: Decimal = INFINITY
    open_bounds: tuple[bool, bool] = (False, False)
    listed: frozenset[Decimal | str] | None = None

    @property
    def _has_texts(self) -> bool:
        return any(isinstance(value, str) for value in self.listed or ())

    def contains(self, value: Decimal | str) -> bool:
        """Tell whether a value passes."""
        if self.listed is not None:
            return value in self.listed
        if isinstance(value, str):
            return False
        above = value > self.lowest if self.open_bounds[0] else value >= self.lowest
        return above and (value < self.highest if self.open_bounds[1] else value <= self.highest)

    def meets(self, other: PassingValues) -> bool:
        """Tell whether some value passes both; a text and a number may be the same value of a column."""
        if self._has_texts != other._has_texts:
            return True
        if self.listed is not None:
            return any(other.contains(value) for value in self.listed)
        if other.listed is not None:
            return other.meets(self)
        lowest, highest = max(self.lowest, other.lowest), min(self.highest, other.highest)
        return lowest < highest or (lowest == highest and self.contains(lowest) and other.contains(lowest))


def rule_conflicts(rules: QualityRules, file: str) -> Iterator[Problem]:
    """Yield a warning for each rule that repeats another of its stage, and for each that contradicts another."""
    for stage in STAGES:
        placed = [(f'{stage}.{action}[{index}]', rule) for action in ACTIONS
                  for index, rule in enumerate(getattr(getattr(rules, stage), action))]
        first: dict[str, str] = {}
        for place, rule in placed:
            earlier = first.setdefault(str(rule), place)
            if earlier != place:
                yield Problem(file, place, f'repeats the rule at {earlier}', 'keep one of them')
        yield from _contradictions(placed, file)


def _contradictions(placed: list[tuple[str, AnyRule]], file: str) -> Iterator[Problem]:
    """Yield a warning for each rule that no value can pass together with an earlier one on the same values."""
    earlier: dict[object, list[tuple[str, PassingValues]]] = {}
    for place, rule in placed:
        for part in _required(rule):
            passing = _passing_values(part.condition) if part.condition and not part.threshold else None
            if passing is None:
                continue
            subject = (part.type, tuple(parameter.value.lower() for parameter in part.parameters), part.where)
            known = earlier.setdefault(subject, [])
            opposed = next((other for other, values in known if not values.meets(passing)), None)
            if opposed is not None:
                yield Problem(file, place, f'contradicts {opposed}: no value passes both rules on {_named(part)}',
                              'correct or remove one of them')
            known.append((place, passing))


def _required(rule: AnyRule) -> Iterator[Rule]:
    """Yield the rules that must all pass; none of those that are joined by `or`."""
    if isinstance(rule, Rule):
        yield rule
    elif isinstance(rule, Composite) and rule.operator == 'and':
        for part in rule.parts:
            yield from _required(part)


def _named(rule: Rule) -> str:
    return ' '.join([rule.type, *(f"'{parameter.value}'" for parameter in rule.parameters)])


def _passing_values(condition: Condition) -> PassingValues | None:
    """Return the values that pass a condition; None when its text alone does not tell them."""
    values: list[Decimal | str] = [part.value for part in condition.operands if isinstance(part, (Number, Text))]
    if len(values) != len(condition.operands) or not values:
        return None
    if condition.operator in ('=', 'in'):
        return PassingValues(listed=frozenset(values))
    numbers = [value for value in values if isinstance(value, Decimal)]
    if len(numbers) != len(values):
        return None
    low, high = numbers[0], numbers[-1]
    return {'>': PassingValues(lowest=low, open_bounds=(True, False)), '>=': PassingValues(lowest=low),
            '<': PassingValues(highest=low, open_bounds=(False, True)), '<=': PassingValues(highest=low),
            'between': PassingValues(lowest=low, highest=high, open_bounds=(True, True))}.get(condition.operator)
