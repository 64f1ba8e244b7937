"""Configuration files are found in any letter case, and two that differ by letter case alone are an error."""
from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_etl.config.configuration_files import (
    ConfigurationFiles, FileNames, configured_name, entity_match_file, file_names)
from lake_etl.config.entries.known import known_forms
from lake_etl.config.reader import configuration_below
from lake_etl.config.workflow import read_consume_workflow, read_entity_match, read_workflow
from lake_etl.errors import ConfigurationError, LakeError
from lake_etl.landing.arrival import as_configured, landing_dependencies, landing_spec
from lake_etl.landing.location import read_key
from lib.local_lake.cli import main
from lib.local_lake.running.proposal_files import write_proposals
from small_lake import LANDED

CONTENTS = FileNames(
    spec='{"input_spec": {"files": "folder", "cobol": {}}, "transform_spec": {"hash": ["name"]}}',
    mapping='SourceName,DestName\nName,name\n', dependencies='{"depends_on": {"a/b": 1}}',
    copybook='       05  NAME  PIC X(5).\n',
    quality='{"after_transform": {"halt_rules": ["RowCount > 0"]}}', spark_sql='SELECT year, month, day FROM a',
    athena_sql='CREATE VIEW a AS SELECT 1', redshift_sql='CREATE VIEW b AS SELECT 2')
MATCH = {'primary_entity_table': 'people', 'global_id_field': 'id', 'levels': [
    {'id': '1', 'blocks': ['zip'], 'threshold': 0.8, 'fields': [{'fieldname': 'name', 'type': 'exact'}]}]}
# Letters whose cases have other lengths or forms, beside plain ones.
NAMES = st.text(st.sampled_from('aZbäÖéßiIσçñ保_9'), min_size=1, max_size=8)


class Folders:
    """Files in memory, below folders that are listed; both are counted."""

    def __init__(self, files: dict[str, str]):
        self.files = files
        self.listed: list[str] = []

    def open(self) -> ConfigurationFiles:
        def addresses_in(folder):
            self.listed.append(folder)
            return {name.rpartition('/')[2]: name for name in self.files if name.rpartition('/')[0] == folder}
        return ConfigurationFiles(addresses_in, lambda name: self.files[name].encode() if name in self.files else None)


def respelled(draw, name):
    """Return a file's name with letters in other cases and accents stored in another way; its folder stays."""
    folder, _, file = name.rpartition('/')
    other = ''.join(draw(st.sampled_from([letter, letter.upper(), letter.lower()])) for letter in file)
    return f'{folder}/{unicodedata.normalize(draw(st.sampled_from(["NFC", "NFD"])), other)}'


@st.composite
def spellings(draw):
    database, table = draw(NAMES), draw(NAMES)
    names = file_names(database, table)
    files = {respelled(draw, name): getattr(CONTENTS, kind) for kind, name in vars(names).items()}
    asked = respelled(draw, f'/{database}').strip('/'), respelled(draw, f'/{table}').strip('/')
    return asked, files


@given(spellings())
def test_files_of_all_kinds_are_found_however_each_of_them_and_the_workflow_are_spelled(case):
    (database, table), files = case
    read = Folders(files).open()
    workflow = read_workflow(database, table, read, known_forms(), 'Prod')
    assert set(workflow.present_files) == set(files)
    assert [step.name for step in workflow.steps] == ['hash'] and workflow.mapping and workflow.quality
    assert workflow.layout and workflow.layout.columns == (('NAME', 'string'),)
    assert workflow.spark_sql and workflow.athena_statements and workflow.redshift_statements
    assert set(read_consume_workflow(database, table, read).present_files) == {
        name for name in files if not name.startswith('transformation-spec/')}
    assert landing_spec(database, table, read).files == 'folder'
    assert landing_dependencies(database, table, read).depends_on == (('a', 'b'),)
    landing = as_configured(read_key(f'{database}/{table}/x', LANDED), read)
    assert f'transformation-spec/{landing.database}-{landing.table}' in {name[:-len('.json')] for name in files}
    assert workflow.name(database, table) == (landing.database, landing.table)


@given(spellings())
def test_what_differs_by_more_than_letter_case_is_not_found(case):
    (database, table), files = case
    read = Folders(files).open()
    assert read_workflow(f'{database}x', table, read, known_forms(), 'Prod').present_files == ()
    assert read_workflow(database, f'{table}x', read, known_forms(), 'Prod').present_files == ()


@pytest.mark.parametrize('kind', list(vars(CONTENTS)))
def test_two_files_of_a_kind_that_differ_by_letter_case_alone_are_an_error_that_names_both(kind):
    first, second = getattr(file_names('HV', 'Tbl'), kind), getattr(file_names('hv', 'tbl'), kind)
    # Only a specification of a mainframe extract has its copybook read.
    needed = {file_names('HV', 'Tbl').spec: CONTENTS.spec} if kind == 'copybook' else {}
    read = Folders({first: getattr(CONTENTS, kind), second: getattr(CONTENTS, kind)} | needed).open()
    for name in ('HV', 'hv', 'Hv'):
        with pytest.raises(ConfigurationError) as raised:
            read_workflow(name, 'TBL', read, known_forms(), 'Dev')
        problem, = raised.value.problems
        assert first.rpartition('/')[2] in str(problem) and second.rpartition('/')[2] in str(problem)


def test_two_names_whose_accents_are_stored_differently_are_one(tmp_path):
    composed, decomposed = (unicodedata.normalize(form, 'Präm-Tbl.json') for form in ('NFC', 'NFD'))
    folder = tmp_path / 'transformation-spec'
    folder.mkdir()
    (folder / decomposed).write_text('{}')
    assert configuration_below(str(tmp_path))(f'transformation-spec/{composed}') == b'{}'
    (folder / composed).write_text('{}')
    with pytest.raises(ConfigurationError, match='letter case alone'):
        configuration_below(str(tmp_path))(f'transformation-spec/{composed}')


def test_each_folder_is_listed_once_and_only_files_that_are_there_are_read():
    folders = Folders({'transformation-spec/HV-Tbl.json': '{}'})
    read = folders.open()
    for _ in range(2):
        read_workflow('hv', 'tbl', read, known_forms(), 'Prod')
        assert read('transformation-spec/hv-entitymatch.json') is None
    assert sorted(folders.listed) == ['dq-rules', 'transformation-spec', 'transformation-sql']


def test_a_file_that_disappears_behind_the_look_never_counts_as_absent():
    folders = Folders({'transformation-spec/HV-Tbl.json': '{}'})
    read = folders.open()
    assert read('transformation-spec/hv-tbl.json') == b'{}'
    folders.files.clear()
    with pytest.raises(LakeError, match='gone now'):
        read('transformation-spec/hv-tbl.json')
    with pytest.raises(ConfigurationError, match='gone now'):
        read_workflow('hv', 'tbl', read, known_forms(), 'Dev')


@pytest.mark.parametrize(('files', 'asked', 'name'), [
    (['HV-Tbl.json', 'hv-tbl.csv'], ('hV', 'TBL'), ('HV', 'Tbl')),
    (['hv-TBL.csv', 'HV-tbl-dependent.json'], ('HV', 'tbl'), ('hv', 'TBL')),
    (['HV-tbl-Dependent.JSON'], ('hv', 'TBL'), ('HV', 'tbl')),
    (['A-B-C.json'], ('a', 'b-c'), ('A', 'B-C')),
    (['A-B-C.json'], ('a-b', 'c'), ('A-B', 'C')),
    (['STRASSE-x.json'], ('straße', 'X'), ('STRASSE', 'x')),
    (['Other-Tbl.json', 'dq-HV-Tbl.json'], ('hv', 'tbl'), ('hv', 'tbl')),
    ([], ('hV', 'tbl'), ('hV', 'tbl'))])
def test_a_workflow_is_named_as_its_files_spell_it(files, asked, name):
    read = Folders({f'transformation-spec/{file}': '{}' for file in files}).open()
    assert configured_name(*asked, read) == name


def test_workflows_depend_on_others_in_any_spelling():
    read = Folders({'transformation-spec/HV-Tbl-dependent.json': '{"depends_on": {"GEN/policy": 1, "x/Y": 1}}',
                    'transformation-spec/Gen-Policy.json': '{}'}).open()
    assert landing_dependencies('hv', 'tbl', read).depends_on == (('Gen', 'Policy'), ('x', 'Y'))


def test_the_specification_of_a_match_is_found_in_any_case():
    read = Folders({'transformation-spec/Customer-EntityMatch.json': json.dumps(MATCH)}).open()
    assert read_entity_match('CUSTOMER', read).primary_entity_table == 'people'
    assert read.stored_name(entity_match_file('customer')) == 'transformation-spec/Customer-EntityMatch.json'


def write(folder, **files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)


def validate(folder, *arguments):
    return main(['--lake', str(folder / 'lake'), '--config', str(folder), 'validate', *arguments])


def test_files_of_one_workflow_in_several_spellings_are_checked_as_one(tmp_path, capsys):
    write(tmp_path, **{'transformation-spec/HV-Bordereau.csv': 'SourceName,DestName\nName,name\n',
                       'transformation-spec/hv-bordereau.json': '{"transform_spec": {"hash": ["nam"]}}'})
    assert validate(tmp_path) == 1
    assert "'nam' is not among the columns" in capsys.readouterr().err
    write(tmp_path, **{'transformation-spec/hv-bordereau.json': '{"transform_spec": {"hash": ["name"]}}'})
    for arguments in ((), ('HV/BORDEREAU',)):
        assert validate(tmp_path, *arguments) == 0
        assert capsys.readouterr().out == 'hv/bordereau: 2 files are valid.\n'


@pytest.mark.parametrize('arguments', [(), ('hv/tbl',)])
def test_validate_names_both_files_that_differ_by_letter_case_alone(tmp_path, capsys, arguments):
    for file in ('HV-Tbl.json', 'hv-tbl.json', 'Hv-entitymatch.json', 'hv-EntityMatch.json'):
        write(tmp_path, **{f'transformation-spec/{file}': '{}'})
    assert validate(tmp_path, *arguments) == 1
    error = capsys.readouterr().err
    assert '2 configuration problems' in error
    assert 'HV-Tbl.json: differs from hv-tbl.json by letter case alone' in error
    assert 'Hv-entitymatch.json: differs from hv-EntityMatch.json by letter case alone' in error


def test_folders_of_configuration_in_another_case_are_an_error_and_no_lack_of_files(tmp_path, capsys):
    write(tmp_path, **{'Transformation-Spec/HV-Tbl.json': '{}'})
    assert validate(tmp_path) == 1
    assert 'must be named transformation-spec' in capsys.readouterr().err


def test_a_proposal_is_not_put_beside_a_file_that_the_lake_takes_for_the_same(tmp_path):
    write(tmp_path, **{'transformation-spec/HV-Tbl.csv': 'SourceName,DestName\n'})
    with pytest.raises(LakeError, match='HV-Tbl.csv exists'):
        write_proposals({tmp_path / 'transformation-spec' / 'hv-tbl.csv': 'new'})
    assert [path.name for path in (tmp_path / 'transformation-spec').iterdir()] == ['HV-Tbl.csv']
