"""Opens AWS clients with the retry settings that all adapters share."""
from __future__ import annotations

import threading
from typing import Any

import boto3
from botocore.config import Config

# Throttling of a cold table or bucket ends within a minute, before ten attempts with growing pauses do.
CONFIG = Config(retries={'mode': 'standard', 'max_attempts': 10})
# boto3 builds clients from a shared default session, which is not thread-safe; the clients themselves are.
_OPENING = threading.Lock()


def open_client(service: str, config: Config = CONFIG) -> Any:
    """Return a client of the AWS service with the credentials and region of the environment."""
    with _OPENING:
        return boto3.client(service, config=config)


def open_dynamodb_client() -> Any:
    """Return a DynamoDB client that accepts and returns Python values instead of typed wire values."""
    with _OPENING:
        return boto3.resource('dynamodb', config=CONFIG).meta.client
