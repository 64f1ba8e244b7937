"""`./lake validate` checks entity match specifications with the other files, without Spark."""
from __future__ import annotations

import json

from lib.local_lake.cli import main

SPEC = {'primary_entity_table': 'people', 'global_id_field': 'globalid', 'levels': [
    {'id': '1', 'blocks': ['zip'], 'threshold': 0.85, 'fields': [{'fieldname': 'name', 'type': 'exact'}]}]}


def validate(folder, *arguments):
    return main(['--lake', str(folder / 'lake'), '--config', str(folder), 'validate', *arguments])


def write(folder, name, value):
    (folder / 'transformation-spec').mkdir(exist_ok=True)
    (folder / 'transformation-spec' / name).write_text(value if isinstance(value, str) else json.dumps(value))


def test_a_specification_that_is_right_is_said_to_be(tmp_path, capsys):
    write(tmp_path, 'Customer-entitymatch.json', SPEC)
    assert validate(tmp_path) == 0
    assert capsys.readouterr().out == 'Customer: the entity match specification is valid.\n'


def test_problems_of_specifications_and_of_workflows_come_together(tmp_path, capsys):
    write(tmp_path, 'Customer-entitymatch.json', {**SPEC, 'levels': [{**SPEC['levels'][0], 'blocks': ['zip[']}]})
    write(tmp_path, 'Other-entitymatch.json', '{')
    write(tmp_path, 'Gen-Policy.json', '{"transform_spec": {"dates": []}}')
    assert validate(tmp_path) == 1
    error = capsys.readouterr().err
    assert '3 configuration problems' in error and "Customer-entitymatch.json: levels[0]: block 'zip['" in error
    assert 'Other-entitymatch.json' in error and 'Gen-Policy.json' in error


def test_a_workflow_is_checked_with_the_specification_of_its_database_alone(tmp_path, capsys):
    write(tmp_path, 'Customer-entitymatch.json', SPEC)
    write(tmp_path, 'Other-entitymatch.json', '{')
    assert validate(tmp_path, 'Customer/A01') == 0
    assert 'Customer: the entity match specification is valid.' in capsys.readouterr().out
