"""Checks that the key of every item table follows from the end of its name."""
from __future__ import annotations

import pytest

from lake_etl.adapters.item_tables import key_schema
from lake_etl.errors import ItemStoreError


@pytest.mark.parametrize(('address', 'attributes'), [
    ('dev-insurancelake-etl-job-audit', ('execution_id',)),
    ('dev-insurancelake-etl-hash-values', ('hash_key',)),
    ('prod-my-lake-etl-value-lookup', ('source_system', 'column_name')),
    ('dev-insurancelake-etl-multi-lookup', ('lookup_group', 'lookup_item')),
    ('dev-insurancelake-etl-dq-results', ('execution_id', 'job_id_action_rule')),
    ('test-insurancelake-etl-data-lineage', ('step_function_execution_id', 'job_id_operation_seq')),
    ('sqlite:///home/user/lake.db#hash-values', ('hash_key',)),
    ('sqlite:///home/job-audit #1/lake.db#dev-multi-lookup', ('lookup_group', 'lookup_item'))])
def test_the_key_follows_from_the_end_of_the_name(address, attributes):
    assert key_schema(address).attributes == attributes


@pytest.mark.parametrize('address', [
    '', 'dev-insurancelake-etl-hash-value', 'rehash-values', 'hash-values-old', 'dev_hash-values',
    'sqlite:///home/hash-values/lake.db', 'sqlite:///home/lake.db#', 'sqlite:///home/hash-values#x'])
def test_another_name_is_refused_with_the_names_there_are(address):
    with pytest.raises(ItemStoreError, match='ends in one of job-audit, hash-values, value-lookup, multi-lookup, '
                                             'dq-results, data-lineage. Correct the table name'):
        key_schema(address)
