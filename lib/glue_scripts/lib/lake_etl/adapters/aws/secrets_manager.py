"""Reads secrets from AWS Secrets Manager."""
from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from lake_etl.adapters.aws.clients import open_client
from lake_etl.errors import LakeError
from lake_etl.reasons.failure import kind_of


def read_secret(address: str, named_by: str) -> bytes:
    """Return the secret with this name or ARN; text is encoded as UTF-8.

    named_by  what names the secret, to correct if the name is wrong

    Raises LakeError naming the secret if it is missing, blank, or not readable.
    """
    try:
        answer = open_client('secretsmanager').get_secret_value(SecretId=address)
    except (BotoCoreError, ClientError) as error:
        raise LakeError(f"Secret '{address}' cannot be read from AWS Secrets Manager: {kind_of(error)}. "
                        f"Create it, correct {named_by}, or let the job's role read it.") from error
    content = answer.get('SecretBinary') or answer.get('SecretString', '').encode()
    if not content.strip():
        raise LakeError(f"Secret '{address}' is empty. Put the secret into it.")
    return bytes(content)
