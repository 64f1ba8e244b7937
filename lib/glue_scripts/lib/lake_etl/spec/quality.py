"""Data quality files: which rules are checked at which stage, and what a failed one does."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lake_etl.spec.records import Findings, parse_record


@dataclass(frozen=True, kw_only=True)
class StageRules:
    """The rules of one stage, each a text in the data quality language.

    warn_rules        a failed rule is reported
    quarantine_rules  rows that fail are set aside
    halt_rules        a failed rule stops the job before anything is published
    """

    warn_rules: tuple[str, ...] = ()
    quarantine_rules: tuple[str, ...] = ()
    halt_rules: tuple[str, ...] = ()

    def check(self) -> Iterator[str]:
        """Yield a message for each rule without text."""
        for action in ('warn_rules', 'quarantine_rules', 'halt_rules'):
            for index, rule in enumerate(getattr(self, action)):
                if not rule.strip():
                    yield f'{action}[{index}] is an empty text, expected a rule'


@dataclass(frozen=True, kw_only=True)
class QualityRules:
    """The rules of a workflow.

    before_transform       checked on the mapped rows
    after_transform        checked on the rows as they will be published to Cleanse
    after_sparksql         checked on the rows as they will be published to Consume
    convert_single_quotes  whether `'` in a rule stands for `"`
    """

    before_transform: StageRules = field(default_factory=StageRules)
    after_transform: StageRules = field(default_factory=StageRules)
    after_sparksql: StageRules = field(default_factory=StageRules)
    convert_single_quotes: bool = True


def parse_quality(raw: object, findings: Findings) -> QualityRules | None:
    """Return the rules of a data quality file, or record every reason why it has none and return None."""
    return parse_record(QualityRules, raw, '', findings)
