"""Copybooks: what is read from their text, where fields are, what their columns are, and which mistakes are named."""
from __future__ import annotations

import pytest

from lake_etl.cobol.copybook import parse_copybook
from lake_etl.cobol.picture import Picture, parse_picture
from lake_etl.cobol.record_layout import lay_out
from lake_etl.cobol.record_nodes import LayoutOptions
from lake_etl.syntax.code_pages import single_byte_table
from lake_etl.syntax.records import Findings


def read(text, **options):
    """Return the layout of a copybook, and its problems as texts."""
    findings = Findings('x.cpy')
    records = parse_copybook(text.encode(), findings)
    layout = lay_out(records, LayoutOptions(**options), findings) if records else None
    return layout, [str(problem) for problem in findings.problems]


def columns(text, **options):
    layout, problems = read(text, **options)
    assert problems == []
    return dict(layout.columns)


@pytest.mark.parametrize(('text', 'expected'), [
    ('X(10)', Picture('text', 10)), ('xx', Picture('text', 2)), ('A(3)9(2)', Picture('text', 5)),
    ('S9(7)V99', Picture('number', 9, 9, 2, 0, True)), ('9', Picture('number', 1, 1)),
    ('SV9(4)', Picture('number', 4, 4, 4, 0, True)), ('99PPP', Picture('number', 2, 5, 0, 3)),
    ('VPP99', Picture('number', 2, 4, 4)), ('PP9', Picture('number', 1, 3, 3)),
    ('99PPPV', Picture('number', 2, 5, 0, 3)),
    ('Z,ZZ9.99-', Picture('text', 9)), ('9(5).99', Picture('text', 8)), ('-9(3)', Picture('text', 4)),
    ('9(3)CR', Picture('text', 5)), ('99/99/9999', Picture('text', 10)), ('N(4)', Picture('national', 4)),
    ('G(4)', Picture('double-byte', 4)), ('S', None), ('9(0)', None), ('X(', None), ('9V9V9', None), ('', None),
    ('P', None), ('9P9', None), ('X(99999999999)', None), ('Q(3)', None)])
def test_a_picture_says_what_it_describes(text, expected):
    assert parse_picture(text) == expected


@pytest.mark.parametrize('text', [
    '       01  R.\n           05  A  PIC X(2).\n           05  B  PIC 9(3) COMP-3.\n',
    '01 R. 05 A PIC X(2). 05 B PIC 9(3) COMP-3.',
    '01 r.\n  05 a picture is xx.\n  05 b pic 999 usage is computational-3.\n',
    '000100 01  R.                                                            OLD TEXT.\n'
    '000200* 05  C  PIC X.\n'
    '000300     05  A  PIC X(2). 05  B  PIC 9(3)\n'
    '000400         PACKED-DECIMAL.\n',
    '      *> A comment\n       01  R.\n       EJECT\n\n      /\n           05  A  PIC X(2) VALUE "A. *> B".  *> more\n'
    '             88 IS-A VALUE "A" THRU "C", "X".\n           05  B  PIC 9(3) COMP-3 VALUE ZERO.\n',
    '       01  R.\n           05  A  PIC X(2) VALUE "IT IS A LONG LITERAL THAT GOES ON AND ON\n'
    '      -    " HERE. 05 C PIC X.".\n           05  B  PIC 9(3) COMP-3.\n',
    'FD  CLAIMS-FILE.\n01  R GLOBAL.\n    05  A  PIC X(2) JUST RIGHT.\n    05  B  BLANK WHEN ZERO PIC 9(3) COMP-3.\n',
    '    05  A  PIC X(2).\n    05  B  PIC 9(3) COMP-3.\n'])
def test_copybooks_are_read_in_fixed_and_free_format(text):
    layout, problems = read(text)
    assert problems == [] and layout.size == 4
    assert layout.columns == (('A', 'string'), ('B', 'int'))


@pytest.mark.parametrize(('item', 'kind', 'size'), [
    ('PIC 9(9)', 'int', 9), ('PIC 9(10)', 'bigint', 10), ('PIC S9(19)', 'decimal(19,0)', 19),
    ('PIC S9(5) SIGN LEADING SEPARATE', 'int', 6), ('PIC S9(4)V9(2)', 'decimal(6,2)', 6),
    ('PIC S9(4) COMP-3', 'int', 3), ('PIC S9(5) COMP-3', 'int', 3), ('PIC 9(4) COMP-6', 'int', 2),
    ('PIC S9(4) COMP', 'int', 2), ('PIC S9(9) BINARY', 'int', 4), ('PIC S9(18) COMP-4', 'bigint', 8),
    ('PIC S9(7)V99 COMP', 'decimal(9,2)', 4), ('PIC 9(9) COMP-5', 'bigint', 4),
    ('PIC 9(18) COMP-5', 'decimal(20,0)', 8),
    ('PIC S9(4)V99 COMP-5', 'decimal(10,2)', 4), ('COMP-1', 'float', 4), ('COMP-2', 'double', 8),
    ('PIC N(3)', 'string', 6), ('PIC ZZ9.99', 'string', 6), ('PIC 9(7)P(5)', 'bigint', 7)])
def test_storage_gives_type_and_size(item, kind, size):
    layout, problems = read(f'01 R.\n 05 A {item}.\n')
    assert problems == [] and layout.columns == (('A', kind),) and layout.size == size


def test_groups_vanish_and_names_stay_unique():
    found = columns("""
        01 R. 05 HOME. 10 STREET PIC X. 10 CITY PIC X.
              05 WORK. 10 STREET PIC X. 10 FILLER PIC X(3).
              05 TABLE-OF OCCURS 3.
                 10 PART. 15 A-B PIC X. 10 OTHER. 15 A-B PIC 9.
              05 FILLER OCCURS 2 TIMES INDEXED BY I. 10 RATE PIC 9V9.
              05 DAY-NO OCCURS 7 PIC 99. 05 X-PTR POINTER.""")
    assert found == {'HOME_STREET': 'string', 'CITY': 'string', 'WORK_STREET': 'string', 'RATE':
                     'array<struct<`RATE`:decimal(2,1)>>', 'DAY_NO': 'array<int>', 'TABLE_OF':
                     'array<struct<`PART_A_B`:string,`OTHER_A_B`:int>>'}


def test_usage_and_sign_of_a_group_hold_for_its_items_and_synchronized_items_begin_on_boundaries():
    layout, _ = read('01 R. 05 G COMP-3 SIGN LEADING SEPARATE. 10 A PIC 9(3). 10 B DISPLAY PIC S9. '
                     '05 C PIC S9(5) COMP SYNC.')
    places = {field.name: (field.storage, field.size) for field in layout.fields()}
    assert places == {'A': ('packed', 2), 'B': ('zoned', 2), 'C': ('binary', 4)} and layout.size == 8
    table, _ = read('01 R. 05 T OCCURS 2. 10 A PIC X. 10 B PIC S9(5) COMP SYNC. 10 C PIC X.')
    assert table.size == 24


@pytest.mark.parametrize(('text', 'message'), [
    ('COPY CLAIMS.', 'line 1: COPY is not supported'),
    ('01 R.\n 05 A PIC X(2)\n 05 B PIC X.',
     "line 3: the word '05' is not known here (does the entry that begins in line 2 end with a period?)"),
    ('01 R.\n 05 A PIC X(2', "line 2: the entry does not end with a period"),
    ('01 R.\n 05 A PIC X(2.', "'X(2' is not a picture that the lake knows"),
    ('01 R.\n 05 A.\n 05 B PIC X.', 'line 2: A has no picture, and no items below it'),
    ('01 R.\n 05 A PIC X. 10 B PIC X.', 'A has a picture, and items below it'),
    ('01 R.\n 05 A PIC X COMP-3.', 'A has a picture that does not fit its usage'),
    ('01 R.\n 05 A PIC 9(19) COMP.', 'A has more than 18 digits'),
    ('01 R.\n 05 A PIC 9(39).', 'A has more than 38 digits'),
    ('01 R.\n 05 A PIC G(4).', 'text in double bytes (PIC G) is not supported'),
    ('01 R.\n 05 A PIC 9(4) COMP-X.', "usage 'COMP-X' is not supported"),
    ('01 R.\n 05 A PIC X OCCURS N TIMES.', 'OCCURS needs a whole number above 0'),
    ('01 R.\n 05 A PIC X OCCURS 1 TO 3 DEPENDING ON N.', 'A depends on N, which is no whole number above it'),
    ('01 R.\n 05 B REDEFINES A PIC X.\n 05 A PIC X.', 'B redefines A, which is not the item above it'),
    ('01 R.\n 05 FILLER PIC X.', 'no field has a name'), ('', 'no item is described'),
    ('01 R. 05 A PIC X. 01 S. 05 A PIC X.', 'describes 2 records: R, S'),
    ('MOVE A TO B.', "expected a level number such as 05, got 'MOVE'"),
    ('01 R. 05 A PIC X(99999999). 05 B PIC X(99999999).', 'is not a picture'),
    ('01 R. 05 A PIC X(9999) OCCURS 9999.', 'and at most 16,777,216 are read')])
def test_a_mistake_is_named_with_its_line(text, message):
    layout, problems = read(text)
    assert layout is None and any(message in problem for problem in problems), problems


def test_one_of_several_records_is_chosen_by_name():
    text = '01 HEAD. 05 A PIC X. 01 DETAIL. 05 B PIC X(3).'
    assert columns(text, record='detail') == {'B': 'string'}
    assert "no record 'detial' (did you mean 'DETAIL'?)" in read(text, record='detial')[1][0]


@pytest.mark.parametrize(('options', 'message'), [
    ({'segment_field': 'KIND', 'segments': {'1': 'HAED'}}, 'is the group HAED, which is not there'),
    ({'segment_field': 'KINT', 'segments': {'1': 'HEAD'}}, "the field 'KINT' of the segments is not a field"),
    ({'segment_field': 'KIND', 'segments': {'1': 'HEAD'}, 'only': ['2']}, "names '2', which is not one of their")])
def test_segments_name_what_the_copybook_has(options, message):
    assert message in read('01 R. 05 KIND PIC X. 05 HEAD. 10 A PIC X.', **options)[1][0]


@pytest.mark.parametrize(('page', 'content', 'text'), [
    ('cp1047', b'\xad\xbd\x5f', '[]^'), ('cp1141', b'\x9f\xc0\xd0\xa1\x4a', '€äüßÄ'), ('cp1140', b'\x9f\x4a', '€¢'),
    ('IBM-1148', b'\x9f\x4a', '€['), ('cp297', b'\xc0\xd0', 'éè'), ('cp278', b'\x5b\xd0', 'Åå')])
def test_code_pages_that_python_lacks_are_known_by_their_names(page, content, text):
    assert content.decode(page) == text and text.encode(page) == content
    assert len(single_byte_table(page)) == 256 and single_byte_table('utf-8') is None
