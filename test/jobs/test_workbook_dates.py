"""A step that reads dates by a pattern takes the dates of a workbook's cells as they are."""
from __future__ import annotations

from datetime import date
from pathlib import Path

GOLDEN = Path(__file__).resolve().parents[1] / 'golden'


def test_a_date_is_a_date_already(lake):
    lake.configure('transformation-spec/Gen-Policy.json',
                   {'transform_spec': {'date': [{'field': 'inception', 'format': 'dd/MM/yyyy'}]}})
    result = lake.run('Gen/Policy/a.xlsx', (GOLDEN / 'xlsxwriter-dates.xlsx').read_bytes())
    assert result.status == 'SUCCEEDED', result.reason
    assert lake.rows('SELECT inception FROM gen.policy ORDER BY pol') == [(date(2024, 1, 5),), (date(2024, 1, 6),)]
