"""Finds a lake on AWS for the scripts that work on it, and lets them end with a sentence instead of a traceback."""
from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from lake_etl import runtime
from lake_etl.errors import LakeError
from lib.settings.deployment_settings import EnvironmentConfiguration, SettingsError


@dataclass(frozen=True)
class LakeOnAws:
    """An environment of the configuration, in the account and region of the credentials."""

    environment: EnvironmentConfiguration
    account: str
    region: str

    def bucket(self, kind: str) -> str:
        """Return the full name of one of its buckets."""
        return self.environment.bucket_name(kind, self.account, self.region)

    def of_step_functions(self, kind: str, name: str) -> str:
        """Return the ARN of a state machine or, with the name of both, of an execution."""
        return f'arn:aws:states:{self.region}:{self.account}:{kind}:{name}'


def add_environment(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the environment."""
    parser.add_argument('--environment', default='Dev', help='as in lib/configuration.py (default: Dev)')


def find_environment(name: str) -> EnvironmentConfiguration:
    """Return an environment of the configuration, in any letter case; raises SettingsError and LakeError."""
    from lib.configuration import configuration
    known = {environment.name.lower(): environment for environment in configuration().named_environments}
    if name.lower() not in known:
        raise LakeError(f"--environment is '{name}', expected one of "
                        f'{", ".join(environment.name for environment in known.values())}.')
    return known[name.lower()]


def find_lake(environment: EnvironmentConfiguration) -> LakeOnAws:
    """Return the lake of an environment; asks AWS whose credentials these are."""
    session = boto3.Session()
    return LakeOnAws(environment, session.client('sts').get_caller_identity()['Account'], session.region_name)


def run_script(run: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    """Return the exit status of a script, or 1 after a sentence about what it could not do."""
    runtime.open_catalog(runtime.GLUE)
    try:
        return run(options)
    except (LakeError, SettingsError) as error:
        print(f'{error}', file=sys.stderr)
    except (BotoCoreError, ClientError) as error:
        code = error.response['Error']['Code'] if isinstance(error, ClientError) else type(error).__name__
        print(f'AWS did not answer as expected: {code}. Check credentials and region, then run again.', file=sys.stderr)
    return 1


def exit_with(main: Callable[[], int]) -> None:
    """End the process with the exit status of a script; only warnings are logged."""
    logging.basicConfig(level=logging.WARNING, format='%(message)s')
    sys.exit(main())
