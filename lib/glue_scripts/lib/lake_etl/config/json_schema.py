"""Builds the JSON Schemas with which editors complete and check configuration files, from dataclasses."""
from __future__ import annotations

import re
import types
import typing
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any

from lake_etl.config.dependencies import INTERVALS, MOMENTS
from lake_etl.config.documentation import Key, paragraphs, record_keys
from lake_etl.config.form import Form, Shape
from lake_etl.config.input import InputSpec
from lake_etl.config.match_specification import EntityMatchSpec
from lake_etl.config.quality_rules import QualityFile

Schema = dict[str, Any]
VERSION = 'http://json-schema.org/draft-07/schema#'
SIMPLE_TYPES: dict[Any, str] = {
    str: 'string', int: 'integer', float: 'number', bool: 'boolean', type(None): 'null', dict: 'object'}
ANNOTATION: Schema = {'description': 'A comment for readers.'}


def specification_schema(transforms: Mapping[str, Form[Any] | None], effects: Mapping[str, str]) -> Schema:
    """Return the schema of a transformation specification.

    transforms  form by name; None for a transform that does not declare the form of its entries
    effects     what each transform does, by name
    """
    records = _Records()
    steps: Schema = {}
    repeated: Schema = {}
    for name, form in transforms.items():
        steps[name] = {'description': effects[name], **(_form_schema(form, records) if form else {})}
        repeated[rf'^\s*{re.escape(name)}\s*(:.*)?$'] = {'$ref': f'#/properties/transform_spec/properties/{name}'}
    transform_spec = {
        'description': 'Transforms in the order in which they are applied; date:2 is a second date.', 'type': 'object',
        'properties': {'description': ANNOTATION, **steps}, 'patternProperties': repeated,
        'additionalProperties': False}
    return {
        '$schema': VERSION, 'title': 'Transformation specification',
        'description': 'How the files of a workflow are read, and how their columns are transformed.', 'type': 'object',
        'properties': {'description': ANNOTATION, 'input_spec': records.reference(InputSpec),
                       'transform_spec': transform_spec},
        'additionalProperties': False, 'definitions': records.definitions}


def dependencies_schema() -> Schema:
    """Return the schema of a file with workflow dependencies."""
    number, whole_number = {'type': 'number'}, {'type': 'integer'}
    return {
        '$schema': VERSION, 'title': 'Workflow dependencies',
        'description': 'Which workflows must have succeeded before a file of this one is loaded.', 'type': 'object',
        'properties': {
            'description': ANNOTATION,
            'depends_on': {'description': 'Workflows as "Database/Table", each with the value 1.', 'type': 'object',
                           'minProperties': 1, 'patternProperties': {'^[^/]+/[^/]+$': {'const': 1}},
                           'additionalProperties': False},
            'lookback': {'description': 'A success within this interval counts; without it only a later one.',
                         'type': 'object', 'additionalProperties': False,
                         'properties': dict.fromkeys(INTERVALS, number) | dict.fromkeys(MOMENTS, whole_number)}},
        'required': ['depends_on'], 'additionalProperties': False}


def quality_schema() -> Schema:
    """Return the schema of a file with data quality rules, in which each rule is any text."""
    records = _Records()
    return {'$schema': VERSION, 'title': 'Data quality rules', **records.reference(QualityFile),
            'definitions': records.definitions}


def entity_match_schema() -> Schema:
    """Return the schema of an entity match specification."""
    records = _Records()
    return {'$schema': VERSION, 'title': 'Entity match', **records.reference(EntityMatchSpec),
            'definitions': records.definitions}


class _Records:
    """Collects the schemas of dataclasses, each named by its module and class."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}

    def reference(self, record_type: type[Any]) -> Schema:
        """Return a reference to the schema of a dataclass; builds the schema at its first use."""
        name = f'{record_type.__module__.rpartition(".")[2]}.{record_type.__name__}'
        if name not in self.definitions:
            self.definitions[name] = {}
            keys = record_keys(record_type)
            self.definitions[name] |= {
                'description': paragraphs(record_type.__doc__)[0], 'type': 'object',
                'properties': {'description': ANNOTATION} | {key.name: self._key_schema(key) for key in keys},
                'required': [key.name for key in keys if key.required], 'additionalProperties': False}
        return {'$ref': f'#/definitions/{name}'}

    def _key_schema(self, key: Key) -> Schema:
        described = {'description': key.meaning} if key.meaning else {}
        has_default = not (key.required or key.default is None or is_dataclass(key.default))
        default = {'default': key.default} if has_default else {}
        return {**described, **self.type_schema(key.hint), **default}

    def type_schema(self, hint: Any) -> Schema:
        """Return the schema of a type."""
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if hint is Any:
            return {}
        if origin in (typing.Union, types.UnionType):
            return self._union_schema(arguments)
        if origin is tuple:
            return {'type': 'array', 'items': self.type_schema(arguments[0])}
        if origin is dict:
            return {'type': 'object', 'additionalProperties': self.type_schema(arguments[1])}
        if origin is typing.Literal:
            return {'enum': list(arguments)}
        return {'type': SIMPLE_TYPES[hint]} if hint in SIMPLE_TYPES else self.reference(hint)

    def _union_schema(self, arguments: tuple[Any, ...]) -> Schema:
        if all(item in SIMPLE_TYPES for item in arguments):
            # In JSON Schema a number includes whole numbers.
            return {'type': [SIMPLE_TYPES[item] for item in arguments if not (item is int and float in arguments)]}
        return {'anyOf': [self.type_schema(item) for item in arguments]}


def _form_schema(form: Form[Any], records: _Records) -> Schema:
    """Return the schema of the entries of one transform."""
    if form.shape is Shape.NAMES:
        name: Schema = {'type': 'string'}
        item = {'anyOf': [name, records.reference(form.entry_type)]} if form.names_may_be_objects else name
        return {'type': 'array', 'items': item}
    if form.shape is Shape.VALUES:
        value = next(key for key in record_keys(form.entry_type) if key.name == 'value')
        return {'type': 'object', 'additionalProperties': {'description': value.meaning,
                                                           **records.type_schema(value.hint)}}
    entry = records.reference(form.entry_type)
    return {'anyOf': [{'type': 'array', 'items': entry}, entry]}
