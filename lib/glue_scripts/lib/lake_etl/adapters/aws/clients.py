"""Opens AWS clients with the retry settings that all adapters share."""
from __future__ import annotations

import os
import threading
from typing import Any

import boto3
from botocore.config import Config

# Throttling of a cold table or bucket ends within a minute, before ten retries with growing pauses do.
CONFIG = Config(retries={'mode': 'standard', 'max_attempts': 10})
# boto3 builds clients from a shared default session, which is not thread-safe; the clients themselves are.
_OPENING = threading.Lock()


def open_client(service: str, config: Config = CONFIG) -> Any:
    """Return a client of the AWS service with the credentials and region of the environment."""
    with _OPENING:
        return boto3.client(service, region_name=_region(), config=config)


def open_dynamodb_client() -> Any:
    """Return a DynamoDB client that accepts and returns Python values instead of typed wire values."""
    with _OPENING:
        return boto3.resource('dynamodb', region_name=_region(), config=CONFIG).meta.client


def _region() -> str | None:
    """Return the region that only AWS_REGION names, which boto3 does not read; None leaves the choice to boto3."""
    return None if os.environ.get('AWS_DEFAULT_REGION') else os.environ.get('AWS_REGION')
