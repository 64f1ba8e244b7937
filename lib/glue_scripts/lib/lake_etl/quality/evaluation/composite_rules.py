"""Judges rules from what was measured, each part once, and joins the parts of composites."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lake_etl.dqdl.rule_types import has_row_outcome
from lake_etl.dqdl.syntax_tree import Composite, leaves
from lake_etl.quality.evaluation.beside import Counts
from lake_etl.quality.evaluation.evaluation_plan import Check, Evaluated, Part, Values, Verdict
from lake_etl.quality.evaluation.judging import counted
from lake_etl.quality.evaluation.outcomes import EvaluationContext, RuleOutcome

# Rules whose rows are singled out, but which AWS Glue leaves out when it joins outcomes row by row.
WHOLE = ('Completeness', 'Uniqueness', 'ReferentialIntegrity')


class Judgement:
    """Turns the numbers of a pass into outcomes.

    row_wise  composites that are judged by the rows that fail them
    """

    def __init__(self, rules: Sequence[Evaluated], checks: Mapping[Part, Check], counts: Counts,
                 context: EvaluationContext):
        self._rules = rules
        self._checks = checks
        self._counts = counts
        composites = [rule for rule in rules if isinstance(rule, Composite)] if context.composites == 'row' else []
        self.row_wise = tuple(rule for rule in composites if has_row_outcome(rule) and not any(
            part.type in WHOLE for part in leaves(rule)))

    def outcomes(self, numbers: Mapping[Any, Any]) -> tuple[RuleOutcome, ...]:
        """Return the outcome of each rule."""
        failed = {rule: int(number) for rule, number in numbers.items() if not isinstance(rule, str)}
        values = Values(numbers, self._counts(), failed)
        verdicts = {part: check.judge(values) for part, check in self._checks.items()}
        found = [(rule, self._verdict(rule, verdicts, values)) for rule in self._rules]
        return tuple(RuleOutcome(rule, verdict.passed, verdict.reason, verdict.metrics, verdict.note)
                     for rule, verdict in found)

    def _verdict(self, rule: Evaluated, verdicts: Mapping[Part, Verdict], values: Values) -> Verdict:
        if not isinstance(rule, Composite):
            return verdicts[rule]
        parts = [self._verdict(part, verdicts, values) for part in rule.parts]
        metrics = {name: value for part in parts for name, value in part.metrics.items()}
        note = '\n'.join(dict.fromkeys(part.note for part in parts if part.note))
        if rule in self.row_wise:
            failed, rows = values.failed[rule], values.rows(None)
            reason = f'{counted(failed)} of {rows} do not pass the parts of the rule.' if failed else ''
            return Verdict(not failed, reason, metrics, note)
        passed = (all if rule.operator == 'and' else any)(part.passed for part in parts)
        reasons = [] if passed else [part.reason for part in parts if part.reason]
        return Verdict(passed, '\n'.join(reasons), metrics, note)
