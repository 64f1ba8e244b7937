"""Reads and parses the configuration files of a workflow one by one, and collects the problems of all of them."""
from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import TypeVar

from lake_etl.config.configuration_files import FileNames, Read, stored_name
from lake_etl.errors import ConfigurationError, LakeError, Problem
from lake_etl.syntax.json_with_comments import parse_json_object
from lake_etl.syntax.placeholders import report_unknown_placeholders
from lake_etl.syntax.records import Findings
from lake_etl.syntax.sql_pieces import Dialect
from lake_etl.syntax.text import decode_text

LOG = logging.getLogger(__name__)
Parsed = TypeVar('Parsed')


class ParsedFiles:
    """Reads files one by one, and collects the problems of all of them."""

    def __init__(self, read: Read):
        self.read = read
        self.present: list[str] = []
        self.findings: dict[str, Findings] = {}

    def stored_names(self, names: FileNames) -> FileNames:
        """Return the names of a workflow's files in the spelling in which they are stored."""
        return FileNames(**{kind: self.stored_name(name) for kind, name in vars(names).items()})

    def stored_name(self, name: str) -> str:
        """Return the name of a file as it is stored; unchanged when there is no such file, or more than one."""
        try:
            return stored_name(self.read, name) or name
        except LakeError:
            return name  # Reading the file records the problem.

    def findings_for(self, name: str) -> Findings:
        """Return the findings of a file."""
        return self.findings.setdefault(name, Findings(name.rpartition('/')[2]))

    def parse(self, name: str, parse: Callable[[bytes, Findings], Parsed | None]) -> Parsed | None:
        """Return the parsed content of a file; None when it does not exist, cannot be read, or has problems."""
        findings = self.findings_for(name)
        try:
            content = self.read(name)
        except ConfigurationError as error:
            findings.problems += error.problems
            self.present.append(name)
            return None
        except (LakeError, OSError) as error:
            findings.problem('', f'the file cannot be read: {error}', 'check its permissions')
            self.present.append(name)
            return None
        if content is None:
            return None
        self.present.append(name)
        return parse(content, findings)

    def finish(self, workflow: str) -> None:
        """Log all warnings; raise ConfigurationError if there are problems."""
        warnings: list[Problem] = [item for findings in self.findings.values() for item in findings.warnings]
        for warning in dict.fromkeys(warnings):
            LOG.warning('%s', warning)
        if problems := [item for findings in self.findings.values() for item in findings.problems]:
            raise ConfigurationError(dict.fromkeys(problems))
        LOG.info('Workflow %s has %d of %d possible configuration files: %s.', workflow, len(self.present),
                 len(self.findings), ', '.join(self.present) or 'none')


def from_json(parse: Callable[[object, Findings], Parsed | None]) -> Callable[[bytes, Findings], Parsed | None]:
    """Return a parser for a JSON file, given a parser for the object in it."""
    def parse_content(content: bytes, findings: Findings) -> Parsed | None:
        raw = parse_json_object(content, findings)
        return None if raw is None else parse(raw, findings)
    return parse_content


def from_sql(parse: Callable[[str, Findings], Parsed], dialect: Dialect, placeholders: Collection[str] | None
             ) -> Callable[[bytes, Findings], Parsed | None]:
    """Return a parser for a SQL file, given a parser for its text."""
    def parse_content(content: bytes, findings: Findings) -> Parsed | None:
        text = decode_text(content, findings)
        if text is None:
            return None
        if placeholders is not None:
            report_unknown_placeholders(text, placeholders, dialect, findings)
        return parse(text, findings)
    return parse_content
