"""Decides whether everything that a landed file waits for has succeeded."""
from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from dateutil.relativedelta import relativedelta

from lake_etl.config.dependencies import Dependencies


def utc_time(text: str) -> datetime:
    """Return the time that an ISO 8601 text states; without a zone it is UTC. Raises ValueError for other text."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def counts_from(dependencies: Dependencies, landed: datetime) -> datetime:
    """Return the moment from which a success counts: the landing, or the lookback before it."""
    moment: datetime = landed - relativedelta(**dict(dependencies.lookback or {}))
    return moment


def unmet(dependencies: Dependencies, landed: datetime, succeeded_since: Callable[[str, datetime], bool]) -> list[str]:
    """Return the workflows, as `<database>/<table>`, that have not succeeded since the moment that counts.

    succeeded_since  tells whether an execution of that workflow ended with success at or after a moment
    """
    moment = counts_from(dependencies, landed)
    workflows = [f'{database}/{table}' for database, table in dependencies.depends_on]
    return [workflow for workflow in workflows if not succeeded_since(workflow, moment)]
