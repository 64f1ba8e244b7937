"""Control totals: how they are stated, and which differences between the stages of a load are named."""
from __future__ import annotations

import random
from decimal import Decimal

import pytest

from lake_etl.config.controls import ControlsSection, SideFileSection, StatedLines
from lake_etl.config.input import InputSpec, parse_input
from lake_etl.controls.control_statement import (
    ACCEPTED, FILTERED, MAPPED, PUBLISHED, QUARANTINED, READ, ROWS, TRANSFORMED, ControlStatement, Measure, Stage,
    StatedTotals, find_differences, never_compared, not_compared, plain, statement_lines)
from lake_etl.controls.stated_totals import OTHER, add_statements, parse_stated_number, totals_of_json, totals_of_lines
from lake_etl.errors import DataError
from lake_etl.landing.arrival import subject_of
from lake_etl.syntax.records import Findings

PAID = 'Paid Amount'
TRAILER = StatedLines(pattern=r'T;(?P<rows>\d+);(?P<paid>[-+\d., ]+)', sums={PAID: 'paid'})
BY_CURRENCY = StatedLines(pattern=r'T;(?P<per>[A-Z]{3});(?P<rows>\d+);(?P<paid>[-\d.]+)', sums={PAID: 'paid'})


def problems(controls, **others):
    findings = Findings('Gen-Policy.json')
    parse_input({'controls': controls, **others}, findings)
    return [f'{item.place}: {item.message}' for item in findings.problems]


def test_all_keys_are_read():
    findings = Findings('Gen-Policy.json')
    spec = parse_input({'skip_footer': 1, 'controls': {
        'rows': 3, 'sums': {PAID: '10.50'}, 'trailer': {'pattern': TRAILER.pattern, 'sums': {PAID: 'paid'}},
        'side_file': {'name': '{name}.ctl'}, 'per': 'Currency', 'tolerance': '0.05', 'until': 'mapped'}}, findings)
    assert findings.problems == []
    assert spec.controls == ControlsSection(
        rows=3, sums={PAID: '10.50'}, trailer=TRAILER.__class__(pattern=TRAILER.pattern, sums={PAID: 'paid'}),
        side_file=SideFileSection(name='{name}.ctl'), per='Currency', tolerance='0.05', until='mapped')
    assert spec.controls.stated_columns() == (PAID,)


@pytest.mark.parametrize(('controls', 'expected'), [
    ({}, 'nothing is stated'),
    ({'rows': -1}, 'must not be negative'),
    ({'rows': '3'}, 'expected a whole number'),
    ({'sums': {PAID: 10.5}}, 'expected an exact number in text'),
    ({'sums': {PAID: '10,50'}}, 'expected an exact number in text'),
    ({'sums': {PAID: '1e5'}}, 'expected an exact number in text'),
    ({'sums': {PAID: True}}, 'expected an exact number in text'),
    ({'sums': {PAID: {'EUR': '1'}}}, "need 'per'"),
    ({'rows': 1, 'tolerance': '-1'}, "'tolerance' must be"),
    ({'rows': 1, 'tolerance': 'x'}, "'tolerance' must be"),
    ({'rows': 1, 'untill': 'read'}, 'unknown key'),
    ({'rows': 1, 'until': 'written'}, 'expected one of'),
    ({'trailer': {'pattern': r'T;(?P<rows>\d+)'}}, "needs 'skip_footer'"),
    ({'trailer': {'pattern': r'T;(\d+)'}}, 'states nothing'),
    ({'trailer': {'pattern': '('}}, "'pattern'"),
    ({'trailer': {'pattern': '(?P<rows>(a+)+)x'}}, "'pattern'"),
    ({'trailer': {'pattern': r'(?P<rows>\d+)', 'sums': {PAID: 'amount'}}}, "has no group 'amount'"),
    ({'trailer': {'pattern': r'(?P<rows>\d+)', 'implied_decimals': -2}}, 'from 0 to 10'),
    ({'trailer': {'pattern': r'(?P<per>\w+)(?P<rows>\d+)'}}, "'per' must name the column"),
    ({'side_file': {'name': '{name}'}}, 'differs from that of the source'),
    ({'side_file': {'name': '../{name}.ctl'}}, 'differs from that of the source'),
    ({'side_file': {'name': '{file}.ctl'}}, 'differs from that of the source'),
])
def test_mistakes_are_named(controls, expected):
    assert any(expected in problem for problem in problems(controls)), problems(controls)


@pytest.mark.parametrize(('text', 'mark', 'implied', 'number'), [
    ('1234.50', '.', 0, '1234.50'), ('1,234.50', '.', 0, '1234.50'), ('1.234,50', ',', 0, '1234.50'),
    ("1'234.50", '.', 0, '1234.50'), ('1 234,50', ',', 0, '1234.50'), ('-7', '.', 0, '-7'), ('7.25-', '.', 0, '-7.25'),
    ('+7.25', '.', 0, '7.25'), ('000000123450', '.', 2, '1234.50'), ('000000123450-', '.', 2, '-1234.50'),
    ('  5 ', '.', 0, '5'), ('', '.', 0, None), ('x', '.', 0, None), ('1.2.3', '.', 0, None), ('-5-', '.', 0, None),
    ('1e5', '.', 0, None), ('12.50', '.', 2, None), ('9' * 39, '.', 0, None), ('(5)', '.', 0, None),
])
def test_numbers_of_trailers_are_read_exactly(text, mark, implied, number):
    assert parse_stated_number(text, mark, implied) == (None if number is None else Decimal(number))


def test_lines_that_fit_are_added_up():
    assert totals_of_lines(['T;3;1,234.50', 'signature'], TRAILER, 'the trailer') == {
        ROWS: 3, Measure(PAID): Decimal('1234.50')}
    assert totals_of_lines(['T;EUR;2;10.00', 'T;GBP;1;-5', 'T;EUR;1;0.01'], BY_CURRENCY, 'the trailer') == {
        ROWS: 4, Measure('', 'EUR'): 3, Measure('', 'GBP'): 1, Measure(PAID, 'EUR'): Decimal('10.01'),
        Measure(PAID, 'GBP'): -5}
    whole = add_statements('2 files', [{ROWS: Decimal(1)}, {ROWS: Decimal(2), Measure(PAID, 'EUR'): Decimal(3)}])
    assert whole.totals == {ROWS: 3, Measure(PAID, 'EUR'): 3, Measure(PAID, OTHER): 0}


@pytest.mark.parametrize('lines', [[], ['nothing'], ['T;3'], ['T;3;1.2.3'], ['T;3;--5']])
def test_a_trailer_that_states_nothing_is_refused_without_its_text(lines):
    with pytest.raises(DataError, match='the trailer') as error:
        totals_of_lines(lines, TRAILER, 'the trailer of a.csv')
    assert '1.2.3' not in str(error.value)


def test_json_side_files_keep_all_digits():
    content = '\ufeff{"rows": 2, "sums": {"Paid Amount": 12345678901234567.89}}'.encode()
    assert totals_of_json(content, 'side file', None) == {ROWS: 2, Measure(PAID): Decimal('12345678901234567.89')}
    assert totals_of_json(b'{"sums": {"P": {"EUR": "1.50", "GBP": 2}}}', 'side file', 'Currency') == {
        Measure('P', 'EUR'): Decimal('1.50'), Measure('P', 'GBP'): 2}


@pytest.mark.parametrize('content', [
    b'', b'{', b'[]', b'{}', b'{"rows": "3"}', b'{"rows": true}', b'{"rows": -1}', b'{"sums": []}', b'\xff\xfe\xff',
    b'{"sums": {"P": "x"}}', b'{"sums": {"P": {"EUR": "1"}}}', b'{"sums": {"P": null}}', b'{"sums": {"P": NaN}}'])
def test_other_side_files_are_refused(content):
    with pytest.raises(DataError, match='side file a.ctl states no totals'):
        totals_of_json(content, 'side file a.ctl', None)


def test_a_side_file_starts_nothing():
    def spec(name):
        return InputSpec(controls=ControlsSection(side_file=SideFileSection(name=name)))
    assert spec('{name}.ctl').controls.side_file.file_for('claims.csv.gz') == 'claims.csv.gz.ctl'
    assert spec('CTL_{stem}.txt').controls.side_file.file_for('claims.csv.gz') == 'CTL_claims.txt'
    assert subject_of('Gen/Policy/claims.csv.ctl', spec('{name}.ctl')) is None
    assert subject_of('Gen/Policy/claims.csv', spec('{name}.ctl')).file == 'claims.csv'
    assert subject_of('Gen/Policy/CTL_claims.txt', spec('CTL_{stem}.txt')) is None
    assert subject_of('Gen/Policy/totals.json', spec('totals.json')) is None


# Rows of a load as (currency, cents); each stage holds some of the rows of the stage before.
CURRENCIES = ('EUR', 'GBP', 'USD')
STAGES = (READ, MAPPED, ACCEPTED, TRANSFORMED, PUBLISHED)


def figures(rows):
    found = {ROWS: Decimal(len(rows)), Measure(PAID): sum((Decimal(cents) / 100 for _, cents in rows), Decimal(0))}
    for currency in CURRENCIES:
        of_currency = [cents for name, cents in rows if name == currency]
        found[Measure('', currency)] = Decimal(len(of_currency))
        found[Measure(PAID, currency)] = Decimal(sum(of_currency)) / 100
    return found


def load_of(chance, lossy_stage=None, lose=lambda rows: rows):
    """Return the statement of an invented load, of which one stage loses or invents something."""
    rows = [(chance.choice(CURRENCIES), chance.randint(-100_000, 9_999_999)) for _ in range(chance.randint(4, 40))]
    stated = figures(rows)
    stages = []
    for name in STAGES:
        reason = {ACCEPTED: QUARANTINED, TRANSFORMED: FILTERED, PUBLISHED: QUARANTINED}.get(name)
        removed = [row for row in rows[2:] if chance.random() < 0.2] if reason else []
        rows = list(rows)
        for row in removed:
            rows.remove(row)
        if name == lossy_stage:
            rows = lose(rows)
        stages.append(Stage(name, figures(rows), {reason: figures(removed)} if reason else {}))
    return ControlStatement((StatedTotals('the trailer', stated),), tuple(stages))


def dropped_row(rows):
    return rows[1:]


def doubled_file(rows):
    return rows * 2


def lost_cents(rows):
    return [(rows[0][0], rows[0][1] - 1), *rows[1:]]


def filtered(rows):
    return rows[:len(rows) // 2]


def split(rows):
    (currency, cents), *others = rows
    return [(currency, cents // 3), (currency, cents // 3), *others]


LOSSES = (dropped_row, doubled_file, lost_cents, filtered, split)


@pytest.mark.parametrize('seed', range(125))
def test_every_seeded_loss_is_named_with_stage_and_amount(seed):
    loss, stage = LOSSES[seed % 5], STAGES[seed // 5 % 5]
    whole = load_of(random.Random(seed))
    assert find_differences(whole) == []
    lossy = load_of(random.Random(seed), stage, loss)
    place = STAGES.index(stage)
    expected = {measure: lossy.stages[place].figures[measure] - whole.stages[place].figures[measure]
                for measure in figures([])}
    found = find_differences(lossy)
    assert {item.measure: item.amount for item in found} == {
        measure: amount for measure, amount in expected.items() if amount}
    assert {item.stage for item in found} == {stage} and found
    assert all(f"stage '{stage}'" in str(item) and plain(abs(item.amount)) in str(item) for item in found)
    lines = statement_lines(lossy, found)
    assert {(line['column'], line['group'], line['difference']) for line in lines if line['difference']} == {
        (item.measure.column or 'rows', item.measure.group, plain(item.amount)) for item in found}


@pytest.mark.parametrize(('tolerance', 'found'), [('0', 1), ('0.01', 1), ('0.02', 0), ('1', 0)])
def test_a_tolerance_is_for_sums_only(tolerance, found):
    paid = Measure(PAID)
    statement = ControlStatement((StatedTotals('the trailer', {ROWS: Decimal(3), paid: Decimal('9.98')}),), (
        Stage(READ, {ROWS: Decimal(3), paid: Decimal(10)}),), Decimal(tolerance))
    assert len(find_differences(statement)) == found
    fewer = ControlStatement(statement.stated, (Stage(READ, {ROWS: Decimal(2), paid: Decimal(10)}),), Decimal(1))
    assert [str(item) for item in find_differences(fewer)] == [
        "stage 'read', number of rows: the trailer states 3, found 2 (1 missing)"]


def test_a_sum_that_one_stage_does_not_know_is_compared_at_the_next():
    paid = Measure(PAID)
    stated = (StatedTotals('the trailer', {paid: Decimal(10)}),)
    read, gone = Stage(READ, {ROWS: Decimal(3)}), {FILTERED: {ROWS: Decimal(1), paid: Decimal(4)}}
    known = Stage(TRANSFORMED, {ROWS: Decimal(2), paid: Decimal(6)}, gone)
    assert find_differences(ControlStatement(stated, (read, known))) == []
    wrong = Stage(TRANSFORMED, {ROWS: Decimal(2), paid: Decimal('5.99')}, gone)
    assert [item.amount for item in find_differences(ControlStatement(stated, (read, wrong)))] == [Decimal('-0.01')]
    dropped = Stage(PUBLISHED, {ROWS: Decimal(2)})
    assert not_compared(ControlStatement(stated, (read, known, dropped))) == [
        f"Control totals: the sum of '{PAID}' was followed only up to stage 'transformed', because later stages have "
        'no such column of numbers.']


def test_a_total_that_no_stage_knows_is_never_compared():
    stated = (StatedTotals('the trailer', {ROWS: Decimal(1), Measure(PAID): Decimal(5)}),)
    stages = (Stage(READ, {ROWS: Decimal(1)}), Stage(MAPPED, {ROWS: Decimal(1), Measure(PAID): Decimal(5)}))
    assert never_compared(ControlStatement(stated, stages)) == []
    assert never_compared(ControlStatement(stated, stages, until=READ)) == [Measure(PAID)]


def test_what_steps_change_on_purpose_is_not_a_difference_and_is_said():
    stated = (StatedTotals('the trailer', {ROWS: Decimal(1)}),)
    stages = (Stage(READ, {ROWS: Decimal(1)}), Stage(TRANSFORMED, {ROWS: Decimal(12)}, {}, frozenset([ROWS])),
              Stage(PUBLISHED, {ROWS: Decimal(11)}))
    statement = ControlStatement(stated, stages)
    assert [(item.stage, item.amount) for item in find_differences(statement)] == [(PUBLISHED, -1)]
    assert len(not_compared(statement)) == 1
    paid = Measure(PAID)
    blind = Stage(TRANSFORMED, {ROWS: Decimal(1), paid: Decimal(4)}, {FILTERED: {ROWS: Decimal(1)}})
    unknown = ControlStatement((StatedTotals('the trailer', {paid: Decimal(9)}),),
                               (Stage(READ, {ROWS: Decimal(2)}), blind))
    assert find_differences(unknown) == [] and len(not_compared(unknown)) == 1
    assert find_differences(ControlStatement(stated, stages, until=READ)) == []
