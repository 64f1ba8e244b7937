"""Builds OpenLineage events of a job run from configuration, schemas and counts, without values of rows."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import quote
from uuid import NAMESPACE_URL, UUID, uuid5

from lake_etl.column_lineage.lineage_graph import ROWS, LineageStep, Origin, TableLineage

EventKind = Literal['START', 'COMPLETE', 'FAIL']
DatasetName = tuple[str, str]
PRODUCER = 'urn:insurancelake-etl'
SPECIFICATION = 'https://openlineage.io/spec'
EVENT_SCHEMA = f'{SPECIFICATION}/2-0-2/OpenLineage.json#/$defs/RunEvent'
VERSIONS = {
    'ColumnLineageDatasetFacet': '1-2-0', 'DataQualityAssertionsDatasetFacet': '1-0-0', 'ErrorMessageRunFacet': '1-0-0',
    'JobTypeJobFacet': '2-0-4', 'OutputStatisticsOutputDatasetFacet': '1-0-1', 'ParentRunFacet': '1-0-1',
    'SQLJobFacet': '1-0-1', 'SchemaDatasetFacet': '1-0-0', 'SourceCodeLocationJobFacet': '1-0-1'}
UNCHANGED = ('mapping', 'name')


@dataclass(frozen=True, kw_only=True)
class RunIdentity:
    """Which run an event is about.

    namespace  of the job: the state machine that starts it
    job        name of the job with its workflow
    workflow   `<database>/<table>`, of which the run is a part
    code       address of the configuration that the job runs
    """

    execution_id: str
    namespace: str
    job: str
    workflow: str
    code: str

    @property
    def run_id(self) -> UUID:
        """Return the id of the run, which is the same whenever an event of it is sent again."""
        return uuid5(NAMESPACE_URL, f'{PRODUCER}/{self.namespace}/{self.execution_id}/{self.job}')

    @property
    def parent_id(self) -> UUID:
        """Return the id of the execution, of which each job is a part."""
        return uuid5(NAMESPACE_URL, f'{PRODUCER}/{self.namespace}/{self.execution_id}')


@dataclass(frozen=True, kw_only=True)
class RuleAssertion:
    """A quality rule and whether the rows passed; `column` is empty for a rule on several columns or on none."""

    rule: str
    passed: bool
    column: str = ''


@dataclass(frozen=True, kw_only=True)
class EventDataset:
    """A file or table that a run reads or writes.

    fields      name and type of each column
    rows        that the run has written; None for an input
    lineage     of the columns, for an output
    assertions  rules that its rows were checked against
    """

    name: DatasetName
    fields: tuple[tuple[str, str], ...] = ()
    rows: int | None = None
    lineage: TableLineage | None = None
    assertions: tuple[RuleAssertion, ...] = ()


def run_event(kind: EventKind, run: RunIdentity, inputs: Sequence[EventDataset] = (),
              outputs: Sequence[EventDataset] = (), names: Mapping[str, DatasetName] | None = None, *,
              query: str = '', error: str = '') -> dict[str, Any]:
    """Return an event that OpenLineage 2-0-2 defines.

    names  datasets by the names that tables have in the lineage of columns
    query  SQL by which the job fills its table
    error  why the run failed, in the lake's own words
    """
    parent = {'run': {'runId': str(run.parent_id)}, 'job': {'namespace': run.namespace, 'name': run.workflow}}
    run_facets = {'parent': _facet('ParentRunFacet', **parent)}
    if error:
        run_facets['errorMessage'] = _facet('ErrorMessageRunFacet', message=error, programmingLanguage='PYTHON')
    job_facets = {'jobType': _facet('JobTypeJobFacet', processingType='BATCH', integration='INSURANCELAKE',
                                    jobType='JOB'),
                  'sourceCodeLocation': _facet('SourceCodeLocationJobFacet', type=run.code.partition(':')[0],
                                               url=run.code)}
    if query:
        job_facets['sql'] = _facet('SQLJobFacet', query=query)
    return {
        'eventType': kind, 'eventTime': datetime.now(UTC).isoformat(timespec='milliseconds').replace('+00:00', 'Z'),
        'run': {'runId': str(run.run_id), 'facets': run_facets},
        'job': {'namespace': run.namespace, 'name': run.job, 'facets': job_facets},
        'inputs': [_input(dataset) for dataset in inputs],
        'outputs': [_output(dataset, names or {}) for dataset in outputs],
        'producer': PRODUCER, 'schemaURL': EVENT_SCHEMA}


def file_dataset(address: str) -> DatasetName:
    """Return namespace and name of a file or folder: of its bucket in Amazon S3, or of a path on this machine."""
    if address.startswith('s3://'):
        bucket, _, key = address.removeprefix('s3://').partition('/')
        return f's3://{bucket}', key or '/'
    return 'file', address.removeprefix('file://')


def code_address(address: str) -> str:
    """Return the address of a configuration file as a URI."""
    return quote(address if '://' in address else f'file://{address}', safe=':/')


def _facet(name: str, **content: Any) -> dict[str, Any]:
    url = f'{SPECIFICATION}/facets/{VERSIONS[name]}/{name}.json#/$defs/{name}'
    return {'_producer': PRODUCER, '_schemaURL': url, **content}


def _dataset(dataset: EventDataset) -> dict[str, Any]:
    namespace, name = dataset.name
    facets: dict[str, Any] = {}
    if dataset.fields:
        facets['schema'] = _facet('SchemaDatasetFacet', fields=[
            {'name': field, 'type': kind} for field, kind in dataset.fields])
    return {'namespace': namespace, 'name': name, 'facets': facets}


def _input(dataset: EventDataset) -> dict[str, Any]:
    found = _dataset(dataset)
    return found | {'inputFacets': {'dataQualityAssertions': _assertions(dataset)}} if dataset.assertions else found


def _output(dataset: EventDataset, names: Mapping[str, DatasetName]) -> dict[str, Any]:
    found = _dataset(dataset)
    if dataset.lineage is not None and (columns := dict(_column_lineage(dataset.lineage, names))):
        rows = [_input_field(origin, names, 'INDIRECT') for origin in dataset.lineage.row_origins
                if origin.source.table in names and origin.source.column != ROWS]
        found['facets']['columnLineage'] = _facet('ColumnLineageDatasetFacet', fields=columns, dataset=rows)
    if dataset.assertions:
        found['facets']['dataQualityAssertions'] = _assertions(dataset)
    if dataset.rows is not None:
        found['outputFacets'] = {'outputStatistics': _facet('OutputStatisticsOutputDatasetFacet',
                                                            rowCount=dataset.rows)}
    return found


def _assertions(dataset: EventDataset) -> dict[str, Any]:
    return _facet('DataQualityAssertionsDatasetFacet', assertions=[
        {'assertion': item.rule, 'success': item.passed, **({'column': item.column} if item.column else {})}
        for item in dataset.assertions])


def _column_lineage(table: TableLineage, names: Mapping[str, DatasetName]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each column whose origins are known, with them."""
    for column in table.columns:
        origins = [origin for origin in column.origins
                   if origin.source.table in names and origin.source.column != ROWS]
        if origins and not column.unknown:
            yield column.name, {'inputFields': [_input_field(origin, names, 'DIRECT') for origin in origins]}


def _input_field(origin: Origin, names: Mapping[str, DatasetName], kind: Literal['DIRECT', 'INDIRECT']
                 ) -> dict[str, Any]:
    namespace, name = names[origin.source.table]
    return {'namespace': namespace, 'name': name, 'field': origin.source.column,
            'transformations': [_transformation(step, kind) for step in origin.steps]}


def _transformation(step: LineageStep, kind: Literal['DIRECT', 'INDIRECT']) -> dict[str, Any]:
    subtype = 'FILTER' if kind == 'INDIRECT' else 'IDENTITY' if step.kind in UNCHANGED else 'TRANSFORMATION'
    return {'type': kind, 'subtype': subtype, 'description': step.place, 'masking': step.masks}
