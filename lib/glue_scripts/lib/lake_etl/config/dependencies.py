"""Workflow dependencies: the workflows that must have succeeded before a landed file is loaded."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dateutil.relativedelta import relativedelta

from lake_etl.syntax.records import Findings, check_unknown_keys, describe, suggestion

INTERVALS = ('years', 'months', 'weeks', 'days', 'hours', 'minutes', 'seconds', 'microseconds')
MOMENTS = ('year', 'month', 'day', 'weekday', 'hour', 'minute', 'second', 'microsecond', 'leapdays', 'yearday',
           'nlyearday')
A_DAY = datetime(2024, 2, 29)


@dataclass(frozen=True)
class Dependencies:
    """The workflows that a workflow waits for.

    depends_on  database and table of each, as written
    lookback    keywords of dateutil's relativedelta for the interval before the landing in which a success counts; None
                if only a success after the landing counts
    """

    depends_on: tuple[tuple[str, str], ...]
    lookback: Mapping[str, int | float] | None = None


def parse_dependencies(raw: object, findings: Findings) -> Dependencies | None:
    """Return the dependencies in a `-dependent.json` file; records every problem, and returns None if there is one."""
    if not isinstance(raw, dict):
        findings.problem('', f'expected an object, got {describe(raw)}')
        return None
    before = len(findings.problems)
    check_unknown_keys(raw, ('depends_on', 'lookback'), '', findings)
    depends_on = _depends_on(raw, findings)
    lookback = _lookback(raw['lookback'], findings) if 'lookback' in raw else None
    return Dependencies(depends_on, lookback) if len(findings.problems) == before else None


def _depends_on(raw: dict[str, Any], findings: Findings) -> tuple[tuple[str, str], ...]:
    if 'depends_on' not in raw:
        findings.problem('', "missing required key 'depends_on'")
        return ()
    workflows = raw['depends_on']
    if not isinstance(workflows, dict) or not workflows:
        found = 'an empty object' if workflows == {} else describe(workflows)
        findings.problem('depends_on', f'expected an object such as {{"Database/Table": 1}}, got {found}')
        return ()
    pairs = []
    for name, value in workflows.items():
        database, _, table = name.partition('/')
        if not database or not table or '/' in table:
            findings.problem(f'depends_on.{name}', "expected a workflow as 'Database/Table'")
        if isinstance(value, bool) or value != 1:
            findings.warning(f'depends_on.{name}', f'expected 1, got {describe(value)}; the dependency still counts')
        pairs.append((database, table))
    return tuple(pairs)


def _lookback(raw: object, findings: Findings) -> dict[str, int | float] | None:
    if not isinstance(raw, dict):
        findings.problem('lookback', f'expected an object such as {{"days": 1}}, got {describe(raw)}')
        return None
    before = len(findings.problems)
    for keyword, value in raw.items():
        _check_lookback_keyword(keyword, value, findings)
    if len(findings.problems) == before and not _is_an_interval(raw):
        findings.problem('lookback', 'the values do not make an interval',
                         'use whole years and months, and no negative values')
    return raw


def _check_lookback_keyword(keyword: str, value: object, findings: Findings) -> None:
    place = f'lookback.{keyword}'
    if keyword not in INTERVALS + MOMENTS:
        findings.problem(place, 'unknown keyword', suggestion(keyword, INTERVALS) or f'known: {", ".join(INTERVALS)}')
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        findings.problem(place, f'expected a number, got {describe(value)}')
    elif keyword in MOMENTS and not isinstance(value, int):
        findings.problem(place, f'expected a whole number, got {value}')
    elif f'{keyword}s' in INTERVALS:
        findings.warning(place, f"sets the {keyword} of the time to look back to; it is not a length of time",
                         f"for a length of time write '{keyword}s'")


def _is_an_interval(keywords: dict[str, Any]) -> bool:
    """Tell whether the keywords make an interval that does not reach into the future."""
    try:
        return bool(A_DAY - relativedelta(**keywords) <= A_DAY.replace(hour=23, minute=59, second=59))
    except (ValueError, OverflowError, TypeError, LookupError):
        return False


def utc_time(text: str) -> datetime:
    """Return the time that an ISO 8601 text states; without a zone it is UTC. Raises ValueError for other text."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def earliest_success(dependencies: Dependencies, landed: datetime) -> datetime:
    """Return the time from which a success counts: the landing, minus the lookback."""
    moment: datetime = landed - relativedelta(**dict(dependencies.lookback or {}))
    return moment


def unmet(dependencies: Dependencies, landed: datetime, succeeded_since: Callable[[str, datetime], bool]) -> list[str]:
    """Return the workflows, as `<database>/<table>`, that a landed file still waits for.

    landed           when the file landed
    succeeded_since  tells whether an execution of a workflow ended with success at or after a time
    """
    moment = earliest_success(dependencies, landed)
    workflows = [f'{database}/{table}' for database, table in dependencies.depends_on]
    return [workflow for workflow in workflows if not succeeded_since(workflow, moment)]
