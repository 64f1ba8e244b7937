"""Makes the reference from the source: the page of all transforms and input options, and the schemas for editors."""
from __future__ import annotations

import json
import re
import textwrap
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lake_etl.config.documentation import Key, paragraphs, record_keys
from lake_etl.config.entries.known import ALIASES, MODULES, forms_of_module
from lake_etl.config.form import Form, Shape
from lake_etl.config.input import InputSpec
from lake_etl.config.input_formats import InputSections
from lake_etl.config.json_schema import (
    Schema, dependencies_schema, entity_match_schema, quality_schema, specification_schema)
from lake_etl.syntax.records import KIND_NAMES
from lake_etl.transform.discovery import all_transforms
from lake_etl.transform.registry import Transform
from lib.local_lake.reference.examples import Cells, Example, read_examples

WIDTH = 120
GROUPS = {
    'datatransform_typeconversion': 'Types and formats', 'datatransform_stringmanipulation': 'Text',
    'datatransform_dataprotection': 'Data protection', 'datatransform_premium': 'Premiums and policy terms',
    'datatransform_structureddata': 'Nested data', 'datatransform_lookup': 'Look-ups', 'datatransform_misc': 'Rows'}
SHAPES = {
    Shape.ENTRIES: 'A list of objects, or one object, with the keys:',
    Shape.NAMES: 'A list of names of columns.',
    Shape.VALUES: 'An object whose keys are names of columns. The value of each is:'}
NAMES_OR_OBJECTS = 'A list of names of columns, or of objects with the keys:'
INTRODUCTION = """\
# Reference of transforms and input options

This page is made from the source, as are the schemas in `docs/schemas`; the
[developer guide](developer-guide.md#the-reference) tells how. Its examples are run by a test. The
[user guide](user-guide.md) explains how all of it plays together.
"""


def schemas() -> Mapping[str, Schema]:
    """Return the schema of each kind of configuration file, by the name of its own file."""
    transforms = all_transforms()
    effects = {name: paragraphs(item.documentation)[0] for name, item in transforms.items()}
    forms = {name: item.form if isinstance(item, Transform) else None for name, item in sorted(transforms.items())}
    return {'transformation-spec': specification_schema(forms, effects), 'dependencies': dependencies_schema(),
            'dq-rules': quality_schema(), 'entity-match': entity_match_schema()}


def reference_files() -> Mapping[str, str]:
    """Return the text of each file of the reference by its path in the repository."""
    effects = {name: paragraphs(item.documentation) for name, item in all_transforms().items()}
    page = reference_page(effects, read_examples())
    return {'docs/transforms.md': page} | {f'docs/schemas/{name}.schema.json': json.dumps(schema, indent=2) + '\n'
                                           for name, schema in schemas().items()}


def reference_page(effects: Mapping[str, Sequence[str]], examples: Mapping[str, Example]) -> str:
    """Return the page from what each transform does, in paragraphs, and an example of each."""
    lines = [INTRODUCTION, *_contents(), '## Input', '', 'The keys of `input_spec`, all of which may be left out:', '']
    lines += [*_key_list(record_keys(InputSpec)), '']
    for section, names in _sections().items():
        lines += [f'### Section {", ".join(names)}', '', paragraphs(section.__doc__)[0], '',
                  *_key_list(record_keys(section)), '']
    for module in MODULES:
        lines += [f'## {GROUPS[module]}', '']
        for form in forms_of_module(module):
            lines += _transform(form, effects[form.name], examples[form.name])
    return '\n'.join(lines).rstrip() + '\n'


def _sections() -> Mapping[type[Any], Sequence[str]]:
    """Return the sections of the input_spec that have keys of their own, and the names of each."""
    found: dict[type[Any], list[str]] = {}
    for key in record_keys(InputSections):
        found.setdefault(typing.get_args(key.hint)[0], []).append(key.name)
    return {section: names for section, names in found.items() if record_keys(section)}


def _contents() -> Iterator[str]:
    yield '- [Input](#input)'
    for module in MODULES:
        title = GROUPS[module]
        links = ', '.join(f'[{form.name}](#{form.name})' for form in forms_of_module(module))
        yield from _wrapped(f'- [{title}](#{title.lower().replace(" ", "-")}): {links}', '  ')
    yield ''


def _transform(form: Form[Any], effect: Sequence[str], example: Example) -> Iterator[str]:
    yield from (f'### {form.name}', '')
    for paragraph in effect:
        yield from (*_wrapped(paragraph), '')
    others = [alias for alias, name in ALIASES.items() if name == form.name]
    if others:
        yield from (f'`{"`, `".join(others)}` is another name for it.', '')
    yield from (NAMES_OR_OBJECTS if form.names_may_be_objects else SHAPES[form.shape], '')
    keys = record_keys(form.entry_type)
    if form.shape is Shape.ENTRIES or form.names_may_be_objects:
        yield from (*_key_list(keys), '')
    if form.shape is Shape.VALUES:
        yield from (*_wrapped(next(key.meaning for key in keys if key.name == 'value')), '')
    yield from _example(form.name, example)


def _key_list(keys: Sequence[Key]) -> Iterator[str]:
    """Yield one item of a list for each key."""
    for key in keys:
        traits = [kind for kind in (_kind(key.hint), '' if key.required else _default(key)) if kind]
        yield from _wrapped(f'- `{key.name}` ({"; ".join(traits)}): {key.meaning}', '  ')


def _kind(hint: Any) -> str:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return 'any value'
    if origin in (typing.Union, types.UnionType):
        kinds = (_kind(item) for item in arguments
                 if item is not type(None) and not (item is int and float in arguments))
        return ' or '.join(dict.fromkeys(kinds))
    if origin is typing.Literal:
        return ' or '.join(f'`{item}`' for item in arguments)
    if origin is tuple:
        return 'list of texts'
    if origin is dict or hint not in KIND_NAMES:
        return 'object'
    return KIND_NAMES[hint].removeprefix('a ')


def _default(key: Key) -> str:
    if key.default in (None, (), {}):
        return 'optional'
    return f'default `{json.dumps(key.default)}`'


def _example(name: str, example: Example) -> Iterator[str]:
    yield from ('```jsonc', *_specification(name, example.spec).splitlines(), '```', '')
    for sentence in _surroundings(example):
        yield from (*_wrapped(sentence), '')
    yield from _table(example.columns, example.rows)
    yield from ('', 'becomes', '')
    yield from (*_table(example.result_columns, example.result_rows), '')


def _surroundings(example: Example) -> Iterator[str]:
    """Yield what else the result of an example depends on."""
    if example.file != Example.file:
        yield f'The file is `{example.file}`.'
    for lookup, values in example.lookups.items():
        yield f'The look-up {lookup} is `{json.dumps(values)}`.'
    for group, items in example.lookup_groups.items():
        yield f'The items of the look-up group {group} are `{json.dumps(items)}`.'


def _specification(name: str, spec: Any) -> str:
    """Return the step as JSON, entries that fit on a line of their own."""
    if not isinstance(spec, list) or not spec or isinstance(spec[0], str):
        return f'"{name}": {_object(spec) if isinstance(spec, dict) else json.dumps(spec)}'
    entries = ',\n'.join(textwrap.indent(_object(entry), '    ') for entry in spec)
    return f'"{name}": [\n{entries}\n]'


def _object(value: Mapping[str, Any]) -> str:
    short = json.dumps(value, ensure_ascii=False)
    return short if len(short) < WIDTH - 20 else json.dumps(value, ensure_ascii=False, indent=4)


def _table(columns: Mapping[str, str], rows: Sequence[Cells]) -> Iterator[str]:
    types = (f'`{kind}`' for kind in columns.values())
    for cells in (columns, ['---'] * len(columns), types, *(map(_cell, row) for row in rows)):
        yield f'| {" | ".join(cells)} |'


def _cell(value: str | None) -> str:
    if value is None:
        return 'null'
    return '`' + re.sub(r'\|', r'\\|', value) + '`' if value else '(empty text)'


def _wrapped(text: str, indent: str = '') -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
