"""The arguments of this process, completed and then resolved by AWS Glue's own library."""
from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

# The library declares these itself. Asking it for one of the ids again is an error, and every answer has them.
DECLARED_BY_GLUE = frozenset((
    'JOB_ID', 'JOB_RUN_ID', 'SECURITY_CONFIGURATION', 'TempDir', 'RedshiftTempDir', 'job-bookmark-option',
    'job-bookmark-from', 'job-bookmark-to', 'continuation-option', 'encryption-type', 'enable-data-lineage'))
ARGUMENT = re.compile(r'--([A-Za-z_][A-Za-z0-9_-]*)(?:=(.*))?', re.DOTALL)
DATABASES = ('database_name_prefix', 'source_database_name', 'target_database_name')
CONSUME_SUFFIX = '_consume'


def resolve_arguments(required: Sequence[str], optional: Sequence[str]) -> dict[str, Any]:
    """Return the named arguments of this process; optional ones only where given, databases also where derived.

    Raises GlueArgumentError naming required arguments that are neither given nor derived.
    """
    return chosen(resolved_options(required, optional), (*required, *optional))


def chosen(options: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return those of the resolved options that have one of these names and a value."""
    keys = [name.replace('-', '_') for name in names]
    return {key: options[key] for key in keys if options.get(key) is not None}


def resolved_options(required: Sequence[str], optional: Sequence[str]) -> dict[str, Any]:
    """Return the whole answer of AWS Glue's library, which is what its `Job.init` takes.

    It has the named arguments and the library's own, which are None where the run has none. Raises GlueArgumentError
    naming required arguments that are neither given nor derived.
    """
    from awsglue.utils import GlueArgumentError, getResolvedOptions
    named = dict.fromkeys((*required, *optional))
    items = given_arguments(sys.argv[1:])
    given = {name: value or '' for name, value in items}
    derived = derived_databases(given, required)
    asked = [name for name in named if name not in DECLARED_BY_GLUE
             and (name in required or name in given)]
    # Only exact names, each with its value: the library takes the beginning of a name for the name, and a value that
    # begins with a dash for another argument.
    known = [f'--{name}' if value is None else f'--{name}={value}' for name, value in (*items, *derived.items())
             if name in named or name in DECLARED_BY_GLUE]
    options: dict[str, Any] = getResolvedOptions([*sys.argv[:1], *known], asked)
    missing = [name for name in required if options.get(name.replace('-', '_')) is None]
    if missing:
        raise GlueArgumentError(f'the following arguments are required: {", ".join(f"--{name}" for name in missing)}')
    return options


def given_arguments(items: Sequence[str]) -> list[tuple[str, str | None]]:
    """Return name and value of each argument, written `--name value` or `--name=value`; None where it has no value.

    A value may begin with a dash unless it looks like an argument itself.
    """
    return list(_named_values(items))


def _named_values(items: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    waiting: str | None = None
    for item in items:
        argument = ARGUMENT.fullmatch(item)
        if argument is None and waiting is not None and item != '--':
            yield waiting, item
            waiting = None
        elif argument is not None:
            if waiting is not None:
                yield waiting, None
            name, value = argument.groups()
            waiting = name if value is None else None
            if value is not None:
                yield name, value
    if waiting is not None:
        yield waiting, None


def derived_databases(given: Mapping[str, str], required: Collection[str]) -> dict[str, str]:
    """Return the database names that a job requires and is not given, as far as its other arguments tell them.

    The prefix is the name of the Cleanse database; a job that reads a source database writes to the Consume database of
    the same prefix. A job that is given no database at all takes the prefix from the source key, `<database>/<table>`.
    """
    wanted = [name for name in DATABASES if name in required]
    missing = [name for name in wanted if name not in given]
    prefix = given.get('database_name_prefix', _database_of(given) if missing == wanted else '').strip()
    target = prefix + CONSUME_SUFFIX if 'source_database_name' in required else prefix
    values = dict(zip(DATABASES, (prefix, prefix, target), strict=True))
    return {name: values[name] for name in missing if prefix}


def _database_of(given: Mapping[str, str]) -> str:
    database, slash, _ = given.get('source_key', '').partition('/')
    return database if slash else ''


def get_redshift_connection_parameter(args: Mapping[str, Any]) -> dict[str, str]:
    """Return how `redshift_execute_query` reaches the cluster or workgroup that the arguments of a job name.

    Raises GlueArgumentError when they name none, or no database.
    """
    from awsglue.utils import GlueArgumentError
    names = {'redshift_cluster_id': 'cluster_id', 'redshift_workgroup_name': 'workgroup_name'}
    given = next((name for name in names if args.get(name)), None)
    if given is None:
        raise GlueArgumentError('Redshift SQL needs the argument --redshift_cluster_id or --redshift_workgroup_name')
    if not args.get('redshift_database'):
        raise GlueArgumentError(f'--{given} needs the argument --redshift_database too')
    return {names[given]: str(args[given])}
