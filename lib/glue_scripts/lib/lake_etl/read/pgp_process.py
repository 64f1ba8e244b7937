"""The process that decrypts a file of OpenPGP, with limits of memory and of the size to which a file can expand.

A failure in the library's Rust code ends this process alone. It imports nothing else, so that it starts at once.
"""
from __future__ import annotations

import base64
import json
import os
import resource
import sys
from typing import Any

MEMORY_LIMIT = 2 * 1024 ** 3
NO_KEY, NO_PASSPHRASE, OTHER_KEY, WEAK, TOO_LARGE, DAMAGED = (
    'key', 'passphrase', 'other key', 'weak', 'too large', 'damaged')
# What the library's messages contain, and the reason that it means.
MEANINGS = (('No key to decrypt', OTHER_KEY), ('Policy rejected', WEAK), ('not considered secure', WEAK),
            ('File too large', TOO_LARGE))


def main() -> None:
    """Decrypt the file that the request from standard input names, and write the reason to standard output if not."""
    request = json.load(sys.stdin)
    answer = DAMAGED
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (request['limit'], request['limit']))
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_LIMIT, MEMORY_LIMIT))
        os.umask(0o077)
        answer = _decrypt(request)
    finally:
        sys.stdout.write(answer)
        sys.stdout.flush()
        # Not the library's trace of its failure.
        os._exit(1 if answer else 0)


def _decrypt(request: dict[str, Any]) -> str:
    """Decrypt the file, and return the reason if it cannot be decrypted."""
    import pysequoia
    decryptor = None
    if request['key'] is not None:
        try:
            key = pysequoia.Tsk.from_bytes(base64.b64decode(request['key']))
        except Exception:
            return NO_KEY
        try:
            decryptor = _decryptor(key, request['passphrase'])
        except Exception as error:
            return NO_PASSPHRASE if request['passphrase'] or 'is encrypted' in str(error) else NO_KEY
    passwords = [] if request['password'] is None else [request['password']]
    try:
        pysequoia.decrypt_file(input=request['input'], output=request['output'], decryptor=decryptor,
                               passwords=passwords)
    except Exception as error:
        return next((meaning for text, meaning in MEANINGS if text in str(error)), DAMAGED)
    return ''


def _decryptor(key: Any, passphrase: str | None) -> Any:
    """Return what decrypts by the key; a passphrase that a key does not need is not used."""
    try:
        return key.decryptor(passphrase)
    except Exception as error:
        if 'is not encrypted' not in str(error):
            raise
        return key.decryptor()


if __name__ == '__main__':
    main()
