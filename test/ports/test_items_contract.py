"""The item adapters fulfil one contract."""
from __future__ import annotations

import pickle
from decimal import Decimal

import pytest

from lake_etl.errors import ItemStoreError

VALUES = {
    'text': 'Prämie 保険 "quoted" \'q\' \\ \n\x00',
    'empty text': '',
    'null': None,
    'boolean': True,
    'whole number': 12345678901234567890123456789012345678,
    'negative number': -7,
    'amount': Decimal('1234567.89'),
    'tiny number': Decimal('1E-130'),
    'nested': {'list': [1, Decimal('0.5'), None, {'deep': [[], {}]}], 'name': 'nested'},
    'name': 'reserved', 'status': 'reserved', 'year': '2026', 'with.dot': 1, 'with space': 2, '#hash': 3, ':colon': 4,
}


class TestAnyItems:
    """What a job may rely on, wherever its items lie."""

    def test_every_kind_of_value_comes_back_as_it_was(self, item_store):
        table = item_store.table('hash-values')
        item_store.items.put(table, {'hash_key': 'k', **VALUES})
        found = item_store.items.get(table, {'hash_key': 'k'})
        assert found == {'hash_key': 'k', **VALUES}
        assert {name: type(value) for name, value in found.items()} == {
            'hash_key': str, **{name: type(value) for name, value in VALUES.items()}}

    @pytest.mark.parametrize(('given', 'expected'), [
        (0.1, Decimal('0.1')), (2.0, 2), (Decimal('1.50'), Decimal('1.5')), (Decimal('100.00'), 100),
        (Decimal('1E+3'), 1000), (-0.0, 0), (('a', 1.5), ['a', Decimal('1.5')]), ({'a': 0.25}, {'a': Decimal('0.25')})])
    def test_numbers_are_int_when_whole_and_exact_decimals_otherwise(self, item_store, given, expected):
        table = item_store.table('hash-values')
        item_store.items.put(table, {'hash_key': 'k', 'value': given})
        found = item_store.items.get(table, {'hash_key': 'k'})['value']
        assert (found, type(found)) == (expected, type(expected))

    @pytest.mark.parametrize('value', [
        float('nan'), Decimal('Infinity'), 10 ** 38 + 1, Decimal('1E+126'), Decimal('1E-131'), b'bytes', {'a', 'b'},
        object(), {1: 'number as name'}, {'': 'no name'}])
    def test_a_value_that_not_every_store_can_hold_is_refused_without_showing_it(self, item_store, value):
        table = item_store.table('hash-values')
        with pytest.raises(ItemStoreError, match="'value' of an item for the table .* was not written") as raised:
            item_store.items.put(table, {'hash_key': 'k', 'value': ['other', value]})
        assert repr(value) not in str(raised.value) and list(item_store.items.scan(table)) == []

    def test_an_absent_item_is_none(self, item_store):
        table = item_store.table('value-lookup')
        item_store.items.put(table, {'source_system': 'Life', 'column_name': 'StateCd', 'lookup_data': '{}'})
        assert item_store.items.get(table, {'source_system': 'Life', 'column_name': 'statecd'}) is None
        assert item_store.items.get(table, {'source_system': 'StateCd', 'column_name': 'Life'}) is None

    def test_put_replaces_the_whole_item(self, item_store):
        table = item_store.table('job-audit')
        item_store.items.put(table, {'execution_id': '1', 'source_key': 'old', 'error_message': 'old'})
        item_store.items.put(table, {'execution_id': '1', 'source_key': 'new'})
        assert list(item_store.items.scan(table)) == [{'execution_id': '1', 'source_key': 'new'}]

    def test_put_all_takes_an_iterator_and_the_last_of_equal_keys_counts(self, item_store):
        table = item_store.table('data-lineage')
        items = ({'step_function_execution_id': f'{number % 2}', 'job_id_operation_seq': f'{number % 30:04d}',
                  'operation_seq': number} for number in range(600))
        assert item_store.items.put_all(table, items) == 600
        found = sorted(item['operation_seq'] for item in item_store.items.scan(table))
        assert found == list(range(570, 600))
        assert item_store.items.put_all(table, []) == 0

    def test_equal_keys_in_one_batch_leave_the_last(self, item_store):
        table = item_store.table('hash-values')
        assert item_store.items.put_all(table, [{'hash_key': 'k', 'raw_data': text} for text in 'abc']) == 3
        assert list(item_store.items.scan(table)) == [{'hash_key': 'k', 'raw_data': 'c'}]

    def test_put_if_absent_creates_once_and_changes_nothing_afterwards(self, item_store):
        table = item_store.table('multi-lookup')
        first = {'lookup_group': 'Territory', 'lookup_item': 'CA-94105', 'territory': 'West'}
        assert item_store.items.put_if_absent(table, first) is True
        assert item_store.items.put_if_absent(table, {**first, 'territory': 'East'}) is False
        assert item_store.items.put_if_absent(table, {**first, 'lookup_item': 'CA-94106'}) is True
        assert item_store.items.get(table, {'lookup_group': 'Territory', 'lookup_item': 'CA-94105'}) == first

    def test_update_sets_attributes_and_keeps_the_others(self, item_store):
        table = item_store.table('job-audit')
        item_store.items.put(table, {'execution_id': '1', 'status': 'STARTED', 'source_key': 'db/table'})
        changes = {'status': 'FAILED', 'job latest.status': 2.5, 'year': None}
        item_store.items.update(table, {'execution_id': '1'}, changes)
        assert item_store.items.get(table, {'execution_id': '1'}) == {
            'execution_id': '1', 'status': 'FAILED', 'source_key': 'db/table', 'job latest.status': Decimal('2.5'),
            'year': None}

    def test_update_tells_whether_the_item_exists_and_creates_none(self, item_store):
        table = item_store.table('job-audit')
        item_store.items.put(table, {'execution_id': '1'})
        assert item_store.items.update(table, {'execution_id': '1'}, {'status': 'QUEUED'}) is True
        assert item_store.items.update(table, {'execution_id': '1'}, {}) is True
        assert item_store.items.update(table, {'execution_id': '2'}, {'status': 'QUEUED'}) is False
        assert item_store.items.update(table, {'execution_id': '2'}, {}) is False
        assert list(item_store.items.scan(table)) == [{'execution_id': '1', 'status': 'QUEUED'}]

    def test_query_gives_one_partition_sorted_by_the_bytes_of_the_sort_key(self, item_store):
        table = item_store.table('multi-lookup')
        keys = ['a', 'B', '-', '10', '2', 'é', '保', '😀', '\ufb01', 'a-1', 'A']
        item_store.items.put_all(table, [{'lookup_group': 'g', 'lookup_item': key} for key in keys])
        item_store.items.put_all(table, [{'lookup_group': other, 'lookup_item': 'a'} for other in ('G', 'g1', 'g ')])
        found = [item['lookup_item'] for item in item_store.items.query(table, 'g')]
        assert found == sorted(keys, key=str.encode)
        assert list(item_store.items.query(table, 'absent')) == []

    def test_query_and_scan_read_every_page(self, item_store):
        table = item_store.table('multi-lookup')
        item_store.items.put_all(table, [
            {'lookup_group': 'g', 'lookup_item': f'{number}', 'text': 'x' * 300_000} for number in range(9)])
        assert [item['lookup_item'] for item in item_store.items.query(table, 'g')] == list('012345678')
        assert sorted(item['lookup_item'] for item in item_store.items.scan(table)) == list('012345678')

    def test_items_may_be_written_while_others_are_read(self, item_store):
        table = item_store.table('hash-values')
        item_store.items.put_all(table, [{'hash_key': f'{number}'} for number in range(30)])
        for item in item_store.items.scan(table):
            item_store.items.update(table, {'hash_key': item['hash_key']}, {'raw_data': 'seen'})
        assert all(item['raw_data'] == 'seen' for item in item_store.items.scan(table))

    @pytest.mark.parametrize(('kind', 'item', 'message'), [
        ('hash-values', {'raw_data': 'x'}, "no value in its key attribute 'hash_key'"),
        ('hash-values', {'hash_key': None}, "no value in its key attribute 'hash_key'"),
        ('hash-values', {'hash_key': ''}, "an empty text in its key attribute 'hash_key'"),
        ('hash-values', {'hash_key': 7}, "a value of type int in its key attribute 'hash_key'"),
        ('value-lookup', {'source_system': 'x'}, "no value in its key attribute 'column_name'")])
    def test_an_item_without_a_usable_key_is_refused(self, item_store, kind, item, message):
        table = item_store.table(kind)
        for use in (item_store.items.put, item_store.items.put_if_absent, item_store.items.get,
                    lambda table, item: item_store.items.put_all(table, [item]),
                    lambda table, item: item_store.items.update(table, item, {'a': 1})):
            with pytest.raises(ItemStoreError, match=message):
                use(table, item)
        assert list(item_store.items.scan(table)) == []

    def test_a_key_with_other_attributes_and_an_update_of_the_key_are_refused(self, item_store):
        table = item_store.table('job-audit')
        with pytest.raises(ItemStoreError, match="'status' .* is not part of its key .execution_id"):
            item_store.items.get(table, {'execution_id': '1', 'status': 'x'})
        with pytest.raises(ItemStoreError, match="'execution_id' .* is part of its key, which an update cannot change"):
            item_store.items.update(table, {'execution_id': '1'}, {'execution_id': '2'})
        assert list(item_store.items.scan(table)) == []

    def test_a_table_that_does_not_exist_is_named(self, item_store):
        table, item = item_store.table('hash-valuez'), {'hash_key': 'k'}
        for use in (lambda: item_store.items.put(table, item), lambda: item_store.items.put_all(table, [item]),
                    lambda: item_store.items.put_if_absent(table, item), lambda: item_store.items.get(table, item),
                    lambda: item_store.items.update(table, item, {'a': 1}),
                    lambda: list(item_store.items.query(table, 'k')), lambda: list(item_store.items.scan(table))):
            with pytest.raises(ItemStoreError, match='hash-valuez'):
                use()

    def test_it_travels_to_other_processes_after_use(self, item_store):
        table = item_store.table('hash-values')
        item_store.items.put(table, {'hash_key': 'k'})
        travelled = pickle.loads(pickle.dumps(item_store.items))
        assert travelled.get(table, {'hash_key': 'k'}) == {'hash_key': 'k'}

    def test_one_adapter_serves_many_threads(self, item_store, in_threads):
        table, failures = item_store.table('data-lineage'), []

        def write(thread: int) -> None:
            try:
                item_store.items.put_all(table, ({'step_function_execution_id': f'{thread}',
                                                  'job_id_operation_seq': f'{number}'} for number in range(60)))
            except ItemStoreError as error:
                failures.append(error)

        in_threads(write, 4)
        assert failures == [] and sum(1 for _ in item_store.items.scan(table)) == 240
