"""What a landed file starts follows from its key and the input_spec of its workflow alone."""
from __future__ import annotations

import pytest

from lake_etl.config.input import InputSpec
from lake_etl.landing.arrival import Subject, landing_spec, subject_of

FOLDER, NAMED = InputSpec(files='folder'), InputSpec(files='folder', trigger='done.txt')


@pytest.mark.parametrize(('key', 'spec', 'subject'), [
    ('Gen/Policy/a.csv', InputSpec(), Subject('Gen/Policy', 'a.csv')),
    ('Gen/Policy/2026/_SUCCESS', InputSpec(), Subject('Gen/Policy/2026', '_SUCCESS')),
    ('Gen/Policy/2026/a.csv', FOLDER, None),
    ('Gen/Policy/2026/_SUCCESS', FOLDER, Subject('Gen/Policy/2026', None)),
    ('Gen/Policy/2026/_success', FOLDER, None),
    ('Gen/Policy/2026/_SUCCESS', NAMED, None),
    ('Gen/Policy/2026/done.txt', NAMED, Subject('Gen/Policy/2026', None)),
    ('Gen/Policy/done.txt/a.csv', NAMED, None),
])
def test_a_file_starts_its_own_execution_or_completes_its_folder(key, spec, subject):
    assert subject_of(key, spec) == subject


@pytest.mark.parametrize(('content', 'files'), [
    (None, None), (b'{}', None), (b'{"input_spec": {}}', None), (b'{"input_spec": {"files": "folder"}}', 'folder'),
    (b'// parts\n{"input_spec": {"files": "folder"}, "transform_spec": {"no such": 1}}', 'folder'),
    (b'{"input_spec": {"files": "folders"}}', None), (b'{"input_spec": []}', None), (b'{', None), (b'[]', None)])
def test_a_specification_that_is_absent_or_wrong_lets_every_file_start(content, files):
    asked = []
    spec = landing_spec('Gen', 'Policy', lambda name: asked.append(name) or content)
    assert (spec.files, asked) == (files, ['transformation-spec/Gen-Policy.json'])
    assert spec.trigger_name == '_SUCCESS'
