"""Job arguments from the command line, as AWS Glue resolves them."""
from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn


class GlueArgumentError(Exception):
    """A job argument is missing or malformed."""


class _ArgumentParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise GlueArgumentError(message)


def getResolvedOptions(args: Sequence[str], options: Sequence[str]) -> dict[str, Any]:  # noqa: N802 - AWS Glue's name
    """Return the named options of `args` (its first element is the program) as texts by name.

    Each may be written `--name value` or `--name=value`; other arguments are ignored. Raises GlueArgumentError naming
    every option that is missing.
    """
    parser = _ArgumentParser(add_help=False)
    for option in options:
        parser.add_argument(f'--{option}', required=True)
    known, _ = parser.parse_known_args(list(args)[1:])
    return vars(known)
