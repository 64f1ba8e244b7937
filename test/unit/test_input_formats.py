"""Each row of the table of input formats is complete: section, reader, extensions, proposal and documentation."""
from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import pytest

from lake_etl.config.documentation import record_keys
from lake_etl.config.formats.input_format import formats_by_key
from lake_etl.config.input import parse_input
from lake_etl.config.input_formats import FORMATS, InputSections, choose_format
from lake_etl.syntax.records import Findings

DOCUMENT = Path(__file__).resolve().parents[2] / 'docs' / 'file-formats.md'
EXTENSIONS = [(extension, input_format) for input_format in FORMATS for extension in input_format.extensions]


@pytest.mark.parametrize('input_format', FORMATS, ids=lambda item: item.name)
def test_the_reader_of_a_format_takes_a_session_and_the_collected_files(input_format):
    pytest.importorskip('pyspark')
    reader = importlib.import_module(f'lake_etl.read.{input_format.reader}').read
    assert list(inspect.signature(reader).parameters) == ['spark', 'source']


@pytest.mark.parametrize(('extension', 'input_format'), EXTENSIONS, ids=lambda item: getattr(item, 'name', item))
def test_a_proposed_section_is_valid_and_chooses_the_format_of_its_extension(extension, input_format):
    findings = Findings('Gen-Policy.json')
    spec = parse_input(dict(input_format.extensions[extension]), findings)
    assert findings.problems == findings.warnings == []
    assert choose_format(f'Policies{extension.upper()}.GZ', spec) is input_format


def test_an_extension_belongs_to_one_format():
    extensions = [extension for extension, _ in EXTENSIONS]
    assert sorted(extensions) == sorted(set(extensions))


@pytest.mark.parametrize('key', record_keys(InputSections), ids=lambda key: key.name)
def test_every_section_is_optional_and_says_what_it_means(key):
    assert key.default is None and key.meaning
    assert key.name in formats_by_key(InputSections)


def test_the_page_of_file_formats_names_every_extension_and_every_section_that_decides():
    table = DOCUMENT.read_text(encoding='utf-8').partition('## How a format is chosen')[2].partition('\n## ')[0]
    deciding = [key for key, item in formats_by_key(InputSections).items() if item.chosen_by_section]
    assert [name for name in deciding if f'`{name}`' not in table] == []
    assert [name for name, item in EXTENSIONS if item.name != 'delimited text' and f'`{name}`' not in table] == []
