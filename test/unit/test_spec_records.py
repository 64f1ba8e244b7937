"""Every mistake in what the input_spec says about several record types, or sheets, is told with the way out."""
from __future__ import annotations

import copy
import json

import pytest

from lake_etl.column_lineage.workflow_lineage import LakeConfiguration, trace_lake
from lake_etl.config.workflow import read_workflow
from lake_etl.config.written_tables import find_conflicts, workflow_tables
from lake_etl.errors import ConfigurationError
from lake_etl.transform.discovery import known_transforms
from lib.local_lake.cli import main

SPEC, CLAIMS = 'transformation-spec/Gen-Own.json', 'transformation-spec/Gen-Claims.json'
INPUT = {'pipe': {}, 'records': {'field': 1, 'types': {
    'H': {'columns': ['K', 'No'], 'give': ['No']},
    'P': {'columns': ['K', 'Policy'], 'table': 'Own', 'parent': 'H'},
    'V': {'columns': ['K', 'Cover'], 'parent': 'P', 'nested_in': 'Covers'},
    'C': {'columns': ['K', 'Claim'], 'table': 'Claims', 'parent': 'P'},
    'T': {'skip': True}}}}
SHEETS = {'excel': {'sheet_names': ['A'], 'tables': {'B': 'Claims'}}}


def read(files):
    texts = {name: (json.dumps(content) if isinstance(content, dict) else content).encode()
             for name, content in files.items()}
    return read_workflow('Gen', 'Own', texts.get, known_transforms(), 'Prod')


def problems(files):
    with pytest.raises(ConfigurationError) as caught:
        read(files)
    return [str(problem) for problem in caught.value.problems]


def changed(*changes, source=INPUT):
    """Return an input_spec with other values at some places, such as `records.types.H.give`; None takes one out."""
    found = copy.deepcopy(source)
    for place, value in changes:
        *above, last = place.split('.')
        target = found
        for key in above:
            target = target[key]
        target[last] = value
        if value is None:
            del target[last]
    return found


def test_a_specification_of_several_record_types_is_read_with_the_tables_that_it_fills():
    rules = {'after_transform': {'halt_rules': ['RowCount > 0']}}
    workflow = read({SPEC: {'input_spec': INPUT}, CLAIMS: {'transform_spec': {'hash': ['claim']}},
                     'dq-rules/dq-Gen-Claims.json': rules, 'transformation-spec/Gen-Claims.csv':
                     'SourceName,DestName\nNo,No\nClaim,claim\n'})
    assert workflow.filled_by == ''
    claims = workflow.further_tables['Claims']
    assert (claims.filled_by, claims.steps[0].name) == ('Gen/Own', 'hash')
    assert claims.input.records is workflow.input.records and claims.quality and len(claims.mapping_rows) == 2
    assert claims.present_files == (CLAIMS, 'transformation-spec/Gen-Claims.csv', 'dq-rules/dq-Gen-Claims.json')
    records = workflow.input.records
    assert records.given_names('C') == ('No',) and records.given_names('V') == ()
    assert records.tables() == ('Own', 'Claims') and records.nested_types('P') == ('V',)


GIVEN = [('records.types.P.give', ['Policy'])]


@pytest.mark.parametrize(('own', 'claims', 'file'), [
    ({'hash': ['POLICY']}, {}, 'Gen-Claims.json'), ({}, {'redact': {'policy': '*'}}, 'Gen-Own.json')])
def test_a_given_column_that_only_one_of_its_tables_protects_is_refused(own, claims, file):
    source = changed(*GIVEN)
    files = {SPEC: {'input_spec': source, 'transform_spec': own}, CLAIMS: {'transform_spec': claims}}
    found, = problems(files)
    assert found.startswith(f"{file}: transform_spec: column 'policy' is not protected, and the step '") and (
        "protects the same column 'Policy' of record type 'P' in the table" in found)
    # A reason, a mapping that drops it, and a step in both.
    left = {'left_unprotected': {'Policy': 'a number that the broker gives'}}
    if file == 'Gen-Claims.json':
        read({**files, CLAIMS: {'input_spec': left}})
        read({**files, 'transformation-spec/Gen-Claims.csv': 'SourceName,DestName\nPolicy,Null\n'})
    read({**files, SPEC: {'input_spec': source, 'transform_spec': own or claims},
          CLAIMS: {'transform_spec': claims or own}})
    assert len(problems({**files, 'transformation-spec/Gen-Own.csv': 'SourceName,DestName\npolicy,Number\n',
                         SPEC: {'input_spec': source, 'transform_spec': {'hash': ['number']}},
                         CLAIMS: {}})) == 1


@pytest.mark.parametrize(('changes', 'message'), [
    ([('records.feild', 1)], "input_spec.records.feild: unknown key (did you mean 'field'?)"),
    ([('records.types.P.colums', [])], "types.P.colums: unknown key (did you mean 'columns'?)"),
    ([('records.types.P.parnt', 'H')], "types.P.parnt: unknown key (did you mean 'parent'?)"),
    ([('records.types', None)], "missing required key 'types'"),
    ([('records.types', [])], 'types: expected an object, got a list'),
    ([('records.types.P', 'x')], "types.P: expected an object, got 'x'"),
    ([('records.field', None)], "one of 'field', 'positions' and 'pattern' must tell the type of a line, got none"),
    ([('records.pattern', '^.')], 'got field and pattern'),
    ([('records.field', 0)], "'field' must be a position, counted from 1, got 0"),
    ([('records.field', '1')], "field: expected a whole number, got '1'"),
    ([('records.field', None), ('records.positions', [3, 1])], 'must be the first and the last position such as'),
    ([('records.field', None), ('records.positions', [1, 1])], "'positions' does not work for delimited text; give"),
    ([('records.field', None), ('records.pattern', '(a+)+')], 'could keep a job busy for ever'),
    ([('records.field', None), ('records.pattern', '(a')], 'is no regular expression'),
    ([('pipe', None)], "'records' needs a section that says how the lines are written: csv, tsv, pipe or fixed"),
    ([('pipe', None), ('json', {})], "'records' does not work for JSON; take it out"),
    ([('pipe', None), ('cobol', {})], "'records' does not work for a mainframe extract; take it out"),
    ([('pipe', None), ('fixed', {})], "'field' does not work for fixed width; give 'positions' or 'pattern'"),
    ([('pipe', None), ('fixed', {})], "types.H: 'columns' must be an object with the width of each column"),
    ([('records.types.C.columns', {'K': 1})], "types.C: 'columns' must be a list of names for delimited text"),
    ([('records.types.C.columns', {'K': 0})], 'columns.K: expected its width, a whole number above 0, got 0'),
    ([('records.types.C.columns', ['K', 'a|b'])], "column 'a|b' contains the delimiter or the quote of the file"),
    ([('records.types.C.columns', ['K', 'k '])], "column 'k ' is there twice"),
    ([('records.types.C.columns', ['K', ''])], "'columns' must be names, got ''"),
    ([('records.types.C.columns', ['K', 'No'])], "column 'No' comes from 'give' above it and from 'columns'"),
    ([('records.types.P.columns', ['K', 'covers'])], "column 'Covers' comes from 'columns' and from 'nested_in' below"),
    ([('records.types.C.columns', None)], "'columns' must name the columns of its lines"),
    ([('records.types.T.table', 'Own')], "'skip' leaves the records out, so 'table' would do nothing"),
    ([('records.types.C.parent', 'p')], "'parent' names no record type: 'p' did you mean 'P'?"),
    ([('records.types.C.parent', 'T')], "'parent' names a record type that is left out, 'T'"),
    ([('records.types.T.ends', 'h')], "types.T: 'ends' names no other record type: 'h' did you mean 'H'?"),
    ([('records.types.H.parent', 'C')], "types.H: 'parent' leads back to this type"),
    ([('records.types.C.table', None)], "types.C: its records go nowhere: give it 'table' or 'nested_in'"),
    ([('records.types.C.table', 'a/b')], "'table' must be a name without outer blanks, got 'a/b'"),
    ([('records.types.H.give', None)], 'types.H: its records go nowhere'),
    ([('records.types.H.give', ['Nr'])], "'give' names no column of this type: 'Nr'"),
    ([('records.types.C.give', ['Claim'])], "'give' has no effect, because no record type with a 'table'"),
    ([('records.types.V.parent', None)], "'nested_in' needs 'parent'"),
    ([('records.types.V.table', 'x')], "'table' and 'nested_in' are both given"),
    ([('records.types.V.parent', 'H')], "'nested_in' needs a parent with a 'table', and 'H' has none"),
    ([('records.types.C.table', 'OWN')], "types.C: it fills the same table as 'P', and needs the same 'columns'"),
    ([('records.types.P.table', 'Other')], 'no record type has the table of this workflow: give "table": "Own"'),
    ([('records.types.P.table', None), ('records.types.C.table', None)], "no record type has a 'table'"),
    ([('excel', {'tables': {'B': 'Claims'}})], "excel.tables: does not work together with 'records'"),
    ([('records.types.P.columns', 'K,P')], "types.P.columns: expected a list or an object, got 'K,P'"),
    ([('records.types.C ', {'skip': True})], 'has no blanks around it'),
    ([('controls', {'trailer': {'pattern': '(?P<rows>.)'}}), ('records.types.T', None)],
     "'trailer' needs a record type with \"skip\": true, whose lines state totals, or 'skip_footer'"),
])
def test_a_mistake_in_records_is_told(changes, message):
    found = problems({SPEC: {'input_spec': changed(*changes)}})
    assert any(message in text for text in found), found


@pytest.mark.parametrize(('own', 'message'), [
    ({'csv': {}}, 'Gen-Claims.json: input_spec.csv: files of the workflow Gen/Own fill this table'),
    ({'encoding': 'cp1252'}, 'input_spec.encoding: files of the workflow Gen/Own'),
    ({'skip_rows': 1}, 'input_spec.skip_rows: files of the workflow Gen/Own'),
    ({'load_mode': 'by_file'}, 'input_spec.load_mode: '), ({'controls': {'rows': 1}}, 'input_spec.controls: '),
    ({'records': INPUT['records'], 'pipe': {}}, 'input_spec.records: ')])
def test_a_further_table_leaves_to_the_workflow_of_its_file_how_the_file_is_read(own, message):
    found = problems({SPEC: {'input_spec': INPUT}, CLAIMS: {'input_spec': own}})
    assert any(message in text for text in found), found


def test_files_that_nothing_would_use_are_refused_and_unknown_columns_are_told(caplog):
    found = problems({SPEC: {'input_spec': INPUT}, 'transformation-sql/spark-Gen-Claims.sql': 'SELECT 1 FROM a.b',
                      'transformation-spec/Gen-Claims-dependent.json': {'depends_on': {'Gen/X': 1}}})
    assert found == [
        f'{file}: is never used, because files of the workflow Gen/Own fill the table Claims (move it into that of '
        'Gen/Own, which runs when all tables are loaded)'
        for file in ('spark-Gen-Claims.sql', 'Gen-Claims-dependent.json')]
    read({SPEC: {'input_spec': INPUT},
          'transformation-spec/Gen-Claims.csv': 'SourceName,DestName\nClam,Claim\nNo,No\n'})
    assert "column 'Clam' is not among the columns of record type 'C' (did you mean 'Claim'?)" in caplog.text
    found = problems({SPEC: {'input_spec': INPUT},
                      'transformation-spec/Gen-Claims.csv': 'SourceName,DestName,Width\nClaim,Claim,3\n'})
    assert "'Width' is 3, and 'columns' of record type 'C' gives no width (take it out" in found[0]


@pytest.mark.parametrize(('changes', 'message'), [
    ([('excel.tables', {'B': 'Own'})], "tables.B: this is the workflow's own table; name its sheet in 'sheet_names'"),
    ([('excel.tables', {'B': 'Claims', 'C': 'claims'})], 'several sheets fill the table Claims'),
    ([('excel.tables', {'B': 3})], 'tables.B: expected the name of a table for the sheet, got 3'),
    ([('excel.tables', ['B'])], 'tables: expected an object, got a list'),
    ([('excel.sheet_names', ['*'])], "'sheet_names' must name the sheets of this workflow's table, not *"),
])
def test_a_mistake_in_the_sheets_of_further_tables_is_told(changes, message):
    found = problems({SPEC: {'input_spec': changed(*changes, source=SHEETS)}})
    assert any(message in text for text in found), found


def test_a_sheet_has_its_own_place_and_the_password_of_the_workbook():
    spec = changed(('excel.password', 'x'), ('load_mode', 'by_file'), source=SHEETS)
    own = {'excel': {'data_address': 'B3', 'header': False}, 'skip_rows': 2, 'types': {'a': 'int'}}
    claims = read({SPEC: {'input_spec': spec}, CLAIMS: {'input_spec': own}}).further_tables['Claims'].input
    assert (claims.excel.sheet_names, claims.excel.data_address, claims.excel.password) == (('B',), 'B3', 'x')
    assert (claims.skip_rows, claims.types, claims.load_mode, claims.excel.tables) == (2, {'a': 'int'}, 'by_file', {})
    found = problems({SPEC: {'input_spec': spec}, CLAIMS: {'input_spec': {'excel': {'sheet_names': ['C']}}}})
    assert "input_spec.excel.sheet_names: the workflow Gen/Own names the sheet in 'excel.tables'" in found[0]


def test_tables_of_one_file_have_one_writer_and_come_from_one_source():
    workflow = read({SPEC: {'input_spec': INPUT}, 'transformation-spec/Gen-Own.csv': 'SourceName,DestName\nPolicy,no\n',
                     'transformation-spec/Gen-Claims.csv': 'SourceName,DestName\nClaim,claim\nNo,header\n',
                     'dq-rules/dq-Gen-Claims.json': {'after_transform': {'halt_rules': ['RowCount > 0']}}})
    tables = workflow_tables('Gen', 'Own', workflow)
    assert {item.table for item in tables} == {'gen.own', 'gen.claims', *(
        f'gen.claims_quarantine_{stage}' for stage in ('before_transform', 'after_transform', 'after_sparksql'))}
    assert {item.writer for item in tables} == {'the workflow Gen/Own'}
    other = workflow_tables('Gen', 'Claims', workflow.further_tables['Claims'])
    assert 'both fill the table gen.claims' in str(find_conflicts([*tables, *other])[0])
    graph = trace_lake(LakeConfiguration(
        workflows={('Gen', 'Own'): workflow, ('Gen', 'Claims'): workflow.further_tables['Claims']}, matches={},
        masking={}, published={}))
    sources = {table.name: [column.name for column in table.columns] for table in graph.tables.values()
               if table.kind == 'source'}
    assert sources == {'collect/Gen/Own': ['Policy', 'Claim', 'No']}


def test_a_mistake_in_a_further_table_is_told_once(tmp_path, capsys):
    folder = tmp_path / 'transformation-spec'
    folder.mkdir()
    (folder / 'Gen-Own.json').write_text(json.dumps({'input_spec': INPUT}))
    (folder / 'Gen-Claims.json').write_text(json.dumps({'transform_spec': {'currency': [{'fields': 'Claim'}]}}))
    assert main(['--lake', str(tmp_path / 'lake'), '--config', str(tmp_path), 'validate']) == 1
    assert capsys.readouterr().err.count('unknown key') == 1


COPYBOOK = '''
       01  EXTRACT.
           05  KIND            PIC X.
           05  POLICY-DATA.
               10  INSURED     PIC X(20).
               10  PREMIUM     PIC S9(7)V99 COMP-3.
           05  HEADER-DATA REDEFINES POLICY-DATA.
               10  SENDER      PIC X(10).
               10  FILLER      PIC X(10).
               10  CODE        PIC X(2).
'''
SEGMENTS = {'field': 'KIND', 'records': {'P': 'POLICY-DATA', 'H': 'HEADER-DATA'}}


def test_a_column_that_redefines_bytes_of_a_protected_one_is_protected_too():
    def files(cobol=None, mapping='', **left):
        found = {SPEC: {'input_spec': {'cobol': cobol or {}, **left}, 'transform_spec': {'hash': ['insured']}},
                 'transformation-spec/Gen-Own.cpy': COPYBOOK}
        return found | ({'transformation-spec/Gen-Own.csv': mapping} if mapping else {})
    assert problems(files()) == [
        "Gen-Own.json: transform_spec: column 'sender' is not protected, and has bytes of 'insured', which is (protect "
        "it too, map it to Null, tell the record types apart by 'segments', or give the reason in "
        'input_spec.left_unprotected)']
    read(files(cobol={'segments': SEGMENTS}))
    read(files(left_unprotected={'Sender': 'names of brokers'}))
    read(files(mapping='SourceName,DestName\nINSURED,insured\nSENDER,Null\nCODE,code\n'))
    assert "column 'broker' is not" in problems(
        files(mapping='SourceName,DestName\nINSURED,insured\nsender,broker\n'))[0]
