"""Resolves job arguments from the command line as AWS Glue does."""
from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

FOLDERS = ('RedshiftTempDir', 'TempDir')
OWN_OPTIONS = ('job-bookmark-option', 'job-bookmark-from', 'job-bookmark-to', 'continuation-option', 'JOB_ID',
               'JOB_RUN_ID', 'SECURITY_CONFIGURATION', 'encryption-type', 'enable-data-lineage', *FOLDERS)


class GlueArgumentError(Exception):
    """A job argument is missing or malformed."""


class GlueArgumentParser(argparse.ArgumentParser):
    """Raises where argparse would end the process."""

    def error(self, msg: str) -> NoReturn:
        """Raise GlueArgumentError with the message."""
        raise GlueArgumentError(msg)


def getResolvedOptions(args: Sequence[str], options: Sequence[str]) -> dict[str, Any]:  # noqa: N802 - AWS Glue's name
    """Return the named options of `args` (its first element is the program) as texts by name, with the library's own.

    Each may be written `--name value` or `--name=value`; other arguments are ignored. Raises GlueArgumentError naming
    every option that is missing, ArgumentError for one that the library declares itself.
    """
    parser = GlueArgumentParser()
    for option in OWN_OPTIONS:
        parser.add_argument(f'--{option}')
    for option in options:
        if option not in FOLDERS:
            parser.add_argument(f'--{option}', required=True)
    known, _ = parser.parse_known_args(list(args)[1:])
    answer = vars(known)
    del answer['continuation_option']
    answer['job_bookmark_option'] = answer['job_bookmark_option'] or 'job-bookmark-disable'
    folder = answer['TempDir'] if answer['TempDir'] is not None else answer['RedshiftTempDir']
    return answer | dict.fromkeys(FOLDERS, folder)
