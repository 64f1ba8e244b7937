"""Turns problems of configuration files into findings with a rule, a path and a line."""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from lake_etl.config.configuration_files import folded
from lake_etl.errors import Problem
from lib.local_lake.folders import KINDS
from lib.local_lake.showing.build_reports import CheckRule, Level, LocatedFinding
from lib.local_lake.showing.source_lines import line_in_file

HELP = 'The message says what was found, what was expected and what to do. See the page docs/user-guide.md.'
# The first pattern that fits the name of a file decides what it is.
RULES = tuple((re.compile(pattern, re.IGNORECASE), CheckRule(f'configuration/{name}', summary, HELP))
              for pattern, name, summary in (
    (r'dq-.*\.json', 'quality-rules', 'A file of data quality rules has a mistake.'),
    (r'.*-entitymatch\.json', 'entity-match', 'A specification of an entity match has a mistake.'),
    (r'.*-dependent\.json', 'dependencies', 'A file of dependencies has a mistake.'),
    (r'.*\.json', 'specification', 'A transformation specification has a mistake.'),
    (r'.*\.csv', 'mapping', 'A schema mapping has a mistake.'),
    (r'.*', 'sql', 'A SQL file has a mistake.')))
UNREAD = CheckRule('configuration/unread-file', 'A file in the configuration folders belongs to no workflow.', HELP)


def problem_findings(configuration: Path, problems: Iterable[Problem], level: Level,
                     rule: CheckRule | None = None) -> Iterator[LocatedFinding]:
    """Yield a finding for each problem of a file below the configuration folder.

    rule  of all of them; by default that of the kind of file
    """
    for problem in problems:
        file = configuration_file(configuration, problem.file)
        kind = next(kind for pattern, kind in RULES if pattern.fullmatch(file.name))
        yield LocatedFinding(rule=rule or kind, level=level, message=str(problem), file=file, place=problem.place,
                             line=line_in_file(file, problem.place))


def configuration_file(configuration: Path, name: str) -> Path:
    """Return the path of a configuration file, given its name with or without its folder, in any letter case.

    Returns another file of the same workflow if there is no such file, because reports can only point at existing ones.
    """
    folder, _, file = name.rpartition('/')
    paths = [path for kind in ((folder,) if folder else KINDS) for path in sorted((configuration / kind).glob('*'))]
    same_name = (path for path in paths if folded(path.name) == folded(file))
    same_workflow = (path for path in paths if folded(path.stem) == folded(Path(file).stem))
    return next(same_name, None) or next(same_workflow, configuration / (folder or KINDS[0]) / file)
