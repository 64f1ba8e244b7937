"""What a data engineer mistypes in the folder of a test case is named before anything runs."""
from __future__ import annotations

import pytest

from lake_etl.errors import ConfigurationError, LakeError
from lib.local_lake.checks.case_files import case_folders, read_case
from lib.local_lake.folders import LakeFolders

WORKFLOWS = ['Gen/Claim', 'Gen/Policy']


@pytest.fixture
def configuration(tmp_path):
    """A configuration folder with one case of Gen/Policy."""
    (tmp_path / 'tests' / 'Gen-Policy' / 'plain' / 'given').mkdir(parents=True)
    (tmp_path / 'tests' / 'Gen-Policy' / 'plain' / 'given' / 'policies.csv').write_text('a\n1\n')
    return tmp_path


def found(configuration, workflow=None, case=None):
    folders = LakeFolders.of(str(configuration / 'lake'), str(configuration))
    return [(name, folder.name) for name, folder in case_folders(folders, WORKFLOWS, workflow, case)]


def problems(configuration, files):
    """Return what reading the case says when it has these files too."""
    folder = configuration / 'tests' / 'Gen-Policy' / 'plain'
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        read_case('Gen/Policy', folder)
    return [str(problem) for problem in refused.value.problems]


def test_the_cases_of_all_workflows_or_of_one_are_found_in_any_letter_case(configuration):
    (configuration / 'tests' / 'gen-claim' / 'other' / 'given').mkdir(parents=True)
    (configuration / 'tests' / '.DS_Store').write_text('')
    assert found(configuration) == [('Gen/Policy', 'plain'), ('Gen/Claim', 'other')]
    assert found(configuration, 'gen/policy') == [('Gen/Policy', 'plain')]
    assert found(configuration, 'Gen/Policy', 'plain') == [('Gen/Policy', 'plain')]


@pytest.mark.parametrize(('workflow', 'case', 'message'), [
    ('Gen/Polcy', None, "'Gen/Polcy' is not a workflow with configuration files in .*: did you mean 'Gen/Policy'"),
    ('Gen-Policy', None, "'Gen-Policy' is not a workflow .* Write DATABASE/TABLE, such as Gen/Claim"),
    ('Gen/Policy', 'plane', "There is no case 'plane'; there are plain"),
    ('Gen/Claim', None, 'There are no test cases of Gen/Claim in .*tests. Put a source file into .*Gen-Claim/CASE/given'
                        ', then type ./lake check Gen/Claim --record')])
def test_a_workflow_or_case_that_does_not_exist_is_refused(configuration, workflow, case, message):
    with pytest.raises(LakeError, match=message):
        found(configuration, workflow, case)


def test_no_case_at_all_is_an_error_that_says_how_to_begin(tmp_path):
    with pytest.raises(LakeError, match='no test cases in .*Put a source file into .*--record'):
        found(tmp_path)


def test_a_folder_of_no_workflow_is_an_error(configuration):
    (configuration / 'tests' / 'Gen-Policies').mkdir()
    message = "Gen-Policies belongs to no workflow: did you mean 'Gen-Policy'. Name it after"
    with pytest.raises(LakeError, match=message):
        found(configuration)


@pytest.mark.parametrize(('files', 'expected'), [
    ({'case.yaml': ''}, ["Gen-Policy/plain: case.yaml: nothing reads this file or folder (did you mean 'case.yml'?)"]),
    ({'expected/clense.csv': 'a\n'}, ["Gen-Policy/plain: expected/clense.csv: nothing reads this file or folder (did "
                                      "you mean 'cleanse.csv'?)"]),
    ({'given/tables/claim.csv': 'a\n'}, ['Gen-Policy/plain: given/tables/claim.csv: expected the name of a table and '
                                         '.csv (such as syntheticgeneraldata.claimdata.csv)']),
    ({'given/lookups/rates.csv': 'a\n'}, ["Gen-Policy/plain: given/lookups/rates.csv: case.yml does not name the match "
                                          "columns of 'rates' (write 'multilookups: {rates: [COLUMN, COLUMN]}')"]),
    ({'given/lookups/rates.txt': 'a\n'}, ['Gen-Policy/plain: given/lookups/rates.txt: expected a JSON file of lookups '
                                          'or a CSV file of a multi-lookup']),
    ({'case.yml': 'ignored: [a]\n'}, ["Gen-Policy/plain/case.yml: ignored: unknown key (did you mean 'ignore'?)"]),
    ({'case.yml': 'note: x\n'}, ['Gen-Policy/plain/case.yml: note: unknown key (known keys: date, dates, '
                                 'description, fails, ignore, multilookups, partial)']),
    ({'case.yml': 'date: 31.01.2026\n'}, ["Gen-Policy/plain/case.yml: date: expected a date such as 2026-01-31, got "
                                          "'31.01.2026'"]),
    ({'case.yml': 'dates:\n  policy.csv: 2026-02-01\n'}, [
        "Gen-Policy/plain: case.yml dates.policy.csv: there is no source file of that name in given (did you mean "
        "'policies.csv'?)"]),
    ({'case.yml': 'ignore: amount\n'}, ["Gen-Policy/plain/case.yml: ignore: expected a list, got 'amount'"]),
    ({'case.yml': 'partial: maybe\n'}, ["Gen-Policy/plain/case.yml: partial: expected true or false, got 'maybe'"]),
    ({'case.yml': 'multilookups: {rates: LOB}\n'}, [
        "Gen-Policy/plain/case.yml: multilookups.rates: expected a list of match columns, got 'LOB'"]),
    ({'case.yml': 'ignore: [\n'}, ['Gen-Policy/plain: case.yml line 2: the file is not YAML from here on (correct the '
                                   'indentation)']),
    ({'case.yml': '- a\n'}, ['Gen-Policy/plain/case.yml: expected an object, got a list'])])
def test_what_has_no_meaning_in_a_case_is_named(configuration, files, expected):
    assert problems(configuration, files) == expected


def test_a_case_without_source_file_is_refused(configuration):
    (configuration / 'tests' / 'Gen-Policy' / 'plain' / 'given' / 'policies.csv').unlink()
    assert problems(configuration, {}) == ['Gen-Policy/plain: given: there is no source file (put the file that the '
                                           'workflow loads into this folder)']


def test_settings_are_read_as_they_are_written(configuration):
    folder = configuration / 'tests' / 'Gen-Policy' / 'plain'
    (folder / 'case.yml').write_bytes(
        b'\xef\xbb\xbfdescription: Two days\r\ndate: 2026-03-01\r\ndates:\r\n  later.csv: 2026-03-02\r\n'
        b'ignore: [LoadTime]\r\npartial: true\r\n')
    (folder / 'given' / 'later.csv').write_text('a\n')
    (folder / 'given' / '.hidden').write_text('')
    case = read_case('Gen/Policy', folder)
    assert [(path.name, case.date_of(path)) for path in case.sources] == [
        ('later.csv', '2026-03-02'), ('policies.csv', '2026-03-01')]
    assert (case.settings.ignore, case.settings.partial, case.settings.fails) == (('LoadTime',), True, False)
