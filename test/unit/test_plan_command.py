"""`./lake plan` compares with commits, folders and loads of any kind, and says clearly what it cannot compare with."""
from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from lib.local_lake.cli import main
from lib.local_lake.folders import KINDS, OWN_CONFIGURATION
from lib.local_lake.planning.configured_lake import read_configured_lake
from lib.local_lake.planning.lake_comparison import compare_lakes
from lib.local_lake.running.transform_code import transform_code

PAGE = Path(__file__).resolve().parents[2] / 'docs' / 'plan.md'
BLOCK = re.compile(r'^```{}\n(.*?)^```$'.format('(?:diff|text)'), re.MULTILINE | re.DOTALL)
SPEC = 'transformation-spec/Gen-Policy.json'
HASHED = {'input_spec': {'types': {'email': 'string', 'paid': 'int'}}, 'transform_spec': {'hash': ['email']}}
CLEAR = {'input_spec': {'types': {'email': 'string', 'paid': 'int'}}}


def git(folder, *words):
    subprocess.run(['git', '-c', 'user.name=n', '-c', 'user.email=n@example.com', *words], cwd=folder, check=True,
                   capture_output=True)


def write(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


@pytest.fixture
def repository(tmp_path):
    """A git repository with a configuration in one of its folders, committed."""
    write(tmp_path / 'a' / 'config', SPEC, HASHED)
    git(tmp_path, 'init', '-q', '-b', 'main')
    git(tmp_path, 'add', '-A')
    git(tmp_path, 'commit', '-qm', 'first')
    return tmp_path


def plan(folder, capsys, *arguments):
    """Return the exit status and what was printed."""
    status = main(['--lake', str(folder.parent / 'no-lake'), '--config', str(folder), 'plan', *arguments])
    said = capsys.readouterr()
    return status, said.out + said.err


def test_the_example_of_the_page_is_what_the_command_prints(tmp_path, capsys, monkeypatch):
    for kind in KINDS:
        shutil.copytree(OWN_CONFIGURATION / kind, tmp_path / kind)
    before = tmp_path / 'before'
    before.mkdir()
    for kind in KINDS:
        shutil.copytree(OWN_CONFIGURATION / kind, before / kind)
    edit, shown = (found[1] for found in BLOCK.finditer(PAGE.read_text()))
    files = [tmp_path / 'transformation-spec' / f'SyntheticGeneralData-PolicyData.{kind}' for kind in ('csv', 'json')]
    lines = [(line[0], line[1:]) for line in edit.splitlines()]
    for number, (sign, text) in enumerate(lines):
        if sign == '-':
            becomes = f'{lines[number + 1][1]}\n' if lines[number + 1:] and lines[number + 1][0] == '+' else ''
            file, = (path for path in files if f'{text}\n' in path.read_text())
            file.write_text(file.read_text().replace(f'{text}\n', becomes))
    monkeypatch.setenv('COLUMNS', '112')
    monkeypatch.chdir(tmp_path)
    assert plan(tmp_path, capsys, '--against', 'before') == (1, shown)


def test_a_dirty_tree_is_compared_with_a_commit(repository, capsys):
    config = repository / 'a' / 'config'
    assert plan(config, capsys)[1].startswith('Nothing changes compared with HEAD (')
    write(config, SPEC, CLEAR)
    status, text = plan(config, capsys)
    assert status == 1 and 'gen.policy.email: clear text instead of hash' in text
    assert '1 configuration file is changed and not committed' in text
    git(repository, 'commit', '-qam', 'second')
    assert plan(config, capsys)[0] == 0
    assert 'email' in plan(config, capsys, '--against', 'main~1')[1]
    status, text = plan(config, capsys, '--against', 'HEAD~1', '--format', 'json')
    document = json.loads(text)
    assert status == 1 and document['changes_data'] and document['effects'][0]['kind'] == 'protection removed'
    assert document['reloads'] == [] and document['sample'] is None


def test_names_in_another_letter_case_and_other_names_of_files(repository, capsys):
    config = repository / 'a' / 'config'
    (config / SPEC).rename(config / 'transformation-spec' / 'GEN-policy.JSON')
    assert plan(config, capsys)[1].startswith('Nothing changes')
    (config / 'transformation-spec' / 'GEN-policy.JSON').rename(config / 'transformation-spec' / 'Gen-Claim.json')
    status, text = plan(config, capsys)
    assert 'gen.policy: table removed' in text and 'gen.claim: table added' in text
    write(config, 'transformation-spec/gen-claim.json', HASHED)
    status, text = plan(config, capsys)
    assert status == 1 and 'by letter case alone' in text


def test_a_file_that_cannot_be_read_breaks(repository, capsys):
    config = repository / 'a' / 'config'
    write(config, SPEC, '{"input_spec": {')
    status, text = plan(config, capsys)
    assert status == 1 and 'What breaks' in text and 'Nothing changes' not in text
    assert text.count('Gen-Policy.json') == 1
    git(repository, 'commit', '-qam', 'wrong')
    write(config, SPEC, HASHED)
    status, text = plan(config, capsys)
    assert status == 0 and 'gen.policy: cannot be analysed, the earlier configuration cannot be read' in text


@pytest.mark.parametrize(('reference', 'reason'), [
    ('nope', 'has no such reference'), ('', 'has no such reference'), ('--all', 'has no such reference'),
    ('HEAD~9', 'has no such reference'), ('HEAD:a', 'has no such reference'), ('main..HEAD', 'has no such reference')])
def test_a_reference_that_does_not_exist(repository, capsys, reference, reason):
    status, text = plan(repository / 'a' / 'config', capsys, f'--against={reference}')
    assert status == 1 and reason in text and 'git branch -a' in text


def test_a_shallow_clone_says_so(repository, tmp_path_factory, capsys):
    git(repository, 'commit', '-q', '--allow-empty', '-m', 'second')
    clone = tmp_path_factory.mktemp('clone') / 'shallow'
    git(repository, 'clone', '-q', '--depth', '1', f'file://{repository}', str(clone))
    status, text = plan(clone / 'a' / 'config', capsys, '--against', 'HEAD~1')
    assert status == 1 and 'This clone is shallow; git fetch --unshallow' in text
    assert 'clone is shallow' not in plan(repository / 'a' / 'config', capsys, '--against', 'HEAD~9')[1]


def test_what_is_no_repository_has_no_commit_or_not_the_folder(repository, tmp_path_factory, capsys, monkeypatch):
    alone = tmp_path_factory.mktemp('alone')
    write(alone, SPEC, HASHED)
    status, text = plan(alone, capsys)
    assert status == 1 and 'is not in a git repository' in text and '--against' in text
    git(alone, 'init', '-q')
    assert 'has no commit yet' in plan(alone, capsys)[1]
    write(repository / 'new', SPEC, HASHED)
    assert 'has no configuration files in' in plan(repository / 'new', capsys)[1]
    assert plan(repository / 'new', capsys, '--against', str(repository / 'a' / 'config'))[0] == 0
    monkeypatch.setenv('GIT_DIR', str(alone / '.git'))
    assert plan(repository / 'a' / 'config', capsys)[0] == 0, 'a hook of another repository'
    monkeypatch.setenv('PATH', '')
    assert 'git is not installed' in plan(repository / 'a' / 'config', capsys)[1]


def test_links_in_a_repository_are_followed(repository, capsys):
    config = repository / 'a' / 'config'
    (config / 'transformation-spec' / 'shared').write_text(json.dumps(HASHED))
    (config / 'transformation-spec' / 'Gen-Claim.json').symlink_to('shared')
    (config / 'transformation-spec' / 'Gen-Gone.json').symlink_to('/nowhere/at all')
    git(repository, 'add', '-A')
    git(repository, 'commit', '-qm', 'links')
    (config / 'transformation-spec' / 'Gen-Gone.json').unlink()
    (config / 'transformation-spec' / 'shared').write_text(json.dumps(CLEAR))
    assert 'gen.claim.email: clear text' in plan(config, capsys)[1]


def test_code_of_own_transforms_counts_without_comments(tmp_path):
    module = 'import shared\n\n\ndef transform_mine(df, spec, args, lineage, sc):\n    return shared.add(df)\n'
    write(tmp_path, 'mine.py', module)
    write(tmp_path, 'shared.py', 'def add(df):\n    return df\n')
    write(tmp_path, 'other.py', 'def transform_other(df, spec, args, lineage, sc):\n    return df\n')
    before = transform_code(tmp_path)
    assert sorted(before) == ['mine', 'other']
    write(tmp_path, 'mine.py', module.replace('\n    return', '\n    """Does it."""  # so\n    return'))
    assert transform_code(tmp_path) == before
    write(tmp_path, 'shared.py', 'def add(df):\n    return df.distinct()\n')
    after = transform_code(tmp_path)
    assert after['mine'] != before['mine'] and after['other'] == before['other']
    write(tmp_path, 'mine.py', 'def transform_mine(')
    assert transform_code(tmp_path)['mine'] not in (before['mine'], after['mine'])


def test_another_password_may_change_what_is_read_and_is_not_shown(tmp_path, capsys):
    for folder, password in (('before', 'first-secret'), ('after', 'other-secret')):
        write(tmp_path / folder, SPEC, {'input_spec': {'excel': {'sheet_names': ['A'], 'password': password}}})
    against = ('--against', str(tmp_path / 'before'))
    status, text = plan(tmp_path / 'after', capsys, *against)
    assert status == 0 and 'gen.policy: reading may change, input_spec.excel' in text and 'secret' not in text
    assert 'secret' not in plan(tmp_path / 'after', capsys, *against, '--format', 'json')[1]


def test_other_code_of_a_transform_may_change_what_it_writes():
    lakes = [read_configured_lake(OWN_CONFIGURATION, {'hash': digest}, 'Dev') for digest in ('one', 'other')]
    found = compare_lakes(*lakes)
    assert {(effect.table, effect.column) for effect in found.effects if effect.kind == 'values change'} >= {
        ('syntheticgeneraldata.policydata', 'insuredcontactemail'), ('customer.a01', 'ssn')}
    assert found.reloads['Customer/A01'] == 'all'
