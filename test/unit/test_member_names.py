"""Members of structs get names that the catalog can read; all other names stay."""
from __future__ import annotations

import pytest

from lake_etl.mapping.member_names import clean_member_names


@pytest.mark.parametrize(('names', 'expected'), [
    (['City', 'c.d', 'e f', 'a-b', 'größe', 'x/y'], ['City', 'c.d', 'e f', 'a-b', 'größe', 'x/y']),
    (['g,h', 'k:v', 'm<n', '`q`', '(p)', 'tab\tx'], ['gh', 'k_v', 'mn', 'q', 'p', 'tabx']),
    (['k:v', 'k_v', 'K:V'], ['k_v_2', 'k_v', 'K_V_3']),
    (['', ',', ' '], ['_c0', '_c1', '_c2']),
])
def test_only_unreadable_names_change(names, expected):
    assert clean_member_names(names) == expected
