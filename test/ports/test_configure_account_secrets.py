"""The GitHub token is stored after a confirmation, never shown, and an existing secret gets a new version."""
from __future__ import annotations

import boto3
import pytest

from lib.configuration import configuration
from lib.prerequisites.configure_account_secrets import FAILED, NOT_WANTED, STORED, main

NAME = f'/{configuration().logical_id_prefix}/GitHubToken'


def stored() -> str:
    """Return the token in Secrets Manager."""
    return boto3.client('secretsmanager').get_secret_value(SecretId=NAME)['SecretString']


def run(answer: str, token: str, asked: list[str] | None = None) -> int:
    """Run the script with what a user types."""
    questions = asked if asked is not None else []

    def typed(text: str):
        return lambda question: questions.append(question) or text
    return main(typed(answer), typed(token))


def test_a_token_is_stored_and_nobody_sees_it(aws, capsys):
    asked: list[str] = []
    assert run('yes', ' token-1\n', asked) == STORED
    assert stored() == 'token-1'
    shown = capsys.readouterr()
    assert 'token-1' not in shown.out + shown.err + ''.join(asked)
    assert f'Store 7 characters as {NAME} in account 123456789012, region us-east-2?' in asked[1]


def test_an_existing_secret_gets_a_new_version(aws, capsys):
    run('yes', 'token-1')
    assert run('YES', 'token-2') == STORED
    assert stored() == 'token-2' and 'has a new version' in capsys.readouterr().out


@pytest.mark.parametrize(('answer', 'token'), [('', 'x'), ('y', 'x'), ('no', 'x'), ('yes', ''), ('yes', ' ')])
def test_without_a_token_and_a_yes_nothing_is_stored(aws, answer, token):
    assert run(answer, token) == NOT_WANTED
    assert boto3.client('secretsmanager').list_secrets()['SecretList'] == []


def test_a_failure_of_aws_is_told_in_one_sentence(aws, monkeypatch, capsys):
    monkeypatch.delenv('AWS_DEFAULT_REGION')
    monkeypatch.setenv('AWS_CONFIG_FILE', '/dev/null')
    assert run('yes', 'token') == FAILED
    assert capsys.readouterr().err.startswith('The token was not stored: NoRegionError. ')
