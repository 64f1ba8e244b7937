"""Names the configuration files of a workflow."""
from __future__ import annotations

from dataclasses import dataclass

SPEC = 'transformation-spec'
SQL = 'transformation-sql'
RULES = 'dq-rules'


@dataclass(frozen=True)
class FileNames:
    """The configuration files of a workflow below the folder of all of them; any letter case finds them."""

    spec: str
    mapping: str
    dependencies: str
    quality: str
    spark_sql: str
    athena_sql: str
    redshift_sql: str


def file_names(database: str, table: str) -> FileNames:
    """Return the names of a workflow's files."""
    name = f'{database}-{table}'
    return FileNames(
        spec=f'{SPEC}/{name}.json', mapping=f'{SPEC}/{name}.csv', dependencies=f'{SPEC}/{name}-dependent.json',
        quality=f'{RULES}/dq-{name}.json', spark_sql=f'{SQL}/spark-{name}.sql', athena_sql=f'{SQL}/athena-{name}.sql',
        redshift_sql=f'{SQL}/redshift-{name}.sql')


def entity_match_file(database: str) -> str:
    """Return the name of the entity match specification, whose presence has a database's entities matched."""
    return f'{SPEC}/{database}-entitymatch.json'
