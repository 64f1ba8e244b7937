"""A corrected delivery under another name replaces the rows of the file that it corrects, where a pattern says so."""
from __future__ import annotations

import pytest

from lake_etl.publish.sources import file_identity

SPEC = 'transformation-spec/Gen-Policy.json'
PATTERN = r'^(.*?)(?:_v[0-9]+)?\.csv$'
KEY = 'Gen/Policy/2026/03/04/{}.csv'


@pytest.mark.parametrize(('file', 'pattern', 'identity'), [
    ('a/b/claims.csv', None, 'a/b/claims.csv'), ('a/b/claims.csv', PATTERN, 'a/b/claims'),
    ('a/b/claims_v2.csv', PATTERN, 'a/b/claims'), ('a/b/claims_v2.txt', PATTERN, 'a/b/claims_v2.txt'),
    ('claims_v12.csv', PATTERN, 'claims'),
    ('a/b/north-2026-03-x.csv', '[a-z]+-[0-9]{4}-[0-9]{2}', 'a/b/north-2026-03')])
def test_the_pattern_reduces_a_name_to_what_identifies_the_file(file, pattern, identity):
    assert file_identity(file, pattern) == identity


def test_a_corrected_delivery_replaces_the_first_one_and_nothing_else(lake):
    lake.configure(SPEC, {'input_spec': {'load_mode': 'by_file'}})
    lake.load(KEY.format('north'), 'id\nN1\nN2\n')   # before the workflow knew about keys
    lake.configure(SPEC, {'input_spec': {'load_mode': 'by_file', 'file_key': PATTERN},
                          'transform_spec': {'literal': {'checked': 'yes'}}})
    lake.configure('dq-rules/dq-Gen-Policy.json', {'after_transform': {
        'quarantine_rules': ['ColumnLength "id" = 2']}})
    lake.load(KEY.format('south'), 'id\nS1\n')
    corrected = lake.run(KEY.format('north_v2'), 'id\nN3\nbad\n')
    assert lake.rows('SELECT id FROM gen.policy ORDER BY id') == [('N3',), ('S1',)]
    assert corrected.notices[0].startswith(
        'Gen/Policy/2026/03/04/north_v2.csv in partition 2026/03/04 of gen.policy had 2 rows')
    lake.load(KEY.format('north_v3'), 'id\nN4\n')
    assert lake.rows('SELECT id FROM gen.policy ORDER BY id') == [('N4',), ('S1',)]
    assert lake.rows('SELECT id FROM gen.policy_quarantine_after_transform') == []


@pytest.mark.parametrize(('spec', 'said'), [
    ({'file_key': '(', 'load_mode': 'by_file'}, "'file_key'"), ({'file_key': PATTERN}, "needs \"load_mode\""),
    ({'file_key': '(a+)+$', 'load_mode': 'by_file'}, "'file_key'")])
def test_a_key_that_cannot_work_is_refused(lake, spec, said):
    lake.configure(SPEC, {'input_spec': spec})
    with pytest.raises(Exception, match=said):
        lake.load(KEY.format('a'), 'id\n1\n')
