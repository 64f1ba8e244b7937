"""The folders of a file in the Collect folder say what it belongs to, and its content decides its execution."""
from __future__ import annotations

import uuid
from datetime import datetime

import pytest

from lake_etl.errors import LakeError
from lake_etl.landing.location import Landing, execution_id, read_key

LANDED = datetime(2026, 11, 24, 1, 2)


@pytest.mark.parametrize(('key', 'partition'), [
    ('Gen/Policy/a.csv', (2026, 11, 24)),
    ('Gen/Policy/2025/a.csv', (2025, 11, 24)),
    ('Gen/Policy/2025/03/a.csv', (2025, 3, 24)),
    ('Gen/Policy/2025/3/7/a.csv', (2025, 3, 7)),
    ('Gen/Policy/year=2025/month=03/day=07/a.csv', (2025, 3, 7)),
    ('Gen/Policy/2025/03/07/12/a.csv', (2025, 3, 7)),
    ('Gen/Policy/archive/a.csv', (2026, 11, 24)),
    ('Gen/Policy/archive/2025/03/a.csv', (2026, 11, 24)),
    ('Gen/Policy/2025/archive/03/a.csv', (2025, 11, 24)),
    ('Gen/Policy/20250307/a.csv', (2026, 11, 24)),
    ('Gen/Policy/month=03/a.csv', (2026, 11, 24)),
    ('Gen/Policy/٢٠٢٥/a.csv', (2026, 11, 24)),
])
def test_folders_three_to_five_are_year_month_and_day_as_far_as_they_are_numbers(key, partition):
    assert read_key(key, LANDED) == Landing(key, 'Gen', 'Policy', partition)


@pytest.mark.parametrize(('key', 'folder', 'part'), [
    ('Gen/Policy/0/a.csv', '0', 'year'),
    ('Gen/Policy/2025/13/a.csv', '13', 'month'),
    ('Gen/Policy/2025/month=00/a.csv', 'month=00', 'month'),
    ('Gen/Policy/2025/12/32/a.csv', '32', 'day'),
    ('Gen/Policy/2025/12/0/a.csv', '0', 'day'),
])
def test_a_number_that_is_no_possible_date_part_is_refused_by_name(key, folder, part):
    with pytest.raises(LakeError, match=f"'{key}': folder '{folder}' .* no possible {part}. Nothing was started"):
        read_key(key, LANDED)


@pytest.mark.parametrize('key', ['a.csv', 'Gen/a.csv', 'Gen/Policy/', '/Policy/a.csv', 'Gen//a.csv', '', '//a'])
def test_a_file_above_its_table_starts_nothing(key):
    with pytest.raises(LakeError, match='expected DATABASE/TABLE/FILE.*Nothing was started'):
        read_key(key, LANDED)


def test_a_landing_names_its_workflow_path_and_file_in_their_own_case():
    landing = read_key('GenData/PolicyData/2025/03/my file.csv.gz', LANDED)
    assert (landing.workflow, landing.source_path, landing.base_file_name) == (
        'GenData/PolicyData', 'GenData/PolicyData/2025/03', 'my file.csv.gz')


def test_one_version_of_a_file_has_one_execution_and_another_version_another():
    same = {execution_id('Gen/Policy/a.csv', '10 111') for _ in range(3)}
    others = {execution_id('Gen/Policy/a.csv', '10 112'), execution_id('Gen/Policy/b.csv', '10 111'),
              execution_id('gen/Policy/a.csv', '10 111')}
    assert len(same) == 1 and len(same | others) == 4
    assert all(str(uuid.UUID(item)) == item for item in same)
