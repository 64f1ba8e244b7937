"""`python app.py` synthesizes without credentials, network or account, and makes what the tests look at."""
from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from stack_templates import read_assembly

from lib.configuration import configuration

REPOSITORY = Path(__file__).resolve().parents[2]


def run_app(directory: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the application as the command line of CDK does, without anything that leads to AWS."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(('AWS_', 'CDK_', 'ENV', 'JSII'))}
    leads_nowhere = {'HTTPS_PROXY': 'http://127.0.0.1:9', 'HTTP_PROXY': 'http://127.0.0.1:9',
                     'AWS_EC2_METADATA_DISABLED': 'true', 'AWS_CONFIG_FILE': '/dev/null'}
    command = json.loads((REPOSITORY / 'cdk.json').read_text())['app'].split()
    assert command == ['python3', 'app.py']
    return subprocess.run([sys.executable, *command[1:]], cwd=REPOSITORY, capture_output=True, text=True,
                          env=clean | leads_nowhere | {'CDK_OUTDIR': str(directory)} | environment, check=False)


@pytest.fixture(scope='module')
def synthesized(tmp_path_factory):
    """The templates of the repository's configuration, made by the command of cdk.json."""
    directory = tmp_path_factory.mktemp('app')
    answer = run_app(directory, CDK_VALIDATION='false')  # Other tests validate the templates.
    assert answer.returncode == 0, answer.stderr
    return directory, read_assembly(directory)


def test_all_environments_of_the_configuration_are_made_offline(synthesized):
    _, templates = synthesized
    pipelines = {name for name in templates if name.endswith('EtlPipeline')}
    settings = configuration()
    assert pipelines == {f'{environment.name}-{settings.logical_id_prefix}EtlPipeline'
                         for environment in settings.environments}


def test_synthesis_asks_aws_for_nothing(synthesized):
    directory, _ = synthesized
    manifests = [json.loads(path.read_text()) for path in directory.rglob('manifest.json')]
    assert len(manifests) > len(configuration().environments)
    assert [manifest['missing'] for manifest in manifests if 'missing' in manifest] == []


def test_the_command_line_and_the_tests_see_the_same_templates(synthesized, tmp_path, monkeypatch):
    from lib.cdk_app import build_app
    monkeypatch.delenv('CDK_DEFAULT_ACCOUNT', raising=False)
    settings = configuration().narrowed(configuration().environments[0].name)
    build_app(settings, outdir=str(tmp_path), builtin_cloud_formation_validation=False).synth()
    templates = read_assembly(tmp_path)
    assert len(templates) > 5 and templates == {name: synthesized[1][name] for name in templates}


def test_a_wrong_name_of_an_environment_ends_with_one_sentence(tmp_path):
    answer = run_app(tmp_path, ENV='staging')
    assert answer.returncode != 0
    assert "ENV names 'staging', expected one of " in answer.stderr
    assert 'Traceback' not in answer.stderr
