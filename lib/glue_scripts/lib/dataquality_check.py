"""Runs a workflow's quality rules at their place in a job."""
from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame

from lake_etl.errors import ConfigurationError, Problem

LOG = logging.getLogger(__name__)
STAGES = ('before_transform', 'after_transform', 'after_sparksql')
