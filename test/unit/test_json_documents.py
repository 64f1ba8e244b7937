"""Documents that span lines are split into one per line, wherever the chunks of the file end."""
from __future__ import annotations

import json
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_etl.read.json_documents import UnfinishedDocument, split_documents
from lake_etl.read.json_keys import repeats_key
from lake_etl.read.json_numbers import Digits, number_digits

VALUES = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3), max_leaves=8)
OBJECTS = st.dictionaries(st.text(max_size=4), VALUES, max_size=4)


def chunks(text: str, size: int) -> list[str]:
    return [text[start:start + size] for start in range(0, len(text), size)]


@given(st.lists(OBJECTS, max_size=5), st.booleans(), st.sampled_from([None, 1]), st.integers(1, 40))
def test_every_document_becomes_one_line(documents, in_array, indent, size):
    texts = [json.dumps(item, indent=indent, ensure_ascii=False) for item in documents]
    content = f'[{",".join(texts)}]' if in_array else '\n'.join(texts)
    found = list(split_documents(chunks(content, size)))
    assert [json.loads(item) for item in found] == documents
    assert not any('\n' in item or '\r' in item for item in found)


@pytest.mark.parametrize('content', ['{"a": 1', '[', '[{"a": 1}', '{"a": "x}', '{}{'])
@pytest.mark.parametrize('size', [1, 100])
def test_text_that_ends_inside_a_document_is_an_error(content, size):
    with pytest.raises(UnfinishedDocument):
        list(split_documents(chunks(content, size)))


@pytest.mark.parametrize(('content', 'expected'), [
    ('{"a": 1} oops {"a": 2}', ['{"a": 1}', 'oops ', '{"a": 2}']), ('12 "x"', ['12 "x"']), ('[1, 2]', ['1, 2']),
    ('{}}', ['{}', '}']), (' \n\n', []), ('{"a":\n"x\ny"}', ['{"a":\t"x\ty"}'])])
def test_text_that_is_no_object_is_a_line_of_its_own(content, expected):
    assert [item.strip() for item in split_documents([content])] == [item.strip() for item in expected]


def test_documents_are_given_before_the_text_has_been_read_to_its_end():
    def endless():
        while True:
            yield '{"a": 1}\n'
    assert len(list(islice(split_documents(endless()), 1000))) == 1000


@pytest.mark.parametrize(('text', 'expected'), [
    ('12.50', Digits(2, 2, 4)), ('0.05', Digits(0, 2, 1)), ('-1.0E7', Digits(8, 0, 2)), ('5e-3', Digits(0, 3, 1)),
    ('0.0', Digits(0, 1, 1)), ('7', Digits(20, 0, 1)), ('NaN', Digits(finite=False))])
def test_the_digits_of_a_number_are_those_of_its_value(text, expected):
    assert number_digits(text) == expected


@pytest.mark.parametrize(('text', 'expected'), [
    ('{"a": 1, "a": 1}', True), ('{"a": {"b": [{"c": 1, "c": 2}]}}', True), ('{"a": {"a": 1}}', False), ('{', False)])
def test_a_key_is_repeated_only_inside_one_object(text, expected):
    assert repeats_key(text) is expected
