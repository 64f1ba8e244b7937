"""Stores a GitHub token in AWS Secrets Manager, for tools of the account that read the source code with it."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from getpass import getpass
from pathlib import Path
from typing import Any

# A script has only its own folder on the path.
if (REPOSITORY := str(Path(__file__).resolve().parents[2])) not in sys.path:
    sys.path.append(REPOSITORY)

if __name__ == '__main__':
    # It starts without an activated environment too.
    from lib.packaging.script_environment import FOR_AWS, use_environment
    use_environment(('boto3',), FOR_AWS)

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from lib.configuration import configuration
from lib.settings.deployment_settings import SettingsError

STORED, FAILED, NOT_WANTED = 0, 1, 2


def main(ask: Callable[[str], str] = input, ask_hidden: Callable[[str], str] = getpass,
         arguments: Sequence[str] = ()) -> int:
    """Ask for a token, which is not shown, and for a confirmation, and store it; return the exit status.

    Nothing is stored without the answer yes; an existing secret gets a new version.
    """
    argparse.ArgumentParser(description='Store a GitHub token in AWS Secrets Manager; account and region are those of '
                            'your AWS credentials, and the token is asked for.').parse_args(arguments)
    try:
        session = boto3.Session()
        account = session.client('sts').get_caller_identity()['Account']
        secrets = session.client('secretsmanager')
        name = secret_name()
        token = ask_hidden(f'GitHub token for {name} (it is not shown): ').strip()
        if not token:
            print('No token was given. Nothing was stored.', file=sys.stderr)
            return NOT_WANTED
        question = f'Store {len(token)} characters as {name} in account {account}, region {session.region_name}? '
        if ask(f'{question}Type yes: ').strip().lower() != 'yes':
            print('Nothing was stored.', file=sys.stderr)
            return NOT_WANTED
        print(store(secrets, name, token))
    except (ClientError, BotoCoreError) as error:
        kind = error.response['Error']['Code'] if isinstance(error, ClientError) else type(error).__name__
        print(f'The token was not stored: {kind}. Check credentials, region and rights, then run again.',
              file=sys.stderr)
        return FAILED
    except SettingsError as error:
        print(error, file=sys.stderr)
        return FAILED
    except EOFError:
        print('\nNothing was stored.', file=sys.stderr)
        return NOT_WANTED
    return STORED


def secret_name() -> str:
    """Return the name of the secret, which begins with the prefix of the configuration."""
    return f'/{configuration().logical_id_prefix}/GitHubToken'


def store(secrets: Any, name: str, token: str) -> str:
    """Create the secret, or give it a new version, and return a sentence on what was done."""
    try:
        secrets.create_secret(Name=name, SecretString=token, Description='Token by which GitHub is reached')
    except secrets.exceptions.ResourceExistsException:
        secrets.put_secret_value(SecretId=name, SecretString=token)
        return f'The secret {name} has a new version.'
    return f'The secret {name} is created.'


if __name__ == '__main__':
    sys.exit(main(arguments=sys.argv[1:]))
