"""The documentation names files that exist, shows commands that work, and has valid examples."""
from __future__ import annotations

import argparse
import re
import shlex
import textwrap
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest
import yaml

from lake_etl.arguments import KNOWN_PLACEHOLDERS
from lake_etl.config.configuration_files import FileNames, entity_match_file, file_names
from lake_etl.config.entries.known import known_forms
from lake_etl.config.input import InputSpec
from lake_etl.config.input_formats import COMPRESSIONS, FORMATS
from lake_etl.config.workflow import read_entity_match, read_workflow
from lake_etl.transform.discovery import OWN_MODULES, all_transforms
from lib.local_lake.cli import build_parser

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = REPOSITORY / 'docs'
GUIDE = DOCS / 'user-guide.md'
DOCUMENTS = sorted([*REPOSITORY.glob('*.md'), *DOCS.rglob('*.md')])
# What a recipe shows is run, in a copy of the repository, by the test that follows the recipe.
RECIPES = DOCS / 'recipes.md'
RECIPE_CODE = re.compile(r'^ *```python\n(.*?)^ *```$', re.MULTILINE | re.DOTALL)
SHOWN = [path for path in DOCUMENTS if path != RECIPES]
DECISIONS = sorted((DOCS / 'adr').glob('*.md'))
BLOCK = re.compile(r'^```(?P<language>\w*)\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL)
IN_BACKTICKS = re.compile(r'(?<!`)`([^`\n]+)`(?!`)')
# What a recipe has its reader create.
CREATED = re.compile(r'Create `([^`\n]+)`:')
LINK = re.compile(r'\[[^\]]+\]\(([^)\s]+)\)')
HEADING = re.compile(r'^#+ +(.+?) *$', re.MULTILINE)
TABLE_KEYS = re.compile(r'^\| (`[^|]+`) \|', re.MULTILINE)
TOP_FOLDERS = ('lib', 'docs', 'test', 'resources', 'bench', '.ci', '.vscode')
FILE_NAME = re.compile(r'[\w.-]+\.(py|toml|txt|yaml|sh)|\.[\w-]+(\.yaml)?')
# Names of settings and of places in a lake, which look like files of the repository.
NO_FILES = {'.venv', '.venv-spark-4.1', '.lake', '.tmp', '.part', '.crdownload', *COMPRESSIONS,
            *(extension for item in FORMATS for extension in item.extensions)}
SHOWN_COMMAND = re.compile(r'\./lake (?P<line>.+)')
CONFIGURATION_FILE = re.compile(r'(?://|--| {6}\*) (?P<name>(?:transformation-spec|transformation-sql|dq-rules)/\S+)\n')


def name_of(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def prose(document: Path) -> str:
    """Return a document's text without its blocks of code."""
    return BLOCK.sub('', document.read_text(encoding='utf-8'))


def names_a_file(text: str) -> bool:
    """Tell whether a text in back-ticks names a file or folder of the repository."""
    first, slash, _ = text.partition('/')
    in_folder = first in TOP_FOLDERS and bool(slash) and re.fullmatch(r'[\w./-]+', text) is not None
    return in_folder or (FILE_NAME.fullmatch(text) is not None and text not in NO_FILES)


def blocks(document: Path) -> list[tuple[str, str]]:
    """Return language and text of a document's blocks of code."""
    return [(match['language'], match['text']) for match in BLOCK.finditer(document.read_text(encoding='utf-8'))]


def section(document: Path, heading: str) -> str:
    """Return the text from a heading to the next one."""
    after = re.split(rf'\n##+ {re.escape(heading)}\n', document.read_text(encoding='utf-8'), maxsplit=1)[1]
    return re.split(r'\n##+ ', after, maxsplit=1)[0]


def listed_keys(text: str) -> list[str]:
    """Return the names in back-ticks in the first column of the tables in a text."""
    return [name for cell in TABLE_KEYS.findall(text) for name in IN_BACKTICKS.findall(cell)]


def anchors(document: Path) -> set[str]:
    """Return the names under which links reach a document's headings."""
    headings = HEADING.findall(prose(document))
    return {re.sub(r'[^\w -]', '', heading.lower()).replace(' ', '-') for heading in headings}


def verbs() -> set[str]:
    """Return the verbs of the command line."""
    return set(next(action.choices for action in build_parser()._actions
                    if isinstance(action, argparse._SubParsersAction)))


def verb_of(line: str) -> str:
    """Return the first word of a command that is no option."""
    return re.sub(r'^(--\w+ \S+ )*', '', line).split()[0]


@cache
def configuration() -> dict[str, bytes]:
    """Return the configuration files that the documents show, by name."""
    files: dict[str, bytes] = {}
    for document in SHOWN:
        for language, text in blocks(document):
            if language not in ('json', 'csv', 'sql', 'cobol'):
                continue
            named = CONFIGURATION_FILE.match(text)
            assert named, f'{name_of(document)}: a block of {language} begins with no comment that names its file'
            assert named['name'] not in files, f'{named["name"]} is shown twice'
            files[named['name']] = text.encode()
    return files


def files_of(workflow: str) -> FileNames:
    database, table = workflow.split('-')
    return file_names(database, table)


WORKFLOWS = ('Claims-Payment', 'Claims-Reserve', 'Claims-Extract', 'Claims-Register', 'Claims-Ledger',
             'Claims-Notice', 'Claims-Bordereau', 'Claims-Parts', 'Claims-Feed', 'Claims-Mainframe',
             'Claims-Bank', 'Claims-Encrypted', 'Binder-Premiums', 'Binder-Claims')


@pytest.mark.parametrize('document', SHOWN, ids=name_of)
def test_files_and_folders_that_a_document_names_exist(document):
    created = CREATED.findall(prose(document))
    named = [text for text in IN_BACKTICKS.findall(prose(document)) if names_a_file(text) and text not in created]
    modules = {path.name for path in (REPOSITORY / 'lib').rglob('*.py')}
    assert [text for text in named if not (REPOSITORY / text).exists() and text not in modules] == []


@pytest.mark.parametrize('document', DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(document):
    lost = []
    for link in LINK.findall(prose(document)):
        file, _, anchor = link.partition('#')
        target = (document.parent / file).resolve() if file else document
        if not link.startswith('https://') and (not target.exists() or anchor and anchor not in anchors(target)):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize('document', DOCUMENTS, ids=name_of)
def test_commands_in_a_text_have_a_known_verb(document):
    shown = [match['line'] for text in IN_BACKTICKS.findall(prose(document)) if (match := SHOWN_COMMAND.match(text))]
    assert [line for line in shown if line != '--help' and verb_of(line) not in verbs()] == []


@pytest.mark.parametrize('line', sorted({line for document in DOCUMENTS for language, text in blocks(document)
                                         if not language for line in SHOWN_COMMAND.findall(text)}))
def test_a_command_in_a_block_can_be_typed(line):
    assert build_parser().parse_args(shlex.split(line)).verb == verb_of(line)


def test_the_guide_of_the_laptop_lists_every_verb():
    listed = listed_keys(section(DOCS / 'laptop-lake.md', 'Commands'))
    assert sorted(listed) == sorted(f'./lake {verb}' for verb in verbs())


def test_the_map_of_the_developer_guide_names_folders():
    folders = listed_keys(section(DOCS / 'developer-guide.md', 'Where everything is'))
    assert folders and [folder for folder in folders if not (REPOSITORY / folder).is_dir()] == []


@pytest.mark.parametrize(('heading', 'patterns'), [
    ('Stacks', ['lib/*_stack.py']),
    ('Scripts', ['lib/glue_scripts/*.py', 'resources/*.py', 'lib/prerequisites/*.py']),
    ('Modules for your own code', ['lib/glue_scripts/lib/*.py']),
    ('Lambda functions', ['lib/*/lambda_handler.py', 'lib/executions/__init__.py']),
])
def test_the_map_of_the_developer_guide_is_whole(heading, patterns):
    found = {path for pattern in patterns for path in REPOSITORY.glob(pattern)}
    places = {path.parent for path in found} if heading == 'Lambda functions' else {
        path for path in found if path.name != '__init__.py'}
    if heading == 'Modules for your own code':
        places = {path for path in places if path.stem in OWN_MODULES}
    listed = listed_keys(section(DOCS / 'developer-guide.md', heading))
    assert sorted(listed) == sorted(place.relative_to(REPOSITORY).as_posix() for place in places)


def test_the_user_guide_lists_every_transform():
    assert sorted(listed_keys(section(GUIDE, 'Transforms'))) == sorted(known_forms())


def test_the_user_guide_lists_every_key_of_the_input():
    assert sorted(listed_keys(section(GUIDE, 'Input'))) == sorted(field.name for field in fields(InputSpec))


def test_every_configuration_file_that_is_shown_belongs_to_a_workflow_checked_here():
    checked = {getattr(files_of(workflow), field.name) for workflow in WORKFLOWS for field in fields(FileNames)}
    assert set(configuration()) - checked == {entity_match_file('Claims')}


def test_the_entity_match_that_is_shown_is_valid(caplog):
    assert read_entity_match('Claims', configuration().get).levels
    assert [record.message for record in caplog.records if record.levelname == 'WARNING'] == []


@pytest.mark.parametrize('workflow', WORKFLOWS)
def test_a_workflow_that_is_shown_is_valid_in_production(workflow, caplog):
    found = read_workflow(*workflow.split('-'), configuration().get, all_transforms(), 'Prod', KNOWN_PLACEHOLDERS)
    assert files_of(workflow).spec in found.present_files
    assert [record.message for record in caplog.records if record.levelname == 'WARNING'] == []


@pytest.mark.parametrize('document', SHOWN, ids=name_of)
def test_python_in_a_document_is_taken_from_a_recipe_that_a_test_follows(document):
    recipes = [textwrap.dedent(text) for text in RECIPE_CODE.findall(RECIPES.read_text(encoding='utf-8'))]
    shown = [text for language, text in blocks(document) if language == 'python']
    assert [text for text in shown if not any(text in code for code in recipes)] == []


@pytest.mark.parametrize('decision', DECISIONS, ids=lambda path: path.name)
def test_a_decision_has_context_decision_and_consequences_and_is_short(decision):
    text = decision.read_text(encoding='utf-8')
    assert HEADING.findall(text)[1:] == ['Context', 'Decision', 'Consequences']
    assert re.match(rf'# {decision.name[:3]} ', text)
    assert len(text.splitlines()) <= 25


def test_decisions_are_numbered_without_gaps():
    assert [path.name[:3] for path in DECISIONS] == [f'{number:03d}' for number in range(1, len(DECISIONS) + 1)]


def test_versions_in_the_checks_before_a_commit_are_those_of_the_requirements():
    hooks = yaml.safe_load((REPOSITORY / '.pre-commit-config.yaml').read_text(encoding='utf-8'))['repos'][0]['hooks']
    pins = [pin for hook in hooks for pin in hook.get('additional_dependencies', ())]
    required = {line for file in REPOSITORY.glob('requirements/*.in') for line in file.read_text('utf-8').splitlines()}
    assert len(pins) > 2 and [pin for pin in pins if '==' not in pin or pin not in required] == []


@pytest.mark.parametrize('document', DOCUMENTS, ids=name_of)
def test_lines_are_at_most_120_characters_long(document):
    lines = document.read_text(encoding='utf-8').splitlines()
    assert [number for number, line in enumerate(lines, 1) if len(line) > 120] == []
