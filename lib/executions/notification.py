"""Notifies the subscribers of the topic of loads that failed outside their execution."""
from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lib.executions.record import FAILED


class Notifier:
    """Publishes in the form in which the state machine does.

    client  of SNS
    """

    def __init__(self, client: Any, topic: str):
        self._client = client
        self._topic = topic

    def failed(self, state: Mapping[str, Any], reason: str) -> None:
        """Publish that the load of `state`, which holds its source_key and execution_id, failed."""
        message = {**state, 'taskresult': {'Error': FAILED, 'Cause': reason}}
        self._client.publish(
            TopicArn=self._topic, Subject='Job Failed', Message=json.dumps(message),
            MessageAttributes={'status': {'DataType': 'String', 'StringValue': FAILED}})
