"""Data quality files: which rules are checked at which stage, and what happens when a rule fails."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lake_etl.dqdl.parser import parse_rule
from lake_etl.dqdl.rule_types import has_row_outcome
from lake_etl.dqdl.syntax_tree import AnyRule, leaves
from lake_etl.syntax.records import Findings, parse_record

STAGES = ('before_transform', 'after_transform', 'after_sparksql')
ACTIONS = ('warn_rules', 'quarantine_rules', 'halt_rules')


@dataclass(frozen=True, kw_only=True)
class StageTexts:
    """The rules of one stage as written, each in the data quality language.

    warn_rules        a failed rule is reported
    quarantine_rules  rows that fail are quarantined
    halt_rules        a failed rule stops the job before anything is published
    """

    warn_rules: tuple[str, ...] = ()
    quarantine_rules: tuple[str, ...] = ()
    halt_rules: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class QualityFile:
    """A data quality file as written.

    before_transform       rules for the mapped rows
    after_transform        rules for the rows as they will be published to Cleanse
    after_sparksql         rules for the rows as they will be published to Consume
    convert_single_quotes  whether `'` in a rule stands for `"`
    quarantine_clear       whether rows that are quarantined before the transforms keep personal data in clear text
    """

    before_transform: StageTexts = field(default_factory=StageTexts)
    after_transform: StageTexts = field(default_factory=StageTexts)
    after_sparksql: StageTexts = field(default_factory=StageTexts)
    convert_single_quotes: bool = True
    quarantine_clear: bool = False


@dataclass(frozen=True, kw_only=True)
class StageRules:
    """The parsed rules of one stage, by what happens when they fail, as in `StageTexts`."""

    warn_rules: tuple[AnyRule, ...] = ()
    quarantine_rules: tuple[AnyRule, ...] = ()
    halt_rules: tuple[AnyRule, ...] = ()


@dataclass(frozen=True, kw_only=True)
class QualityRules:
    """The parsed rules of a workflow by stage, as in `QualityFile`."""

    before_transform: StageRules = field(default_factory=StageRules)
    after_transform: StageRules = field(default_factory=StageRules)
    after_sparksql: StageRules = field(default_factory=StageRules)
    quarantine_clear: bool = False


def quarantines_rows(rules: QualityRules | None) -> bool:
    """Return whether a Cleanse load has rules of quarantine, so that its rows need to be tracked."""
    return rules is not None and bool(rules.before_transform.quarantine_rules or rules.after_transform.quarantine_rules)


def parse_quality(raw: object, findings: Findings) -> QualityRules | None:
    """Return the rules of a data quality file; records every problem, and returns None if there is one."""
    before = len(findings.problems)
    file = parse_record(QualityFile, raw, '', findings)
    if file is None:
        return None
    stages = {stage: StageRules(**{
        action: _rules(getattr(getattr(file, stage), action), stage, action, file.convert_single_quotes, findings)
        for action in ACTIONS}) for stage in STAGES}
    if len(findings.problems) > before:
        return None
    return QualityRules(**stages, quarantine_clear=file.quarantine_clear)


def _rules(texts: Sequence[str], stage: str, action: str, convert_single_quotes: bool, findings: Findings
           ) -> tuple[AnyRule, ...]:
    """Return the parsed rules; records a problem for each rule that has one, and omits the rule."""
    rules: list[AnyRule] = []
    for index, text in enumerate(texts):
        place = f'{stage}.{action}[{index}]'
        rule = parse_rule(text.replace("'", '"') if convert_single_quotes else text, findings, place)
        if rule is not None:
            _check_row_outcome(rule, place, action, findings)
            _check_landed_file(rule, place, stage, findings)
            rules.append(rule)
    return tuple(rules)


def _check_row_outcome(rule: AnyRule, place: str, action: str, findings: Findings) -> None:
    if action == 'quarantine_rules' and not has_row_outcome(rule):
        types = ', '.join(dict.fromkeys(part.type for part in leaves(rule) if not has_row_outcome(part)))
        findings.problem(place, f'{types} cannot quarantine rows, because only the whole data set passes or fails',
                         'move the rule to warn_rules or halt_rules')


def _check_landed_file(rule: AnyRule, place: str, stage: str, findings: Findings) -> None:
    for part in leaves(rule):
        if stage == 'after_sparksql' and part.type.startswith('File') and not part.parameters:
            findings.problem(place, f'{part.type} checks the landed file, which a Consume table does not have',
                             'move the rule to before_transform, or name a file')
