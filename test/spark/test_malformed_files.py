"""Generated malformed files never crash a reader, never cost a good row, and their bad rows are marked.

Files come as parts of one load, so that one Spark read covers many of them. What is damaged in a binary format or an
archive is refused with the file's name.
"""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lake_etl.config.formats.excel_format import ExcelSection
from lake_etl.config.formats.fixed_width_format import FixedSection
from lake_etl.config.formats.xml_format import XmlSection
from lake_etl.config.input import InputSpec
from lake_etl.errors import DataError
from lake_etl.read.delimited_records import Dialect
from lake_etl.read.header import read_header
from lake_etl.read.malformed import malformed_column
from lake_etl.read.prepare import prepare_file
from lake_etl.read.source import read_collected_file
from lake_etl.read.source_files import PreparedFile
from lake_etl.read.workbook import open_sheets

GOLDEN = Path(__file__).resolve().parents[1] / 'golden'
FILES_OF_A_LOAD = 60
IN_SPARK = settings(max_examples=3, deadline=None, phases=(Phase.explicit, Phase.generate),
                    suppress_health_check=list(HealthCheck))
DIALECT = Dialect(',', '"', '"', header=True)


@dataclass(frozen=True)
class Lines:
    """A format by examples: how files begin and end, and rows that fit and do not fit, all with `#` for their id."""

    good: tuple[str, ...]
    bad: tuple[str, ...]
    begin: str = ''
    end: str = ''
    name: str = 'part.csv'
    spec: InputSpec = InputSpec(files='folder')
    widths: tuple[tuple[str, int], ...] = ()


FORMATS = {
    'delimited': Lines(
        good=('#,b,c', '#,"x ""y"" z",c', '#,,', '#,"two\nlines",c', '#,5" pipe,c', '#,b,"c"', '#, b ,'),
        bad=('#', '#,b', '#,b,c,d', '#,"b"', '#,b,"c",d,e,f', '#,"two\nlines"', '#,"b,c"', '#;b;c'),
        begin='id,b,c\n'),
    'fixed': Lines(
        good=('#aaabb', '#aaab', '#     ', '#aaabb   ', '#"\',;b'), bad=('#', '#a', '#aa', '#aaabbc', '#aaabb   x'),
        name='part.txt', spec=InputSpec(files='folder', fixed=FixedSection()), widths=(('id', 8), ('b', 3), ('c', 2))),
    'JSON': Lines(
        good=('{"id": "#"}', '{"id": "#", "a": 1}', '{"a": null, "id": "#", "more": [1, {"x": "y"}]}', ' {"id":"#"} '),
        bad=('{"id": "#"', '#', '{"id": #"}', '{"id": "#", }x', '{"id": "#", "a": }', '["#"', '{id} "#"'),
        name='part.jsonl'),
    'XML': Lines(
        good=('<row><id>#</id></row>', '<row a="1"><id>#</id><b>x</b><b>y</b></row>',
              '<row><id><![CDATA[#]]></id></row>', '<!-- <row> --><row><id>#</id></row>',
              # Without an end tag too many: that would close a row before it that is never closed.
              '<row><id>#</id><c>&lt;</c></row>'),
        bad=('<row><id>#</row>', '<row><id>#</id>', '<row x=1><id>#</id></row>', '<row><id>#&nope;</id></row>',
             '<row><id>#</id><c></b></row>', '<row a="1><id>#</id></row>', '<row><q:id>#</q:id></row>'),
        begin='<rows>', end='</rows>', name='part.xml', spec=InputSpec(files='folder', xml=XmlSection())),
}
ROW = st.tuples(st.booleans(), st.integers(0, 7))


@pytest.mark.parametrize('name', FORMATS)
def test_rows_that_fit_are_all_there_and_the_others_are_kept_and_marked(spark, tmp_path, name):
    form = FORMATS[name]
    numbers = iter(range(20_000_000, 99_999_999))

    @IN_SPARK
    @given(st.lists(st.lists(ROW, max_size=3), min_size=FILES_OF_A_LOAD, max_size=FILES_OF_A_LOAD))
    def check(files):
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        good, bad = {'10000000'}, {'10000001'}
        write(folder / f'first-{form.name}', form, [(form.good[0], '10000000'), (form.bad[0], '10000001')])
        for index, rows in enumerate(files):
            chosen = []
            for fits, number in [*rows, (False, index)]:
                templates = form.good if fits else form.bad
                chosen.append((templates[number % len(templates)], str(next(numbers))))
                (good if fits else bad).add(chosen[-1][1])
            write(folder / f'{index}{form.name}', form, chosen)
        df = read_collected_file(spark, f'{folder}/_SUCCESS', form.spec, scratch=f'{folder}/scratch',
                                 widths=form.widths)
        assert_sorted_out(df.collect(), malformed_column(df), good, bad)
    check()


def write(path: Path, form: Lines, rows: list[tuple[str, str]]) -> None:
    path.write_text(form.begin + ''.join(text.replace('#', key) + '\n' for text, key in rows) + form.end)


def assert_sorted_out(found: list, mark: str | None, good: set[str], bad: set[str]) -> None:
    fitting = {str(row.id) for row in found if not (mark and row[mark])}
    assert good <= fitting, 'every row that fits is there, and not marked'
    marked = [row for row in found if mark and row[mark]]
    assert len(marked) == len(bad), 'every row that does not fit is there once, and marked'
    kept = ''.join(repr(tuple(row)) for row in marked)
    assert all(key in kept for key in bad), 'what it held is not lost'


ARCHIVES = ('encoded.jsonl.gz', 'encoded.jsonl.bz2', 'encoded.jsonl.zst', 'encoded.csv.zip')
WORKBOOKS = ('libreoffice.xlsx', 'libreoffice.xls', 'libreoffice.ods', 'pyxlsbwriter.xlsb', 'xlwt.xls',
             'msoffcrypto-protected.xlsx')
DAMAGE = st.tuples(st.sampled_from(['cut', 'overwrite', 'insert', 'remove']), st.floats(0, 1), st.binary(max_size=20))


def damaged(content: bytes, kind: str, place: float, noise: bytes) -> bytes:
    """Return the content with a fault at that part of its length."""
    at = int(place * len(content))
    rest = {'cut': b'', 'overwrite': noise + content[at + len(noise):], 'insert': noise + content[at:],
            'remove': content[at + len(noise):]}[kind]
    return content[:at] + rest


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(ARCHIVES), damage=DAMAGE)
def test_a_damaged_archive_is_unpacked_whole_or_refused_by_name(tmp_path, name, damage):
    file = tmp_path / name
    file.write_bytes(damaged((GOLDEN / name).read_bytes(), *damage))
    try:
        plain, _ = prepare_file(str(file), InputSpec(), str(tmp_path / 'plain'))
    except DataError as error:
        assert str(file) in str(error)
    else:
        assert plain.size == (tmp_path / 'plain').stat().st_size


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(WORKBOOKS), damage=DAMAGE)
def test_a_damaged_workbook_is_read_or_refused_by_name(tmp_path, name, damage):
    file = tmp_path / name
    file.write_bytes(damaged((GOLDEN / name).read_bytes(), *damage))
    try:
        sheet, = open_sheets(
            PreparedFile(str(file), str(file), file.stat().st_size), ExcelSection(password='Glückauf 1'))
        assert all(isinstance(row, list) for row in sheet.rows)
    except DataError as error:
        assert str(file) in str(error)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(min_size=1, max_size=60)
       | st.text(st.sampled_from('ab,"\n\r\\\0ü'), min_size=1).map(str.encode))
def test_any_bytes_have_a_header_or_are_refused_by_name(tmp_path, content):
    file = tmp_path / 'a.csv'
    file.write_bytes(content)
    try:
        beginning = read_header(PreparedFile(str(file), str(file), len(content)), DIALECT)
    except DataError as error:
        assert str(file) in str(error)
    else:
        assert beginning.columns and len({name.lower() for name in beginning.columns}) == len(beginning.columns)
