"""Reads all configuration files of a workflow into a typed value, or raises one error with all their problems."""
from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from lake_etl.arguments import RESERVED_COLUMNS
from lake_etl.cobol.copybook import parse_copybook
from lake_etl.cobol.record_nodes import RecordLayout
from lake_etl.config.configuration_files import (
    SPEC, FileNames, Read, entity_match_file, file_names, folded, stored_workflow_name)
from lake_etl.config.copybook_check import checked_layout
from lake_etl.config.dependencies import Dependencies, parse_dependencies
from lake_etl.config.formats.cobol_format import COBOL
from lake_etl.config.further_tables import (
    FurtherTable, further_input, further_input_problems, further_tables, own_table_problems)
from lake_etl.config.input import InputSpec, SchemaChange, default_schema_change, parse_input
from lake_etl.config.input_formats import choose_format
from lake_etl.config.mapping import MappingRow, SchemaMapping, parse_mapping
from lake_etl.config.mapping_check import check_mapping_rows, check_record_columns, warn_of_unknown_columns
from lake_etl.config.match_specification import EntityMatchSpec, parse_entity_match
from lake_etl.config.parsed_files import ParsedFiles, from_json, from_sql
from lake_etl.config.protection_check import check_controls, check_protection
from lake_etl.config.quality_rules import QualityRules, parse_quality
from lake_etl.config.table_columns import given_column_problems, redefined_column_problems
from lake_etl.config.transform_steps import (
    Registry, TransformSpec, TransformStep, check_columns, parse_transforms, written_columns)
from lake_etl.syntax.json_with_comments import parse_json_object
from lake_etl.syntax.records import Findings, check_unknown_keys
from lake_etl.syntax.sql_files import SparkSql, parse_spark_sql, parse_statements
from lake_etl.syntax.sql_pieces import Dialect

DEVELOPMENT = 'dev'


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """The configuration of one `<database>/<table>`; the defaults apply when a file is missing.

    input                options for reading the source
    allow_schema_change  the option of the input, or the default of the environment
    mapping              None for all columns, with cleaned names
    steps                transforms in the order of execution
    unknown_transforms   names of transforms that do not exist and are skipped
    quality              data quality rules
    spark_sql            query for the Consume table, with placeholders not yet filled
    athena_statements    statements for Athena, with placeholders not yet filled
    redshift_statements  statements for Redshift, with placeholders not yet filled
    dependencies         workflows that must have succeeded before
    present_files        names of the files that exist, such as `transformation-spec/Gen-Policy.json`
    layout               layout of the records of a mainframe extract, from its copybook; None for other formats
    further_tables       the configuration of each other table that the workflow's files fill, by its name
    filled_by            the workflow as `<database>/<table>` whose files fill the table, if it is another one
    """

    input: InputSpec = field(default_factory=InputSpec)
    allow_schema_change: SchemaChange = 'strict'
    mapping: SchemaMapping | None = None
    steps: tuple[TransformStep, ...] = ()
    unknown_transforms: tuple[str, ...] = ()
    quality: QualityRules | None = None
    spark_sql: SparkSql | None = None
    athena_statements: tuple[str, ...] = ()
    redshift_statements: tuple[str, ...] = ()
    dependencies: Dependencies | None = None
    present_files: tuple[str, ...] = ()
    layout: RecordLayout | None = None
    further_tables: Mapping[str, Workflow] = field(default_factory=dict)
    filled_by: str = ''

    @property
    def mapping_rows(self) -> tuple[MappingRow, ...]:
        """Return the rows of the mapping; empty when there is no mapping."""
        return self.mapping.rows if self.mapping else ()

    def name(self, database: str, table: str) -> tuple[str, str]:
        """Return database and table in the spelling of the files in `transformation-spec`, else as given."""
        names = file_names(database, table)
        stored = map(self._present, (names.spec, names.mapping, names.dependencies))
        return stored_workflow_name(database, table, stored)

    def file(self, name: str) -> str:
        """Return the name of a file in the spelling in which it is stored; unchanged when there is no such file."""
        return self._present(name) or name

    def _present(self, name: str) -> str | None:
        return next((present for present in self.present_files if folded(present) == folded(name)), None)


def read_workflow(database: str, table: str, read: Read, registry: Registry, environment: str,
                  placeholders: Collection[str] | None = None) -> Workflow:
    """Return the configuration in all files of a workflow, and log warnings; every file is optional.

    read          returns a file's content by its name, or None when there is no such file; `ConfigurationFiles` find a
                  file in any letter case
    registry      transforms by name; a transform that is not in it is skipped in Dev and a problem elsewhere
    placeholders  names that SQL files may use in braces; None to check no placeholders

    Raises ConfigurationError with all problems of all files.
    """
    reading = ParsedFiles(read)
    names = reading.stored_names(file_names(database, table))
    parse_spec = _spec_parser(registry, refuse_unknown=environment.lower() != DEVELOPMENT)
    spec = reading.parse(names.spec, parse_spec) or _Spec()
    mapping = reading.parse(names.mapping, parse_mapping)
    _check_mapping(mapping, spec, names, table, reading)
    check_controls(spec.input, mapping.rows if mapping else (), spec.transforms, registry,
                   reading.findings_for(names.spec))
    layout = _read_layout(reading, spec.input, names, mapping)
    dependencies = reading.parse(names.dependencies, from_json(parse_dependencies))
    quality = reading.parse(names.quality, from_json(parse_quality))
    spark_sql, athena, redshift = _read_sql(reading, names, placeholders)
    present = tuple(reading.present)
    for place, problem in own_table_problems(spec.input, table):
        reading.findings_for(names.spec).problem(place, problem)
    own = Workflow(
        input=spec.input, allow_schema_change=spec.input.allow_schema_change or default_schema_change(environment),
        mapping=mapping, steps=spec.transforms.steps, unknown_transforms=spec.transforms.unknown, quality=quality,
        spark_sql=spark_sql, athena_statements=athena, redshift_statements=redshift, dependencies=dependencies,
        present_files=present, layout=layout)
    name = '/'.join(own.name(database, table))
    further = {item.name: _read_further(reading, database, item, own, name, parse_spec, environment)
               for item in further_tables(spec.input, table)}
    for problem, way_out in redefined_column_problems(own, table, registry):
        reading.findings_for(names.spec).problem('transform_spec', problem, way_out)
    if spec.input.records is not None:
        for name, problem, way_out in given_column_problems(spec.input.records, {table: own, **further}, registry):
            found = reading.stored_name(file_names(database, name).spec)
            reading.findings_for(found).problem('transform_spec', problem, way_out)
    reading.finish(f'{database}/{table}')
    return replace(own, further_tables=further)


def _read_further(reading: ParsedFiles, database: str, table: FurtherTable, file: Workflow, workflow: str,
                  parse_spec: Callable[[bytes, Findings], _Spec | None], environment: str) -> Workflow:
    """Return the configuration of another table that the files of a workflow fill.

    file      configuration of that workflow
    workflow  its name as `<database>/<table>`
    """
    before = len(reading.present)
    names = reading.stored_names(file_names(database, table.name))
    spec = reading.parse(names.spec, parse_spec) or _Spec()
    mapping = reading.parse(names.mapping, parse_mapping)
    for place, problem in further_input_problems(spec.input, table, workflow):
        reading.findings_for(names.spec).problem(place, problem)
    source = further_input(file.input, spec.input, table)
    _check_mapping(mapping, replace(spec, input=source), names, table.name, reading)
    quality = reading.parse(names.quality, from_json(parse_quality))
    for name in (names.spark_sql, names.athena_sql, names.redshift_sql, names.dependencies):
        if reading.read(name) is not None:
            reading.findings_for(name).problem(
                '', f'is never used, because files of the workflow {workflow} fill the table {table.name}',
                f'move it into that of {workflow}, which runs when all tables are loaded')
    return Workflow(
        input=source, allow_schema_change=source.allow_schema_change or default_schema_change(environment),
        mapping=mapping, steps=spec.transforms.steps, unknown_transforms=spec.transforms.unknown, quality=quality,
        present_files=tuple(reading.present[before:]), filled_by=workflow)


def read_consume_workflow(database: str, table: str, read: Read,
                          placeholders: Collection[str] | None = None) -> Workflow:
    """Return the configuration in the data quality and SQL files of a workflow, and log warnings.

    Raises ConfigurationError with all problems of these files.
    """
    reading = ParsedFiles(read)
    names = reading.stored_names(file_names(database, table))
    quality = reading.parse(names.quality, from_json(parse_quality))
    spark_sql, athena, redshift = _read_sql(reading, names, placeholders)
    reading.finish(f'{database}/{table}')
    return Workflow(quality=quality, spark_sql=spark_sql, athena_statements=athena, redshift_statements=redshift,
                    present_files=tuple(reading.present))


def read_entity_match(database: str, read: Read) -> EntityMatchSpec:
    """Return the entity match specification of a database.

    Raises ConfigurationError with all its problems, or when there is no such file.
    """
    reading = ParsedFiles(read)
    name = reading.stored_name(entity_match_file(database))
    spec = reading.parse(name, from_json(parse_entity_match))
    if name not in reading.present:
        reading.findings_for(name).problem('', 'there is no such file',
                                           'write one, or do not start the entity match job')
    reading.finish(f'{database} entity match')
    assert spec is not None  # Otherwise `finish` has raised the problems.
    return spec


@dataclass(frozen=True)
class _Spec:
    """The two parts of a transformation specification."""

    input: InputSpec = field(default_factory=InputSpec)
    transforms: TransformSpec = field(default_factory=TransformSpec)


def _spec_parser(registry: Registry, refuse_unknown: bool) -> Callable[[bytes, Findings], _Spec | None]:
    def parse(content: bytes, findings: Findings) -> _Spec | None:
        return _parse_spec(content, registry, findings, refuse_unknown)
    return parse


def _parse_spec(content: bytes, registry: Registry, findings: Findings, refuse_unknown: bool) -> _Spec | None:
    raw = parse_json_object(content, findings)
    if raw is None:
        return None
    check_unknown_keys(raw, ('input_spec', 'transform_spec'), '', findings)
    source = parse_input(raw['input_spec'], findings) if 'input_spec' in raw else None
    transforms = parse_transforms(raw.get('transform_spec', {}), registry, findings, refuse_unknown)
    check_protection(source, transforms, registry, findings)
    for place, name in written_columns(transforms.steps):
        if name.lower() in RESERVED_COLUMNS:
            findings.warning(place, f"column '{name}' is overwritten by the load's own column of that name",
                             'write another column')
    return _Spec(source or InputSpec(), transforms)


def _check_mapping(mapping: SchemaMapping | None, spec: _Spec, names: FileNames, table: str, reading: ParsedFiles
                   ) -> None:
    """Record the problems between the mapping and the specification of the same table.

    A mapped frame has only the destinations of the mapping as columns, including those of fuzzy rows.
    """
    if mapping is None:
        if spec.input.fixed is not None and spec.input.records is None and names.mapping not in reading.present:
            reading.findings_for(names.spec).problem(
                'input_spec.fixed', f'needs the widths in {names.mapping}, which is missing')
        check_columns(spec.transforms.steps, None, reading.findings_for(names.spec))
        return
    findings = reading.findings_for(names.mapping)
    check_mapping_rows(mapping, spec.input, findings)
    check_record_columns(mapping, spec.input, table, findings)
    check_columns(spec.transforms.steps, mapping.destinations(), reading.findings_for(names.spec),
                  mapping.whereabouts(findings.file))


def _read_layout(reading: ParsedFiles, source: InputSpec, names: FileNames, mapping: SchemaMapping | None
                 ) -> RecordLayout | None:
    """Return the layout of the records of a mainframe extract; None for other formats, or if there is a problem."""
    section = source.cobol
    if section is None or choose_format('', source) is not COBOL:
        return None
    name = reading.stored_name(f'{SPEC}/{section.copybook}') if section.copybook else names.copybook
    records = reading.parse(name, parse_copybook)
    if name not in reading.present:
        reading.findings_for(names.spec).problem(
            'input_spec.cobol', f'needs the copybook {name}, which is missing',
            'put it there, or name the file by copybook')
    if records is None:
        return None
    layout = checked_layout(records, section, reading.findings_for(name))
    if layout is not None and mapping is not None:
        warn_of_unknown_columns(layout, mapping, reading.findings_for(names.mapping))
    return layout


def _read_sql(reading: ParsedFiles, names: FileNames, placeholders: Collection[str] | None
              ) -> tuple[SparkSql | None, tuple[str, ...], tuple[str, ...]]:
    """Return the parsed SQL files for Spark, Athena and Redshift."""
    def statements(dialect: Dialect) -> Callable[[bytes, Findings], tuple[str, ...] | None]:
        return from_sql(lambda text, findings: parse_statements(text, dialect, findings), dialect, placeholders)
    return (reading.parse(names.spark_sql, from_sql(parse_spark_sql, 'spark', placeholders)),
            reading.parse(names.athena_sql, statements('athena')) or (),
            reading.parse(names.redshift_sql, statements('redshift')) or ())
