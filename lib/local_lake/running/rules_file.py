"""Finds and reads the rules for a published table: a workflow's rules file, or a document of rules."""
from __future__ import annotations

from pathlib import Path

from lake_etl.config.configuration_files import folded
from lake_etl.config.quality_rules import STAGES, parse_quality
from lake_etl.dqdl.parser import parse_document
from lake_etl.dqdl.syntax_tree import Analyzer, AnyRule
from lake_etl.errors import ConfigurationError, LakeError
from lake_etl.ports import Table
from lake_etl.quality.stage_result import ACTIONS
from lake_etl.syntax.json_with_comments import parse_json_object
from lake_etl.syntax.records import Findings
from lake_etl.syntax.text import decode_text
from lib.local_lake.folders import LakeFolders

# The action of a job when the rule fails, and the rule or analyzer.
ToEvaluate = tuple[str, AnyRule | Analyzer]
CONSUME = '_consume'
AFTER_TRANSFORM, AFTER_SPARKSQL = 'after_transform', 'after_sparksql'


def default_stage(table: Table) -> str:
    """Return the stage whose rows are those of the table."""
    return AFTER_SPARKSQL if table.database.endswith(CONSUME) else AFTER_TRANSFORM


def rules_file_of(folders: LakeFolders, table: Table) -> Path:
    """Return the rules file of the table's workflow, whatever the case of its name; raises LakeError without one."""
    name = f'dq-{table.database.removesuffix(CONSUME)}-{table.name}.json'
    folder = folders.configuration / 'dq-rules'
    found = [path for path in sorted(folder.glob('[!.]*')) if folded(path.name) == folded(name)]
    if not found:
        raise LakeError(f'There is no rules file for {table.database}.{table.name} in {folder}: expected {name} '
                        'in any letter case. Name a file with --rules, or have one proposed by ./lake quality '
                        f'recommend {table.database}.{table.name}.')
    if len(found) > 1:
        names = ' and '.join(path.name for path in found)
        raise LakeError(f'{names} in {folder} differ only by letter case. Keep one of them.')
    return found[0]


def read_rules(path: Path, stage: str) -> list[ToEvaluate]:
    """Return the rules of a stage, each with the action of a job when it fails.

    A file that does not end in `.json` is a document, whose rules and analyzers have neither stage nor action. Raises
    LakeError for a file without rules, ConfigurationError with all problems of one that has some.
    """
    if not path.is_file():
        raise LakeError(f'{path}: there is no such file.')
    findings = Findings(path.name)
    rules = _of_stage(path, stage, findings) if path.suffix.lower() == '.json' else _of_document(path, findings)
    if findings.problems:
        raise ConfigurationError(findings.problems)
    return rules


def _of_stage(path: Path, stage: str, findings: Findings) -> list[ToEvaluate]:
    raw = parse_json_object(path.read_bytes(), findings)
    quality = None if raw is None else parse_quality(raw, findings)
    if quality is None:
        return []
    by_stage = {name: [(action, rule) for key, action in ACTIONS.items()
                       for rule in getattr(getattr(quality, name), key)] for name in STAGES}
    if not by_stage[stage]:
        others = ', '.join(name for name in STAGES if by_stage[name]) or 'no stage'
        raise LakeError(f'{path.name} has no rules for {stage}, but for {others}. Choose one with --stage.')
    return by_stage[stage]


def _of_document(path: Path, findings: Findings) -> list[ToEvaluate]:
    text = decode_text(path.read_bytes(), findings)
    document = None if text is None else parse_document(text, findings)
    return [('', item) for item in (*document.rules, *document.analyzers)] if document else []
