"""Runs SQL on Amazon Athena and Amazon Redshift: functions for user code and notebooks."""
from __future__ import annotations

from lake_etl import runtime


def athena_execute_query(database: str, query: str, workgroup: str, max_attempts: int = 30) -> str:
    """Run one statement on Athena, wait for its end, and return its final state, always `SUCCEEDED`.

    Names without a database belong to `database`. Its state is asked for at most `max_attempts` times, with pauses that
    grow from a quarter of a second to five seconds; a statement that has not ended then is stopped. Raises QueryError,
    a RuntimeError, when it does not succeed. A process that works on a laptop's lake asks the engine of the laptop.
    """
    runtime.queries(workgroup, max_attempts).run(database, query)
    return 'SUCCEEDED'


def redshift_execute_query(database: str, query: str, cluster_id: str | None = None, workgroup_name: str | None = None,
                           secret_arn: str | None = None, max_attempts: int = 120) -> str:
    """Run one statement on Redshift, wait for its end, and return its final state, always `FINISHED`.

    database        Redshift database
    cluster_id      of a provisioned cluster, or
    workgroup_name  of a serverless workgroup; just one of them
    secret_arn      secret to sign in with; without it the caller's role signs in

    Waits as `athena_execute_query` does. Raises QueryError, a RuntimeError, when the statement does not succeed.
    """
    engine = runtime.redshift_queries(cluster_id or '', workgroup_name or '', secret_arn or '', max_attempts)
    engine.run(database, query)
    return 'FINISHED'
