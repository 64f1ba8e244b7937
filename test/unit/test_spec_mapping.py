"""Schema mappings: which rows they hold, and what is wrong with them, each with its line."""
from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz

from lake_etl.config.mapping import SCORERS, MappingRow, SchemaMapping, parse_mapping
from lake_etl.syntax.records import Findings


def row(source, destination, line, **more):
    return MappingRow(source_name=source, dest_name=destination, line=line, **more)


@pytest.mark.parametrize(('text', 'rows'), [
    ('SourceName,DestName\nPolicy No,policyno\nLoss.Paid,paid\n',
     [row('Policy No', 'policyno', 2), row('Loss.Paid', 'paid', 3)]),
    ('\ufeffsourcename,DESTNAME\r\nA,a\r\n', [row('A', 'a', 2)]),
    ('DestName,Comment,SourceName\na,why,A\n', [row('A', 'a', 2)]),
    ('SourceName,DestName\nA,Null\nB,NULL\nC,null\n', [row('A', None, 2), row('B', None, 3), row('C', None, 4)]),
    ('\nSourceName,DestName\n\n// note, with a comma\nA,a\n , \nB,b', [row('A', 'a', 5), row('B', 'b', 7)]),
    ('SourceName,DestName\n"A, or ""B""", a \n', [row('A, or "B"', 'a', 2)]),
    ('SourceName,DestName,Threshold,Scorer\nA,a,,\nB,b, 90 ,ratio\nC,Null,0,WRatio\n',
     [row('A', 'a', 2), row('B', 'b', 3, threshold=90.0, scorer='ratio'),
      row('C', None, 4, threshold=0.0, scorer='WRatio')]),
    ('SourceName,DestName,Description,Descriptions\nA,a,"First, ""a""",\nB,b, ,x\n',
     [row('A', 'a', 2, description='First, "a"'), row('B', 'b', 3)]),
    ('SourceName,DestName,Width\nA,a,10\nB,Null,3\n', [row('A', 'a', 2, width=10), row('B', None, 3, width=3)]),
    ('SourceName,DestName\n`Insured`.`InsuredAddress`,address\n', [row('`Insured`.`InsuredAddress`', 'address', 2)]),
    ('SourceName,DestName\r\n"Policy\r\nNumber",policyno\r\nB,b',
     [row('Policy\nNumber', 'policyno', 2), row('B', 'b', 4)]),
    ('SourceName,DestName\n_c0,a\n_c1,b\n', [row('_c0', 'a', 2), row('_c1', 'b', 3)]),
    ('SourceName,DestName\nA,a\nA,b\n', [row('A', 'a', 2), row('A', 'b', 3)]),
    ('SourceName,DestName,DestName_old\nA,a,x\n', [row('A', 'a', 2)]),
])
def test_rows_are_read_in_order_with_their_lines(text, rows):
    findings = Findings('m.csv')
    assert parse_mapping(text.encode(), findings) == SchemaMapping(tuple(rows))
    assert findings.problems == findings.warnings == []


@pytest.mark.parametrize(('text', 'problems'), [
    ('', ["m.csv: the file is empty (begin it with the line 'SourceName,DestName')"]),
    ('SourceName,DestName\n', ["m.csv: no row maps a column (write one row 'SourceName,DestName' for each column to "
                               "keep)"]),
    ('SourceName;DestName\nA;a\n', ["m.csv: header: missing required column 'SourceName'",
                                    "m.csv: header: missing required column 'DestName'"]),
    ('SourceNam,DestName\nA,a\n', ["m.csv: header: unknown column 'SourceNam' (did you mean 'SourceName'?)"]),
    ('SourceName,DestName,Treshold,Scorer\nA,a,90,ratio\n',
     ["m.csv: header: unknown column 'Treshold' (did you mean 'Threshold'?)"]),
    ('SourceName,DestName,destname\nA,a,b\n', ["m.csv: header: column 'DestName' is there 2 times"]),
    ('SourceName,DestName\nA,policyno\nB,b\nC,PolicyNo\n',
     ["m.csv: row 4: destination 'PolicyNo' is already that of row 2 (upper and lower case count alike)"]),
    ('SourceName,DestName\n,a\nB,\nC\n',
     ["m.csv: row 2: 'SourceName' is empty", "m.csv: row 3: 'DestName' is empty (write Null to drop the column)",
      "m.csv: row 4: 'DestName' is empty (write Null to drop the column)"]),
    ('SourceName,DestName,Threshold,Scorer\nA,a,90,wratio\n',
     ["m.csv: row 2: unknown scorer 'wratio' (did you mean 'WRatio'?)"]),
    ('SourceName,DestName,Threshold,Scorer\nA,a,90,nonsense\n',
     [f"m.csv: row 2: unknown scorer 'nonsense' (known scorers: {', '.join(SCORERS)})"]),
    ('SourceName,DestName,Threshold,Scorer\nA,a,101,ratio\nB,b,x,ratio\nC,c,nan,ratio\n',
     ["m.csv: row 2: 'Threshold' must be a number from 0 to 100, got '101'",
      "m.csv: row 3: 'Threshold' must be a number from 0 to 100, got 'x'",
      "m.csv: row 4: 'Threshold' must be a number from 0 to 100, got 'nan'"]),
    ('SourceName,DestName,Threshold\nA,a,90\n',
     [f"m.csv: row 2: 'Threshold' needs a 'Scorer' (known scorers: {', '.join(SCORERS)})"]),
    ('SourceName,DestName,Width\nA,a,0\nB,b,1.5\nC,c,ten\n',
     ["m.csv: row 2: 'Width' must be a whole number above 0, got '0'",
      "m.csv: row 3: 'Width' must be a whole number above 0, got '1.5'",
      "m.csv: row 4: 'Width' must be a whole number above 0, got 'ten'"]),
    ('SourceName,DestName\n`Insured.Address,address\n',
     ["m.csv: row 2: 'SourceName' opens a back-tick that is never closed (write `Struct`.`Member`)"]),
    ('SourceName,DestName\nA,"a\nB,b\nC,c\n',
     ['m.csv: row 2: a double quote in this row is never closed']),
    ('"SourceName,DestName\nA,a\n', ['m.csv: row 1: a double quote in this row is never closed']),
    ('SourceName,DestName\nA,"a\nB,b"\nC,c\n',
     ["m.csv: row 2: 'DestName' holds a line break (is a double quote never closed?)"]),
])
def test_what_is_wrong_is_named_with_its_row(text, problems):
    findings = Findings('m.csv')
    assert parse_mapping(text.encode(), findings) is None
    assert [str(item) for item in findings.problems] == problems


def test_rows_behind_a_value_with_a_line_break_keep_the_lines_of_the_file():
    findings = Findings('m.csv')
    parse_mapping(b'SourceName,DestName,Note\nA,a,"one\ntwo"\nB,A,\n', findings)
    assert [item.place for item in findings.problems] == ['row 4']


@pytest.mark.parametrize(('text', 'warning'), [
    ('SourceName,DestName\nLoss, Paid,paid\n', "m.csv: row 2: 1 more cells than the header has columns, ignored "
                                               "(put double quotes around a name that holds a comma)"),
    ('SourceName,DestName,Scorer\nA,a,ratio\n', "m.csv: row 2: 'Scorer' without 'Threshold' is ignored "
                                                "(give a threshold from 0 to 100 to match by similarity)"),
])
def test_an_oddity_is_a_warning(text, warning):
    findings = Findings('m.csv')
    assert parse_mapping(text.encode(), findings) is not None
    assert [str(item) for item in findings.warnings] == [warning]


def test_destinations_are_the_columns_that_are_kept():
    mapping = parse_mapping(b'SourceName,DestName,Threshold,Scorer\nA,a,,\nB,Null,,\nC,c,90,ratio\n', Findings('m.csv'))
    assert mapping.destinations() == ('a', 'c')


def test_the_known_scorers_are_those_of_the_library():
    assert set(SCORERS) == {name for name in dir(fuzz) if name.endswith(('ratio', 'Ratio'))}


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80)
       | st.text('SourceName,DestNameThresholdScorerWidth\n"`/19.\x00-', max_size=80).map(str.encode)
       | st.text(max_size=40).map(lambda text: f'SourceName,DestName,Threshold,Scorer,Width\n{text}'.encode()))
def test_any_bytes_give_a_mapping_or_a_problem(content):
    findings = Findings('m.csv')
    mapping = parse_mapping(content, findings)
    assert (mapping is None) == bool(findings.problems)
