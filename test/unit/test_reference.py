"""The reference page and the schemas match the source, and the editor finds the schemas."""
from __future__ import annotations

import json
from dataclasses import dataclass, is_dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import get_args

import pytest

from lake_etl.config.documentation import Key, paragraphs, record_keys
from lake_etl.config.entries.known import known_forms
from lake_etl.config.input import InputSpec
from lake_etl.config.quality_rules import QualityFile, StageTexts
from lib.local_lake.reference.reference_files import reference_files

REPOSITORY = Path(__file__).resolve().parents[2]
SECTIONS = {item for key in record_keys(InputSpec) for item in get_args(key.hint) if is_dataclass(item)}
RECORDS = {InputSpec, *SECTIONS, QualityFile, StageTexts, *(form.entry_type for form in known_forms().values())}
HOW = 'PYTHONPATH=lib/glue_scripts/lib .venv/bin/python -m lib.local_lake.reference'


@dataclass(frozen=True, kw_only=True)
class Documented:
    """One thing.

    first, second  what both
                   mean
    third          what it means: a  b
    """

    first: str
    second: str
    third: str = 'x'


@pytest.mark.parametrize('path', reference_files())
def test_a_file_of_the_reference_is_current(path):
    assert (REPOSITORY / path).read_text(encoding='utf-8') == reference_files()[path], f'make it anew: {HOW}'


def test_the_developer_guide_tells_how_the_reference_is_made():
    assert HOW in (REPOSITORY / 'docs' / 'developer-guide.md').read_text(encoding='utf-8')


@pytest.mark.parametrize('record', sorted(RECORDS, key=lambda record: record.__name__))
def test_every_key_says_what_it_means(record):
    assert paragraphs(record.__doc__)[0].endswith('.')
    assert [key.name for key in record_keys(record) if not key.meaning] == []


def test_the_meaning_of_a_key_may_take_several_lines_and_stand_for_several_keys():
    keys = record_keys(Documented)
    assert [(key.name, key.required, key.meaning) for key in keys] == [
        ('first', True, 'what both mean'), ('second', True, 'what both mean'), ('third', False, 'what it means: a  b')]
    assert keys[2] == Key('third', str, 'x', 'what it means: a  b')


def test_the_page_speaks_to_users():
    page = reference_files()['docs/transforms.md']
    assert 'Raises' not in page and 'None' not in page


@pytest.mark.parametrize(('file', 'schema'), [
    ('lib/glue_scripts/transformation-spec/SyntheticGeneralData-PolicyData.json', 'transformation-spec'),
    ('lib/glue_scripts/transformation-spec/all-transforms-example.json', 'transformation-spec'),
    ('lib/glue_scripts/transformation-spec/SyntheticGeneralData-CombinedData-dependent.json', 'dependencies'),
    ('lib/glue_scripts/dq-rules/dq-SyntheticGeneralData-PolicyData.json', 'dq-rules'),
    ('lib/glue_scripts/transformation-spec/Customer-entitymatch.json', 'entity-match'),
    ('docs/examples/transforms/currency.json', None),
])
def test_an_editor_finds_the_schema_of_a_configuration_file(file, schema):
    settings = json.loads((REPOSITORY / '.vscode' / 'settings.json').read_bytes())
    found = []
    for item in settings['json.schemas']:
        wanted = [pattern for pattern in item['fileMatch'] if not pattern.startswith('!')]
        refused = [pattern[1:] for pattern in item['fileMatch'] if pattern.startswith('!')]
        assert (REPOSITORY / item['url']).is_file()
        if any(fnmatch(file, pattern) for pattern in wanted) and not any(fnmatch(file, item) for item in refused):
            found.append(item['url'])
    assert found == ([f'./docs/schemas/{schema}.schema.json'] if schema else [])
