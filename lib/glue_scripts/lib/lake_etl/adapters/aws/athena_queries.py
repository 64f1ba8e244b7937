"""Runs statements on Amazon Athena and Amazon Redshift, and waits until they end."""
from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lake_etl.adapters.aws.clients import open_client
from lake_etl.errors import QueryError
from lake_etl.reasons.engine_failure import engine_reason
from lake_etl.reasons.failure import kind_of

LOG = logging.getLogger(__name__)
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 5.0


@dataclass(frozen=True)
class State:
    """The state of a statement: its name in the engine, and the reason that the engine gives."""

    name: str
    reason: str = ''


class AthenaQueries:
    """Amazon Athena, with the settings and result location of one workgroup."""

    succeeded = 'SUCCEEDED'
    # https://docs.aws.amazon.com/athena/latest/APIReference/API_QueryExecutionStatus.html
    failed = frozenset({'FAILED', 'CANCELLED'})

    def __init__(self, workgroup: str, max_attempts: int, client: Any = None):
        self._client = client or open_client('athena')
        self._workgroup = workgroup
        self._attempts = max_attempts

    def run(self, database: str, statement: str) -> str:
        """Run one statement and return its id in Athena; raises QueryError with Athena's reason.

        A statement that has not ended after `max_attempts` checks of its state is stopped.
        """
        with _explained('Athena'):
            identifier: str = self._client.start_query_execution(
                QueryString=statement, QueryExecutionContext={'Database': database.lower()},
                WorkGroup=self._workgroup)['QueryExecutionId']
            _wait('Athena', self, identifier, self._attempts)
        return identifier

    def state(self, identifier: str) -> State:
        """Return the state of a statement."""
        status = self._client.get_query_execution(QueryExecutionId=identifier)['QueryExecution']['Status']
        return State(status['State'], status.get('StateChangeReason', ''))

    def stop(self, identifier: str) -> None:
        """Stop a statement."""
        self._client.stop_query_execution(QueryExecutionId=identifier)


class RedshiftQueries:
    """One Amazon Redshift cluster or serverless workgroup, through its Data API.

    Either cluster id or workgroup name is empty. Signs in with the secret, or as the role of the job without one.
    """

    succeeded = 'FINISHED'
    # https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_DescribeStatement.html
    failed = frozenset({'FAILED', 'ABORTED'})

    def __init__(self, cluster_id: str, workgroup_name: str, secret_arn: str, max_attempts: int, client: Any = None):
        if bool(cluster_id) == bool(workgroup_name):
            found = 'both' if cluster_id else 'neither'
            raise QueryError(f'Redshift needs a cluster id or a workgroup name; {found} were given. Set just one of '
                             'redshift_cluster_id and redshift_workgroup_name.')
        self._client = client or open_client('redshift-data')
        place = {'ClusterIdentifier': cluster_id, 'WorkgroupName': workgroup_name, 'SecretArn': secret_arn}
        self._place = {name: value for name, value in place.items() if value}
        self._attempts = max_attempts

    def run(self, database: str, statement: str) -> str:
        """Run one statement and return its id in Redshift; raises QueryError with Redshift's reason.

        A statement that has not ended after `max_attempts` checks of its state is stopped.
        """
        with _explained('Redshift'):
            identifier: str = self._client.execute_statement(Database=database, Sql=statement, **self._place)['Id']
            _wait('Redshift', self, identifier, self._attempts)
        return identifier

    def state(self, identifier: str) -> State:
        """Return the state of a statement."""
        answer = self._client.describe_statement(Id=identifier)
        return State(answer['Status'], answer.get('Error', ''))

    def stop(self, identifier: str) -> None:
        """Stop a statement."""
        self._client.cancel_statement(Id=identifier)


def _wait(engine: str, queries: AthenaQueries | RedshiftQueries, identifier: str, attempts: int) -> None:
    """Wait for a statement to succeed, with growing pauses; raises QueryError if it fails or does not end."""
    pause = FIRST_PAUSE_SECONDS
    for attempt in range(attempts):
        if attempt:
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        state = queries.state(identifier)
        if state.name == queries.succeeded:
            LOG.info('%s finished statement %s.', engine, identifier)
            return
        if state.name in queries.failed:
            raise QueryError(f'{engine} ended statement {identifier} as {state.name}: '
                             f'{engine_reason(state.reason)}. Correct the statement or what it reads, then '
                             'run the load again.')
    _stop(engine, queries.stop, identifier)
    raise QueryError(f'{engine} had not finished statement {identifier} after its state was asked for {attempts} '
                     'times, so the statement was stopped. Make the statement faster, or allow more attempts.')


def _stop(engine: str, stop: Callable[[str], None], identifier: str) -> None:
    try:
        stop(identifier)
    except (ClientError, BotoCoreError):
        LOG.warning('%s could not stop statement %s.', engine, identifier)


@contextmanager
def _explained(engine: str) -> Iterator[None]:
    """Turn errors of the service into a QueryError with the reason."""
    try:
        yield
    except ClientError as error:
        raise QueryError(f'{engine} refused a statement ({kind_of(error)}). Check the statement and the permissions of '
                         'the role.') from error
    except BotoCoreError as error:
        raise QueryError(f'{engine} could not be reached: {kind_of(error)}. Check region and network, then repeat.'
                         ) from error
