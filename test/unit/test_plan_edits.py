"""A plan tells the effect of more than 60 edits of the sample configuration, and is not alarmed by 30 others."""
from __future__ import annotations

import re
import shutil
import time

import pytest
from plan_edits import NOT_ON_DATA, ON_DATA, Edit

from lib.local_lake.folders import KINDS, OWN_CONFIGURATION
from lib.local_lake.planning.configured_lake import ConfiguredLake, read_configured_lake
from lib.local_lake.planning.lake_comparison import ConfigurationPlan, compare_lakes

MOST_FALSE_ALARMS = 0.1
# The files that the effects of an edit can be seen in, so that not all are read for each edit.
GROUPS = {name: re.compile(f'.*/[a-z-]*{pattern}[.-]') for name, pattern in (
    ('policies', 'SyntheticGeneralData-(PolicyData|ClaimData|CombinedData)'),
    ('written', 'SyntheticGeneralData-WrittenPolicyData'),
    ('life', 'SyntheticLifeData-(PolicyData|ClaimData)'), ('customers', 'Customer-(A01|entitymatch)'))}


@pytest.fixture(scope='module')
def samples(tmp_path_factory):
    """Groups of the sample configuration in folders of their own, with what the lake reads in them."""
    found = {}
    for group, pattern in GROUPS.items():
        folder = tmp_path_factory.mktemp(group)
        for kind in KINDS:
            (folder / kind).mkdir()
            for path in filter(pattern.match, map(str, (OWN_CONFIGURATION / kind).iterdir())):
                shutil.copy(path, folder / kind)
        found[group] = folder, read_configured_lake(folder, {}, 'Dev')
    return found


def plan_of(edit: Edit, samples, tmp_path) -> ConfigurationPlan:
    folder, before = samples[edit.group]
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    edit.apply(tmp_path)
    return compare_lakes(before, read_configured_lake(tmp_path, {}))


def effects(plan: ConfigurationPlan) -> set[str]:
    return {f'{effect.kind} {effect.table}' + (f'.{effect.column}' if effect.column else '')
            for effect in plan.effects if effect.changes_data}


@pytest.mark.parametrize('edit', ON_DATA, ids=lambda edit: edit.name)
def test_an_edit_has_its_effects(edit, samples, tmp_path):
    plan = plan_of(edit, samples, tmp_path)
    assert plan.changes_data, 'no edit may seem to change nothing'
    assert effects(plan) == edit.effects
    said = ' '.join(f'{item.place} {item.reason}' for item in plan.breakages)
    assert all(word in said for word in edit.breaks) and bool(said) == bool(edit.breaks), said
    assert edit.touches <= {item.table for item in plan.downstream}


def test_edits_without_effect_on_data_are_at_most_a_tenth_false_alarms(samples, tmp_path):
    alarms = {}
    for number, edit in enumerate(NOT_ON_DATA):
        plan = plan_of(edit, samples, tmp_path / str(number))
        if plan.changes_data:
            alarms[edit.name] = effects(plan)
        assert not plan.reloads or plan.changes_data
    assert 'an owner' not in alarms
    assert len(alarms) <= MOST_FALSE_ALARMS * len(NOT_ON_DATA), alarms
    assert len(ON_DATA) >= 60 and len(NOT_ON_DATA) >= 20


def test_the_static_part_takes_less_than_two_seconds():
    started = time.process_time()
    before = read_configured_lake(OWN_CONFIGURATION, {}, 'Dev')
    plan = compare_lakes(before, read_configured_lake(OWN_CONFIGURATION, {}))
    assert not plan.changes_data and not plan.effects
    assert time.process_time() - started < 2


def test_an_empty_folder_has_no_workflow(tmp_path):
    assert compare_lakes(read_configured_lake(tmp_path, {}), read_configured_lake(tmp_path, {})).effects == ()
    assert ConfiguredLake().name('gen/policy') == 'gen/policy'


def configured(folder, files):
    """Return what a configuration folder with these files says."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return read_configured_lake(folder, {}, 'Dev')


POLICIES = {
    'transformation-spec/Gen-Agents.csv': 'SourceName,DestName\nname,name\nstate,state\n',
    'transformation-spec/Gen-Policy.csv': 'SourceName,DestName\nid,id\nagent,agent\npaid,paid\n',
    'dq-rules/dq-Gen-Policy.json': '{"after_transform": {"quarantine_rules": ["ReferentialIntegrity \'agent\' '
                                   '\'gen.agents.name\' > 0.9"]}}',
    'transformation-sql/spark-Gen-Policy.sql': 'SELECT id, agent, paid, year, month, day FROM gen.policy',
    'transformation-sql/athena-Gen-Policy.sql': 'CREATE VIEW v1 AS SELECT paid AS amount FROM gen_consume.policy; '
                                                'CREATE VIEW v2 AS SELECT sum(amount) AS total FROM gen_consume.v1'}


def test_rules_that_read_other_tables_and_views_of_views_are_told(tmp_path):
    before = configured(tmp_path / 'before', POLICIES)
    mapping, views = 'transformation-spec/Gen-Agents.csv', 'transformation-sql/athena-Gen-Policy.sql'
    renamed = compare_lakes(before, configured(
        tmp_path / 'renamed', {**POLICIES, mapping: POLICIES[mapping].replace('name,name', 'name,broker')}))
    assert [(item.place, item.reason.rpartition('> 0.9 ')[2], item.certain) for item in renamed.breakages] == [
        ('dq-Gen-Policy.json', 'reads gen.agents.name, which does not exist', True)]
    assert ('gen.policy', False) in {(item.table, item.certain) for item in renamed.downstream}
    gone = compare_lakes(before, configured(tmp_path / 'gone', {
        name: text for name, text in POLICIES.items() if name != mapping}))
    assert [(item.reason.rpartition('> 0.9 ')[2], item.certain) for item in gone.breakages] == [
        ('reads gen.agents, which no workflow fills any more', False)]
    doubled = compare_lakes(before, configured(
        tmp_path / 'doubled', {**POLICIES, views: POLICIES[views].replace('paid AS', 'paid * 2 AS')}))
    assert [item.table for item in doubled.downstream] == ['gen_consume.v2'] and not doubled.breakages


def test_a_change_of_what_cannot_be_read_is_never_nothing(tmp_path):
    rules, views = 'dq-rules/dq-Gen-Policy.json', 'transformation-sql/athena-Gen-Policy.sql'
    wrong = {**POLICIES, rules: '{"after_transform": {"quarantine_rules": ["Nonsense"]}}'}
    before = configured(tmp_path / 'before', wrong)
    assert not compare_lakes(before, configured(tmp_path / 'same', wrong)).changes_data
    plan = compare_lakes(before, configured(tmp_path / 'edited', {**wrong, views: wrong[views].replace('sum', 'max')}))
    assert [item.place for item in plan.breakages] == ['dq-Gen-Policy.json'] and plan.changes_data
    # What cannot be read any more has not lost its tables or its protection.
    broken = compare_lakes(configured(tmp_path / 'good', POLICIES), before)
    assert [item.place for item in broken.breakages] == ['dq-Gen-Policy.json'] and not broken.effects


def test_columns_of_one_name_that_go_from_two_tables_are_both_told(tmp_path):
    both = {**POLICIES, 'transformation-spec/Gen-Both.csv': 'SourceName,DestName\nid,id\n',
            'transformation-sql/spark-Gen-Both.sql': 'SELECT p.id, a.name, p.name AS other, year, month, day '
                                                     'FROM gen.policy AS p JOIN gen.agents AS a ON a.name = p.name'}
    both['transformation-spec/Gen-Policy.csv'] += 'name,name\n'
    without = {**both, 'transformation-spec/Gen-Policy.csv': POLICIES['transformation-spec/Gen-Policy.csv'],
               'transformation-spec/Gen-Agents.csv': 'SourceName,DestName\nstate,state\n'}
    plan = compare_lakes(configured(tmp_path / 'before', both), configured(tmp_path / 'after', without))
    said = ' '.join(item.reason for item in plan.breakages if 'Both' in item.place)
    assert 'gen.agents.name' in said and 'gen.policy.name' in said, said
