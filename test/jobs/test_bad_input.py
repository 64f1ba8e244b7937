"""A file or configuration that cannot be used fails with a clear recorded reason and changes nothing."""
from __future__ import annotations

import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake_etl.errors import LakeError
from lake_etl.landing.location import read_key
from small_lake import LANDED

KEY = 'Gen/Policy/a.csv'
SPEC, MAPPING = 'transformation-spec/Gen-Policy.json', 'transformation-spec/Gen-Policy.csv'
QUERY = 'transformation-sql/spark-Gen-Policy.sql'
GOOD = 'id,amount\n1,2\n'


def damaged_parquet() -> bytes:
    """Return a Parquet file whose footer is right and whose pages are not."""
    file = pa.BufferOutputStream()
    pq.write_table(pa.table({'id': [str(number * 7919) for number in range(2000)]}), file, compression='gzip')
    content = file.getvalue().to_pybytes()
    return content[:500] + bytes(300) + content[800:]


# Each case: key, content, configuration files, parts of the reason.
BAD_FILES = {
    'empty file': (KEY, '', {}, ['a.csv is empty (0 bytes', 'land the file again']),
    'blank lines only': (KEY, '\n\r\n\n', {}, ['a.csv is empty (4 bytes without a row)']),
    'header only': (KEY, 'id,amount\n', {}, ['a.csv holds a header but no rows', 'The published data stays as it is']),
    'headerless and empty': (KEY, '', {SPEC: {'input_spec': {'csv': {'header': False}}}}, ['a.csv is empty']),
    'empty JSON': ('Gen/Policy/a.json', '', {}, ['a.json is empty (0 bytes)']),
    'JSON without documents': ('Gen/Policy/a.json', '\n\n', {}, ['a.json holds no rows']),
    'not gzip': ('Gen/Policy/a.csv.gz', GOOD, {}, ['a.csv.gz is damaged, or its compression does not match']),
    'gzip cut short': ('Gen/Policy/a.csv.gz', gzip.compress(b'id\n' + b'1\n' * 50000)[:-20], {},
                       ['a.csv.gz is cut short', 'Land the file again']),
    'not Parquet': ('Gen/Policy/a.parquet', GOOD, {}, ['a.parquet could not be read. ', 'not a Parquet file']),
    'other encoding': (KEY, 'id,name\n1,Grüße\n'.encode('utf-16'), {},
                       ["a.csv is not text in encoding 'utf-8'", "Set 'encoding' in the input_spec"]),
    'Parquet with damaged pages': ('Gen/Policy/a.parquet', damaged_parquet(), {}, ['a.parquet could not be read']),
    'not Excel': ('Gen/Policy/a.xlsx', 'PK', {}, ['a.xlsx cannot be opened as a workbook', 'Land it again']),
    'not zip': ('Gen/Policy/a.csv.zip', 'PK', {},
                ['a.csv.zip is damaged, or its compression does not match its extension']),
    'XML without rows': ('Gen/Policy/a.xml', '<rows/>', {}, ['a.xml has no element <row>', "Set 'row_tag'"]),
    'fixed width without widths': (KEY, GOOD, {SPEC: {'input_spec': {'fixed': {}}}},
                                   ['input_spec.fixed: needs the widths in transformation-spec/Gen-Policy.csv']),
    'empty folder': ('Gen/Policy/_SUCCESS', '', {SPEC: {'input_spec': {'files': 'folder'}}},
                     ['Gen/Policy holds no files with content beside its trigger _SUCCESS']),
    'hidden name': ('Gen/Policy/_a.csv', GOOD, {}, ['_a.csv has a name that begins with', 'under another name']),
    'reserved column': (KEY, 'id,Year\n1,2\n', {}, ['Gen/Policy', 'columns named year', 'lake itself uses']),
    'reserved execution_id': (KEY, 'id,execution ID\n1,2\n', {}, ['columns named execution_id']),
    'reserved in JSON': ('Gen/Policy/a.json', '{"id": 1, "month": 2}', {}, ['columns named month']),
}
BAD_CONFIGURATION = {
    'trailing comma': ({SPEC: '{"transform_spec": {"hash": ["id"],}}'},
                       ['Gen-Policy.json: line 1, column 35: a comma stands before a closing bracket']),
    'empty specification': ({SPEC: ''}, ['Gen-Policy.json: the file is empty', 'write {} for no settings']),
    'specification that is a list': ({SPEC: '[]'}, ['Gen-Policy.json: expected an object']),
    'unknown column': ({SPEC: {'transform_spec': {'hash': ['idd']}}},
                       ["Gen-Policy.json: transform_spec.hash[0]", "idd", "did you mean 'id'?"]),
    'unknown column behind a mapping': (
        {SPEC: {'transform_spec': {'date': [{'field': 'since', 'format': 'yyyy'}]}},
         MAPPING: 'SourceName,DestName\nid,since_date\n'}, ['Gen-Policy.json: transform_spec.date[0]', 'since']),
    'all problems of all files at once': (
        {SPEC: {'transform_spec': {'currency': [{'feld': 'amount'}], 'date': [{'field': 'id', 'format': 'yyyy-bb'}]}},
         MAPPING: 'SourceName,DestName\nid,\n', QUERY: ';'},
        ['5 configuration problems; nothing was read or changed',
         "currency[0].feld: unknown key (did you mean 'field'?)",
         "currency[0]: missing required key 'field'", "date[0]: 'format': datetime pattern 'yyyy-bb' has b",
         "Gen-Policy.csv: row 2: 'DestName' is empty", 'spark-Gen-Policy.sql: the file holds no statement']),
    'misspelt key': ({SPEC: {'input_spec': {'table_descripton': 'x'}}},
                     ['input_spec.table_descripton: unknown key', "did you mean 'table_description'?"]),
    'two rows for one destination': (
        {MAPPING: 'SourceName,DestName\nid,a\namount,A\n'}, ["Gen-Policy.csv: row 3: destination 'A' is already"]),
    'unknown scorer': ({MAPPING: 'SourceName,DestName,Threshold,Scorer\nid,a,90,ratoi\n'},
                       ["Gen-Policy.csv: row 2: unknown scorer 'ratoi'", "did you mean 'ratio'?"]),
    'mapping that matches nothing': ({MAPPING: 'SourceName,DestName\nid1,a\nother,b\n'},
                                     ['No column of Gen/Policy matches its schema mapping', 'id, amount']),
    'mapping to a reserved column': ({MAPPING: 'SourceName,DestName\nid,year\n'}, ["destination 'year' is reserved"]),
}


@pytest.fixture
def loaded(lake):
    """A lake with one row in gen.policy."""
    lake.publish('gen', 'policy', {'id': 'int', 'amount': 'int', 'execution_id': 'string'},
                 {('2026', '03', '04'): [(7, 8, 'before')]})
    return lake


def assert_refused(lake, result, reasons):
    assert result.status == 'FAILED'
    missing = [part for part in reasons if part not in result.reason]
    assert not missing, result.reason
    assert lake.recorded() == [('FAILED', result.reason)]
    assert 'Traceback' not in result.reason and result.reason.strip()
    assert [table.name for table in lake.catalog.tables()] == ['policy']
    assert lake.rows('SELECT id, amount, execution_id FROM gen.policy') == [(7, 8, 'before')]
    assert lake.unreferenced_files() == []


@pytest.mark.parametrize('case', BAD_FILES)
def test_a_bad_file_is_refused_with_its_name_and_what_to_do(loaded, case):
    key, content, configuration, reasons = BAD_FILES[case]
    for name, text in configuration.items():
        loaded.configure(name, text)
    assert_refused(loaded, loaded.run(key, content), reasons)


@pytest.mark.parametrize('case', BAD_CONFIGURATION)
def test_bad_configuration_is_refused_with_file_place_and_hint(loaded, case):
    configuration, reasons = BAD_CONFIGURATION[case]
    for name, text in configuration.items():
        loaded.configure(name, text)
    assert_refused(loaded, loaded.run(KEY, GOOD), reasons)


def test_a_file_that_lies_too_high_is_refused():
    for key in ('a.csv', 'Gen/a.csv', 'Gen/Policy/', '/Policy/a.csv'):
        with pytest.raises(LakeError, match='lies too high in the Collect folder: expected DATABASE/TABLE/FILE'):
            read_key(key, LANDED)


def test_a_failed_second_job_is_on_record_while_the_first_one_has_published(loaded):
    loaded.configure(QUERY, 'SELECT idd, year, month, day FROM gen.policy')
    result = loaded.run(KEY, GOOD)
    assert loaded.recorded() == [('FAILED', result.reason)]
    assert 'spark-Gen-Policy.sql: Spark refuses the query' in result.reason
    assert list(result.seconds) == ['collect-to-cleanse']
    assert loaded.rows('SELECT id, amount FROM gen.policy') == [(1, 2)]
    loaded.configure(QUERY, 'SELECT id, year, month, day FROM gen.policy')
    assert loaded.run(KEY, GOOD).status == 'SUCCEEDED'
    assert sorted(status for status, _ in loaded.recorded()) == ['FAILED', 'SUCCEEDED']
