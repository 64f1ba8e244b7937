"""Reads configuration files from the scripts bucket for the trigger."""
from __future__ import annotations

from typing import Any

from lake_etl.config.configuration_files import ConfigurationFiles

FOLDER = 'etl'


def configuration_in(client: Any, bucket: str) -> ConfigurationFiles:
    """Return a reader of the configuration files of a bucket, which lists each folder once.

    client  of S3
    """
    def addresses_in(folder: str) -> dict[str, str]:
        prefix = f'{FOLDER}/{folder}/'
        pages = client.get_paginator('list_objects_v2').paginate(Bucket=bucket, Prefix=prefix, Delimiter='/')
        keys = [item['Key'] for page in pages for item in page.get('Contents', ())]
        return {key.removeprefix(prefix): key for key in keys if key != prefix}

    def read(key: str) -> bytes | None:
        try:
            content: bytes = client.get_object(Bucket=bucket, Key=key)['Body'].read()
        except client.exceptions.NoSuchKey:
            return None
        return content
    return ConfigurationFiles(addresses_in, read)
