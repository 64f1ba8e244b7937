"""Encodings get their Java names, and only those with plain line ends can be split."""
from __future__ import annotations

import pytest

from lake_etl.read.source_files import has_single_byte_line_ends, java_charset


@pytest.mark.parametrize(('encoding', 'name', 'plain'), [
    ('utf-8', 'utf-8', True),
    ('UTF8', 'utf-8', True),
    ('utf-8-sig', 'utf-8', True),
    ('latin_1', 'iso8859-1', True),
    ('ISO-8859-15', 'iso8859-15', True),
    ('windows-1252', 'cp1252', True),
    ('ascii', 'ascii', True),
    ('utf-16', 'utf-16', False),
    ('UTF-16LE', 'utf-16le', False),
    ('utf_32_be', 'utf-32be', False),
    ('cp037', 'cp037', False),
])
def test_an_encoding_has_a_name_in_java_and_line_ends_of_its_own(encoding, name, plain):
    assert java_charset(encoding) == name
    assert has_single_byte_line_ends(encoding) is plain
