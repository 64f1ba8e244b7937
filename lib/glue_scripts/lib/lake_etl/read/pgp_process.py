"""The process that decrypts a file of OpenPGP, with limits of memory and of the size to which a file can expand.

A failure in the library's Rust code ends this process alone. It imports nothing else, so that it starts at once.
"""
from __future__ import annotations

import base64
import json
import os
import resource
import sys
from collections.abc import Iterator
from typing import Any

MEMORY_LIMIT = 2 * 1024 ** 3
NO_KEY, NO_USABLE_KEY, NO_PASSPHRASE, OTHER_KEY, WEAK, UNKNOWN, TOO_LARGE, DAMAGED = (
    'key', 'usable key', 'passphrase', 'other key', 'weak', 'unknown', 'too large', 'damaged')
# What the library's messages contain, and the reason that it means.
MEANINGS = (('No key to decrypt', OTHER_KEY), ('Policy rejected', WEAK), ('not considered secure', WEAK),
            ('No session key decrypted', UNKNOWN), ('File too large', TOO_LARGE))
BEGIN_KEY = b'-----BEGIN PGP PRIVATE KEY BLOCK-----'


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
    if request['key'] is None:
        return _decrypted_by(request, None, [request['password']])
    decryptors, reason = _decryptors(base64.b64decode(request['key']), request['passphrase'])
    answers = (_decrypted_by(request, decryptor, []) for decryptor in decryptors)
    answer = next((found for found in answers if found != OTHER_KEY), OTHER_KEY)
    return reason if answer == OTHER_KEY and (reason == NO_PASSPHRASE or not decryptors) else answer


def _decrypted_by(request: dict[str, Any], decryptor: Any, passwords: list[str]) -> str:
    import pysequoia
    try:
        pysequoia.decrypt_file(input=request['input'], output=request['output'], decryptor=decryptor,
                               passwords=passwords)
    except Exception as error:
        return next((meaning for text, meaning in MEANINGS if text in str(error)), DAMAGED)
    return ''


def _decryptors(keys: bytes, passphrase: str | None) -> tuple[list[Any], str]:
    """Return what decrypts by each key that can be used, and the reason why another one cannot; it may be empty.

    The library uses only one part of a key, the latest, so each key is given to it once with each of its parts.
    """
    import pysequoia
    found, reasons = [], [NO_KEY]
    for packets in _keys_with_one_part(keys):
        try:
            found.append(_decryptor(pysequoia.Tsk.from_packets(packets), passphrase))
        except Exception as error:
            reasons.append(NO_USABLE_KEY if 'No suitable' in str(error) else NO_PASSPHRASE)
    return found, NO_PASSPHRASE if NO_PASSPHRASE in reasons else reasons[-1]


def _keys_with_one_part(content: bytes) -> Iterator[list[Any]]:
    """Yield the packets of each private key with only one of its subkeys; nothing if the content cannot be read."""
    from pysequoia.packet import PacketPile, Tag
    blocks = [BEGIN_KEY + block for block in content.split(BEGIN_KEY)[1:]] or [content]
    for block in blocks:
        try:
            packets = list(PacketPile.from_bytes(block))
        except Exception:
            continue
        keys: list[list[list[Any]]] = []
        for packet in packets:
            if packet.tag == Tag.SecretKey:
                keys.append([[packet]])
            elif keys and packet.tag == Tag.SecretSubkey:
                keys[-1].append([packet])
            elif keys:
                keys[-1][-1].append(packet)
        for own, *parts in keys:
            yield from ([*own, *part] for part in parts or [[]])


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
