"""The report of a match: its figures, and a page that is well formed, whole and safe whatever names it shows."""
from __future__ import annotations

from xml.etree import ElementTree

from lib.local_lake.showing.match_report import BINS, figures_of, report_page
from lib.local_lake.showing.match_source import KnownKey, SourceKey


def _known(*rows: tuple[str, str, float | None]) -> list[KnownKey]:
    return [KnownKey(person, SourceKey('A', str(number)), None, level, score)
            for number, (person, level, score) in enumerate(rows)]


KNOWN = _known(('p', 'new', None), ('p', '2', 1.0), ('p', '1', 0.85), ('q', 'new', None), ('r', 'given', None),
               ('r', '1', 0.99))


def test_figures_count_keys_by_the_level_that_settled_them_in_the_order_of_the_levels():
    figures = figures_of(KNOWN, {'2': 1.0, '1': 0.8})
    assert (figures.keys, figures.persons) == (6, 3)
    assert figures.levels == (('given', 1), ('2', 1), ('1', 2), ('new', 2))
    assert figures.sizes == ((1, 1), (2, 1), (3, 1))


def test_scores_are_spread_from_the_threshold_to_one():
    sure, usual = figures_of(KNOWN, {'2': 1.0, '1': 0.8}).scores
    assert (sure.level, sure.lowest, sure.counts[-1], sum(sure.counts)) == ('2', 0.95, 1, 1)
    assert (usual.level, usual.lowest) == ('1', 0.8)
    assert [number for number, count in enumerate(usual.counts) if count] == [BINS // 4, BINS - 1]


def test_a_level_that_the_specification_no_longer_has_is_still_counted():
    figures = figures_of(_known(('p', 'new', None), ('p', 'gone', 0.4)), {'1': 0.8})
    assert figures.levels == (('gone', 1), ('new', 1))
    assert figures.scores[0].lowest == 0.0


def test_the_page_is_well_formed_and_loads_nothing():
    page = report_page('<Customer & "Co">', figures_of(KNOWN, {'2': 1.0, '1': 0.8}))
    body = page[page.index('<body>'):page.index('</html>')]
    root = ElementTree.fromstring(body)
    assert [item.text for item in root.iter('h2')] == [
        'How each source key was matched', 'Scores of level 2', 'Scores of level 1', 'Source keys of a person']
    assert root.find('h1').text == 'Entity match of <Customer & "Co">'
    assert not any(word in page for word in ('http:', 'https:', 'src=', '<link', '@import', 'url('))


def test_the_waterfall_goes_on_where_the_level_before_has_ended():
    root = ElementTree.fromstring(report_page('x', figures_of(KNOWN, {'2': 1.0, '1': 0.8})).split('</head>')[1]
                                  .replace('</html>', ''))
    bars = [(float(item.get('x')), float(item.get('width'))) for item in root.find('svg').iter('rect')]
    assert len(bars) == 4
    for (left, width), (following, _) in zip(bars, bars[1:]):
        assert abs(left + width - following) < 0.2
    assert [item.find('title').text for item in root.find('svg').iter('rect')] == [
        'id in the data: 1', 'level 2: 1', 'level 1: 2', 'new person: 2']


def test_an_empty_cross_reference_makes_an_empty_page():
    assert ElementTree.fromstring(report_page('x', figures_of([], {'1': 0.8})).split('</head>')[1]
                                  .replace('</html>', '')).find('h1') is not None
