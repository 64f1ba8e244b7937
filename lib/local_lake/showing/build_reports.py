"""Writes what a check found as reports that build servers read: JUnit XML and SARIF."""
from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO
from urllib.parse import quote
from xml.etree import ElementTree

from lib.local_lake.folders import REPOSITORY
from lib.local_lake.showing.output import print_json

Level = Literal['error', 'warning']
REPORT_FORMATS = ('junit', 'sarif')
SARIF_SCHEMA = 'https://json.schemastore.org/sarif-2.1.0-rtm.5.json'
ROOT = '%SRCROOT%'
# Characters that XML 1.0 cannot hold, not even escaped.
NOT_XML = re.compile('[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]')


@dataclass(frozen=True)
class CheckCase:
    """One thing that was checked.

    group     what it belongs to, such as `lake.validate`
    failures  a sentence for each reason why it failed; empty when it passed
    """

    name: str
    group: str
    failures: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckRule:
    """A kind of findings.

    id       stable name, by which build servers recognize a finding in the next run
    summary  what is checked, in one sentence
    help     what to do about a finding
    """

    id: str
    summary: str
    help: str


@dataclass(frozen=True, kw_only=True)
class LocatedFinding:
    """A mistake at a line of a file.

    place  of the mistake in the file, in words; it stays the same when lines are added above
    line   counted from 1
    """

    rule: CheckRule
    level: Level
    message: str
    file: Path
    place: str = ''
    line: int = 1


def print_junit(suite: str, cases: Sequence[CheckCase], notes: Iterable[str] = (),
                stream: TextIO | None = None) -> None:
    """Print one test suite as JUnit XML.

    notes   sentences that belong to no case, such as warnings
    stream  where to print it; None is the standard output
    """
    failed = str(sum(bool(case.failures) for case in cases))
    counts = {'tests': str(len(cases)), 'failures': failed, 'errors': '0'}
    root = ElementTree.Element('testsuites', counts)
    element = ElementTree.SubElement(root, 'testsuite', {'name': suite, **counts, 'skipped': '0'})
    for case in cases:
        shown = ElementTree.SubElement(element, 'testcase', {'name': _xml(case.name), 'classname': _xml(case.group)})
        if case.failures:
            first, *others = case.failures
            summary = f'{first} (and {len(others)} more)' if others else first
            failure = ElementTree.SubElement(shown, 'failure', {'message': _xml(summary), 'type': 'failed'})
            failure.text = _xml('\n'.join(case.failures))
    if text := '\n'.join(notes):
        ElementTree.SubElement(element, 'system-out').text = _xml(text)
    ElementTree.indent(root)
    # Characters beyond ASCII are written as numbers, so the encoding of the screen does not matter.
    print('<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding='us-ascii').decode('ascii'),
          file=stream or sys.stdout)


def print_sarif(command: str, findings: Sequence[LocatedFinding], notes: Iterable[str] = ()) -> None:
    """Print findings as a SARIF 2.1.0 log that code scanning reads.

    command  what was run, such as `validate`; it separates these findings from those of other commands
    notes    warnings that belong to no file
    """
    rules = list({finding.rule.id: finding.rule for finding in findings}.values())
    numbers = {rule.id: number for number, rule in enumerate(rules)}
    print_json({'$schema': SARIF_SCHEMA, 'version': '2.1.0', 'runs': [{
        'tool': {'driver': {'name': f'lake {command}', 'rules': [_descriptor(rule) for rule in rules]}},
        'automationDetails': {'id': f'lake-{command}/'},
        'originalUriBaseIds': {ROOT: {'description': {'text': 'The root of the repository.'}}},
        'invocations': [{'executionSuccessful': True, 'toolExecutionNotifications': [
            {'level': 'warning', 'message': {'text': note}} for note in notes]}],
        'results': [_result(finding, numbers[finding.rule.id]) for finding in findings]}]})


def _descriptor(rule: CheckRule) -> dict[str, object]:
    return {'id': rule.id, 'shortDescription': {'text': rule.summary}, 'fullDescription': {'text': rule.summary},
            'help': {'text': rule.help}}


def _result(finding: LocatedFinding, rule_index: int) -> dict[str, object]:
    location = artifact_location(finding.file)
    identity = '\n'.join((finding.rule.id, location['uri'], finding.place, finding.message))
    return {'ruleId': finding.rule.id, 'ruleIndex': rule_index, 'level': finding.level,
            'message': {'text': finding.message},
            'locations': [{'physicalLocation': {'artifactLocation': location, 'region': {'startLine': finding.line}}}],
            'partialFingerprints': {'primaryLocationLineHash': hashlib.sha256(
                identity.encode('utf-8', 'surrogateescape')).hexdigest()[:16] + ':1'}}


def artifact_location(file: Path) -> dict[str, str]:
    """Return the address of a file: its path from the root of its repository, or in full outside any repository."""
    root = next((parent for parent in file.parents if (parent / '.git').exists() or parent == REPOSITORY), None)
    if root is None:
        return {'uri': file.as_uri()}
    return {'uri': quote(file.relative_to(root).as_posix()), 'uriBaseId': ROOT}


def _xml(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return NOT_XML.sub('\ufffd', text)
