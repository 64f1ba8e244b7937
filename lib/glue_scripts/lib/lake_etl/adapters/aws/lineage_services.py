"""Sends OpenLineage events to a queue of Amazon SQS or a domain of Amazon DataZone, and names the AWS Glue catalog."""
from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.config import Config

from lake_etl.adapters.aws.clients import open_client
from lake_etl.errors import LakeError
from lake_etl.ports import LineageEvents

# A load must not wait long for its lineage, for example in a network without a route to the service.
QUICK = Config(connect_timeout=3, read_timeout=5, retries={'mode': 'standard', 'max_attempts': 2})
# What a message of Amazon SQS and an event of Amazon DataZone may have.
MOST_MESSAGE_BYTES, MOST_EVENT_BYTES = 262_144, 300_000


class QueuedEvents:
    """Sends each event as a message of a queue."""

    def __init__(self, arn: str, client: Any = None):
        _, _, _, _, account, name = arn.split(':', 5)
        self._client = client or open_client('sqs', QUICK)
        self._url = self._client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)['QueueUrl']

    def send(self, event: Mapping[str, Any]) -> None:
        """Send an event; raises ClientError or LakeError if the queue does not take it."""
        body = json.dumps(event)
        _require_size(len(body), MOST_MESSAGE_BYTES, 'a message of Amazon SQS')
        self._client.send_message(QueueUrl=self._url, MessageBody=body)


class DomainEvents:
    """Posts each event to a domain of Amazon DataZone or Amazon SageMaker Unified Studio."""

    def __init__(self, arn: str, client: Any = None):
        self._domain = arn.rpartition('/')[2]
        self._client = client or open_client('datazone', QUICK)

    def send(self, event: Mapping[str, Any]) -> None:
        """Post an event; raises ClientError or LakeError if the domain does not take it."""
        body = json.dumps(event).encode()
        _require_size(len(body), MOST_EVENT_BYTES, 'an event of Amazon DataZone')
        self._client.post_lineage_event(domainIdentifier=self._domain, event=body)


def lineage_service(arn: str) -> LineageEvents:
    """Return the queue or domain with this ARN; raises LakeError for any other service."""
    service = arn.split(':')[2] if arn.count(':') >= 5 else ''
    if service == 'sqs':
        return QueuedEvents(arn)
    if service == 'datazone':
        return DomainEvents(arn)
    raise LakeError(f"Job argument --openlineage_transport is '{arn}', expected a web address, or the ARN of a queue "
                    'of Amazon SQS or of a domain of Amazon DataZone.')


def glue_namespace() -> str:
    """Return the namespace that OpenLineage defines for the catalog of this account and region."""
    client = open_client('sts', QUICK)
    _, partition, _, _, account, _ = client.get_caller_identity()['Arn'].split(':', 5)
    return f'arn:{partition}:glue:{client.meta.region_name}:{account}'


def _require_size(size: int, most: int, what: str) -> None:
    if size > most:
        raise LakeError(f'The event has {size:,} bytes, and {what} has at most {most:,}.')
