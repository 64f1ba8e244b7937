"""Lists the functions on arrays and maps that take no lambda, and how each is written for DuckDB."""
from __future__ import annotations

from collections.abc import Iterator

from lake_etl.adapters.local.athena import values_lists, values_numbers
from lake_etl.adapters.local.athena.signatures import FunctionForm, python_form, sql_form

ENTRIES = 'list_transform(map_entries({0}), lambda entry: struct_pack(field0 := entry.key, field1 := entry.value))'


def list_forms() -> Iterator[FunctionForm]:
    """Yield the forms of the functions on arrays and maps."""
    yield sql_form('cardinality(array(T)) -> bigint', 'CAST(len({0}) AS BIGINT)')
    yield sql_form('cardinality(map(K, V)) -> bigint', 'CAST(cardinality({0}) AS BIGINT)')
    yield sql_form('array_max(array(T)) -> T', 'CASE WHEN len({0}) = len(list_filter({0}, lambda item: item IS NOT '
                   'NULL)) THEN list_max({0}) END')
    yield sql_form('array_min(array(T)) -> T', 'CASE WHEN len({0}) = len(list_filter({0}, lambda item: item IS NOT '
                   'NULL)) THEN list_min({0}) END')
    yield sql_form('array_sort(array(T)) -> array(T)', "list_sort({0}, 'ASC', 'NULLS LAST')")
    yield sql_form('array_position(array(T), T) -> bigint', 'CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN '
                   'coalesce(list_position({0}, {1}), 0) END')
    yield sql_form('array_remove(array(T), T) -> array(T)', 'CASE WHEN {1} IS NOT NULL THEN list_filter({0}, lambda '
                   'item: item IS DISTINCT FROM {1}) END')
    yield sql_form('contains(array(T), T) -> boolean', 'CASE WHEN {0} IS NULL OR {1} IS NULL THEN NULL WHEN '
                   'list_contains({0}, {1}) THEN true WHEN len({0}) > len(list_filter({0}, lambda item: item IS NOT '
                   'NULL)) THEN NULL ELSE false END')
    yield sql_form('reverse(array(T)) -> array(T)', 'list_reverse({0})')
    yield sql_form('map_keys(map(K, V)) -> array(K)', 'map_keys({0})')
    yield sql_form('map_values(map(K, V)) -> array(V)', 'map_values({0})')
    yield sql_form('map_entries(map(K, V)) -> array(row(K, V))', ENTRIES)
    yield sql_form('map_from_entries(array(row(K, V))) -> map(K, V)', 'map_from_entries({0})')
    yield sql_form('map(array(K), array(V)) -> map(K, V)', 'map({0}, {1})')
    yield python_form('array_distinct(array(T)) -> array(T)', values_lists.distinct)
    yield python_form('array_union(array(T), array(T)) -> array(T)', values_lists.union)
    yield python_form('array_intersect(array(T), array(T)) -> array(T)', values_lists.intersect)
    yield python_form('array_except(array(T), array(T)) -> array(T)', values_lists.without)
    yield python_form('arrays_overlap(array(T), array(T)) -> boolean', values_lists.overlap)
    yield python_form('contains_sequence(array(T), array(T)) -> boolean', values_lists.contains_sequence)
    yield python_form('combinations(array(T), integer) -> array(array(T))', values_lists.combinations)
    yield python_form('ngrams(array(T), integer) -> array(array(T))', values_lists.ngrams)
    yield python_form('repeat(T, integer) -> array(T)', values_lists.repeat, takes_null=True)
    yield python_form('slice(array(T), bigint, bigint) -> array(T)', values_lists.slice_items)
    yield python_form('trim_array(array(T), bigint) -> array(T)', values_lists.trim_array)
    yield python_form('flatten(array(array(T))) -> array(T)', values_lists.flatten)
    yield python_form('multimap_from_entries(array(row(K, V))) -> map(K, array(V))', values_lists.multimap_from_entries)
    yield python_form('shuffle(array(T)) -> array(T)', values_numbers.shuffled, changes=True)
