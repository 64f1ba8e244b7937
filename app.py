"""Synthesizes the lake on AWS: a pipeline for each environment, and the environment as its stage."""
from __future__ import annotations

import os

from lib.node import use_installed_node

use_installed_node()

from lib.cdk_app import build_app  # noqa: E402  CDK starts Node.js when it is imported, so Node.js is chosen before.
from lib.configuration import configuration  # noqa: E402  Kept with the import above.

if __name__ == '__main__':
    build_app(configuration(), os.environ.get('ENV', '')).synth()
