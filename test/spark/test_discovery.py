"""Every transform is found by its name: the lake's own, and a plain function in a module that users put beside them."""
from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from pyspark.sql.functions import transform_keys

from datatransform_dataprotection import transform_hash
from datatransform_structureddata import transform_jsonstructured
from lake_etl.config.entries.known import known_forms
from lake_etl.transform.discovery import OWN_MODULES, all_transforms, transforms_in
from lake_etl.transform.registry import Transform, UserTransform

SHARED = Path(__file__).resolve().parents[2] / 'lib' / 'glue_scripts' / 'lib'
NAMES = sorted(known_forms())
OWN_MODULE = '''"""Transforms of this company."""
from datatransform_misc import transform_merge
from pyspark.sql.functions import transform_values


def transform_company(df, spec, args, lineage, sc):
    """Do nothing."""
    return df


def transform_hash(df, spec, args, lineage, sc):
    """Hash as this company does."""
    return df


def helper():
    """Is no transform."""
'''


def module(name: str, **attributes: object) -> ModuleType:
    made = ModuleType(name)
    vars(made).update(attributes)
    return made


def plain(df, spec, args, lineage, sc):
    """Stand for a user's transform."""
    return df


def test_all_transforms_of_the_lake_are_found_in_its_modules_and_nothing_else():
    found = transforms_in(map(importlib.import_module, sorted(OWN_MODULES)))
    assert sorted(found) == NAMES
    assert all(isinstance(transform, Transform) for transform in found.values())
    assert found['json'] is found['jsonstructured'] is transform_jsonstructured


def test_every_transform_says_what_it_does():
    assert [name for name, transform in all_transforms().items() if not transform.documentation.strip()] == []


@pytest.mark.parametrize(('modules', 'expected'), [
    ([], {}),
    ([module('own', transform_company=plain, other=plain, transform_text='no function')],
     {'company': UserTransform('company', plain)}),
    ([module('own', transform_hash=transform_hash)], {'hash': transform_hash}),
    ([module('aaa', transform_hash=plain), module('datatransform_dataprotection', transform_hash=transform_hash)],
     {'hash': UserTransform('hash', plain)}),
    ([module('datatransform_dataprotection', transform_hash=transform_hash), module('own', transform_hash=plain)],
     {'hash': UserTransform('hash', plain)}),
    ([module('own', transform_keys=transform_keys)], {}),
], ids=['none', 'a plain function', 'an import', 'a plain function before the lake', 'a plain function after the lake',
        "a function of Spark's"])
def test_a_plain_function_counts_and_goes_before_the_lakes_own(modules, expected):
    assert transforms_in(modules) == expected


@pytest.mark.parametrize('zipped', [False, True], ids=['folder', 'zip file'])
def test_a_module_dropped_beside_the_lakes_own_is_found(tmp_path, zipped):
    place = tmp_path / 'shared.zip'
    with zipfile.ZipFile(place, 'w') as archive:
        for path in SHARED.rglob('*.py'):
            if path.relative_to(SHARED).parts[0].removesuffix('.py') in OWN_MODULES:
                archive.write(path, path.relative_to(SHARED))
        archive.writestr('a_company.py', OWN_MODULE)
    if not zipped:
        with zipfile.ZipFile(place) as archive:
            archive.extractall(tmp_path / 'shared')
        place = tmp_path / 'shared'
    program = ('import json; from lake_etl.transform.discovery import all_transforms; '
               'print(json.dumps({name: type(found).__name__ for name, found in all_transforms().items()}))')
    done = subprocess.run([sys.executable, '-c', program], env={**os.environ, 'PYTHONPATH': str(place)}, cwd=tmp_path,
                          capture_output=True, text=True, check=True)
    own = {'company': 'UserTransform', 'hash': 'UserTransform'}
    assert json.loads(done.stdout) == dict.fromkeys(NAMES, 'Transform') | own
