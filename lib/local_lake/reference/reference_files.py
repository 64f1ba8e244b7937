"""The files of the reference: what each holds when it is made from the source as it is now."""
from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from lake_etl.config.documentation import paragraphs
from lake_etl.config.json_schema import (
    Schema, dependencies_schema, entity_match_schema, quality_schema, specification_schema)
from lake_etl.transform.discovery import all_transforms
from lake_etl.transform.registry import Transform
from lib.local_lake.reference.examples import read_examples
from lib.local_lake.reference.page import reference_page

REPOSITORY = Path(__file__).resolve().parents[3]


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
