"""Nested names that the catalog cannot read never break a table, or later runs of it."""
from __future__ import annotations

import json


def test_a_table_with_odd_nested_keys_is_read_and_loaded_again(lake):
    document = json.dumps({'policy.no': 1, 'a b': {'c.d': 5, 'g,h': [{'k:v': 7, 'm<n>': 'x'}]}})
    for name in ('a', 'b'):
        result = lake.run(f'Gen/Policy/{name}.json', document)
        assert result.status == 'SUCCEEDED', result.reason
        assert lake.types('gen', 'policy')['a_b'] == 'struct<c.d:bigint,gh:array<struct<k_v:bigint,mn:string>>>'
        assert lake.rows('SELECT a_b, policy_no FROM gen.policy') == [({'c.d': 5, 'gh': [{'k_v': 7, 'mn': 'x'}]}, 1)]
