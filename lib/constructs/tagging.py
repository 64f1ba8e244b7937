"""Puts the tags of the configuration, and the environment's name, on every resource."""
from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Tags
from constructs import IConstruct


def tag(scope: IConstruct, tags: Mapping[str, str], environment: str) -> None:
    """Tag everything below the scope that can have tags."""
    for key, value in {**tags, 'Environment': environment}.items():
        Tags.of(scope).add(key, value)
