"""Checks OpenLineage events against the published schemas of the event and of each facet."""
from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import jsonschema
from referencing import Registry, Resource

FOLDER = Path(__file__).parent / 'published' / 'openlineage'
CORE = 'https://openlineage.io/spec/{}/OpenLineage.json'
FORMATS = jsonschema.Draft202012Validator.FORMAT_CHECKER


@cache
def _validators():
    core = Resource.from_contents(json.loads((FOLDER / 'OpenLineage-2-0-2.json').read_text()))
    registry = Registry().with_resources((CORE.format(version), core) for version in ('2-0-2', '1-0-2', '1-0-1'))
    found = {'': jsonschema.Draft202012Validator(core.contents, registry=registry, format_checker=FORMATS)}
    for file in FOLDER.glob('*Facet.json'):
        schema = json.loads(file.read_text())
        (key, _), = schema['properties'].items()
        found[key] = jsonschema.Draft202012Validator(schema, registry=registry, format_checker=FORMATS)
    return found


def validate_event(event):
    """Raise ValidationError unless the event and all of its facets have their published form."""
    _validators()[''].validate(event)
    holders = [event['run']['facets'], event['job']['facets']]
    for dataset in (*event['inputs'], *event['outputs']):
        holders += [dataset['facets'], dataset.get('inputFacets', {}), dataset.get('outputFacets', {})]
    for facets in holders:
        for key, facet in facets.items():
            _validators()[key].validate({key: facet})


def events_in(file):
    """Return the events of a file, each checked."""
    events = [json.loads(line) for line in file.read_text(encoding='utf-8').splitlines()]
    for event in events:
        validate_event(event)
    return events
