"""Sends OpenLineage events to a web service such as Marquez."""
from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from typing import Any

# A load must not wait long for its lineage, for example in a network without a route to the service.
SECONDS = 5


class WebEvents:
    """Posts each event to one address, such as `http://marquez:5000/api/v1/lineage`."""

    def __init__(self, address: str):
        self.address = address

    def send(self, event: Mapping[str, Any]) -> None:
        """Post an event; raises OSError if the service cannot be reached or refuses it."""
        request = urllib.request.Request(
            self.address, json.dumps(event).encode(), {'Content-Type': 'application/json'}, method='POST')
        with urllib.request.urlopen(request, timeout=SECONDS):
            pass
