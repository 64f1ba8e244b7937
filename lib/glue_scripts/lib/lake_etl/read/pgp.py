"""Decrypts files of OpenPGP into the scratch folder by a separate process, with keys from the secret store.

The process verifies the integrity of the whole file before anything reads the result. It does not verify signatures.
"""
from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lake_etl import runtime
from lake_etl.config.encryption import ENCRYPTION_EXTENSIONS, PgpSection, without_encryption_extension
from lake_etl.errors import DataError, LakeError
from lake_etl.read import pgp_process
from lake_etl.read.binary_files import PGP_MESSAGE, binary_kind, is_encrypted_pgp
from lake_etl.read.pgp_process import (
    BEGIN_KEY, DAMAGED, NO_KEY, NO_PASSPHRASE, NO_USABLE_KEY, OTHER_KEY, TOO_LARGE, UNKNOWN, WEAK)

UNFINISHED = '.unfinished'
# How the kinds of files begin that may have the encrypted file inside.
PACKED = ('compressed by', 'a zip archive', 'a tar archive', 'a 7-Zip', 'a RAR')
FIRST_BYTES = 64 * 1024
READ_BYTES = 8 * 1024 * 1024
# Delimited text shrinks to a tenth when it is compressed; ten times that and the smallest limit leave room.
MOST_EXPANSION = 100
SMALLEST_LIMIT = 1024 ** 3
# The first bytes of a binary key: a packet of the type 5 if it is private, else 6, in the old and the new form.
PRIVATE_KEYS, PUBLIC_KEYS = (b'\x94', b'\x95', b'\x96', b'\xc5'), (b'\x98', b'\x99', b'\x9a', b'\xc6')
BEGIN_PUBLIC_KEY = b'-----BEGIN PGP PUBLIC KEY BLOCK-----'


def decrypt_collected_file(uri: str, section: PgpSection | None, folder: str) -> str:
    """Return the address of a file's decrypted content below the folder; that of the file if it is not encrypted.

    A file that was decrypted to this folder before is used again.

    Raises DataError naming the file when it is encrypted and there is no section, when it is not encrypted and there is
    one, or when it cannot be decrypted; nothing is left in the folder then.
    """
    if section is None and not uri.lower().endswith(ENCRYPTION_EXTENSIONS):
        return uri
    first = runtime.files(uri).read(uri, 0, FIRST_BYTES) or b''
    encrypted = is_encrypted_pgp(first)
    if section is None:
        if encrypted:
            raise DataError(f"{uri} is encrypted by OpenPGP. Set 'pgp' in the input_spec to the secret with the "
                            'private key, or decrypt the file before you land it.')
        return uri
    if not encrypted:
        packed = (binary_kind(first) or ('', ''))[0]
        found = packed if packed.startswith(PACKED) else 'not encrypted by OpenPGP'
        raise DataError(f"{uri} is {found}, and the section 'pgp' of the input_spec expects encrypted files. Ask the "
                        "sender for the encrypted file, without an archive around it, or take 'pgp' out of the "
                        'input_spec.')
    target = f'{folder}/{without_encryption_extension(uri).rpartition("/")[2]}'
    if runtime.files(target).size(target):
        return target
    with _local_files(uri, target) as (encrypted_file, clear_file):
        if (messages := _messages(encrypted_file)) > 1:
            raise DataError(f'{uri} holds {messages} encrypted files one behind the other, and one was expected. Land '
                            'each as a file of its own.')
        answer = _decrypt(encrypted_file, clear_file, _keys(section, uri))
        if answer:
            raise _error(uri, section, answer)
        if not clear_file.stat().st_size:
            raise DataError(f'{uri} holds an empty file (0 bytes); land it again with its content.')
    return target


def _keys(section: PgpSection, uri: str) -> dict[str, str | None]:
    """Return the private key, or the password of the files, and the passphrase of the key, as the process reads it."""
    secret = runtime.named_secret(section.secret, "'secret' of 'pgp' in the input_spec")
    passphrase = None
    if section.passphrase_secret:
        place = "'passphrase_secret' of 'pgp' in the input_spec"
        passphrase = _text(runtime.named_secret(section.passphrase_secret, place), section.passphrase_secret)
    if BEGIN_KEY in secret or secret.startswith(PRIVATE_KEYS):
        return {'key': base64.b64encode(secret).decode(), 'passphrase': passphrase, 'password': None}
    if BEGIN_PUBLIC_KEY in secret or secret.startswith(PUBLIC_KEYS):
        raise LakeError(f"Secret '{section.secret}' holds a public key, which only encrypts, so {uri} cannot be "
                        'decrypted. Store the private key as `gpg --armor --export-secret-keys` writes it.')
    return {'key': None, 'passphrase': None, 'password': _text(secret, section.secret)}


def _text(secret: bytes, name: str) -> str:
    try:
        return secret.decode().strip()
    except UnicodeDecodeError:
        raise LakeError(f"Secret '{name}' holds no private key of OpenPGP, and no text in UTF-8 that could be a "
                        'password or passphrase. Store it again.') from None


def _messages(file: Path) -> int:
    """Return how many messages a file of text holds, of which the library would read the first; 1 for binary files."""
    with file.open('rb') as content:
        if content.read(1) >= b'\x80':
            return 1
        content.seek(0)
        return sum(line.startswith(PGP_MESSAGE) for line in content)


@contextmanager
def _local_files(uri: str, target: str) -> Iterator[tuple[Path, Path]]:
    """Yield the file and its decrypted copy as files of this machine; without an error, `target` is the copy then.

    In a lake on this machine both are in place. From Amazon S3 they are copied through a folder that only this user can
    read, which is removed in any case.
    """
    if not runtime.is_s3(uri) and not runtime.is_s3(target):
        clear = Path(f'{target}{UNFINISHED}')
        clear.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            yield Path(uri), clear
            clear.rename(target)
        except BaseException:
            shutil.rmtree(clear.parent, ignore_errors=True)
            raise
        return
    with tempfile.TemporaryDirectory(prefix='decrypt-') as folder:
        encrypted, clear = Path(folder) / 'encrypted', Path(folder) / 'clear'
        with encrypted.open('wb') as copy:
            for piece in _pieces(uri):
                copy.write(piece)
        yield encrypted, clear
        with clear.open('rb') as content:
            runtime.files(target).write_stream(target, iter(lambda: content.read(READ_BYTES), b''))


def _pieces(uri: str) -> Iterator[bytes]:
    files, position = runtime.files(uri), 0
    while piece := files.read(uri, position, READ_BYTES):
        position += len(piece)
        yield piece


def _decrypt(encrypted: Path, clear: Path, keys: dict[str, str | None]) -> str:
    """Write the decrypted file, and return the reason if it cannot be; keys go through a pipe, never to arguments."""
    request = {'input': str(encrypted), 'output': str(clear), **keys,
               'limit': max(SMALLEST_LIMIT, MOST_EXPANSION * encrypted.stat().st_size)}
    process = subprocess.run(
        [sys.executable, '-m', pgp_process.__name__], input=json.dumps(request).encode(), check=False,
        capture_output=True, env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)})
    answer = process.stdout.decode('utf-8', 'replace')
    return answer if process.returncode == 0 else answer or DAMAGED


def _error(uri: str, section: PgpSection, answer: str) -> LakeError:
    """Return the error that a reason means."""
    secret = section.secret
    if answer == NO_KEY:
        return LakeError(f"Secret '{secret}' holds no usable private key of OpenPGP, so {uri} cannot be decrypted. "
                         'Store the key as `gpg --armor --export-secret-keys` writes it.')
    if answer == NO_USABLE_KEY:
        return LakeError(f"Secret '{secret}' holds no private key that decrypts anything, so {uri} cannot be "
                         'decrypted: keys of RSA and of elliptic curves do, but not those of ElGamal, and not after '
                         'the key has expired. Extend its time by `gpg --quick-set-expire`, also that of the subkey '
                         'that encrypts, and store it again.')
    if answer == NO_PASSPHRASE:
        found = (f"the passphrase in the secret '{section.passphrase_secret}' does not open it"
                 if section.passphrase_secret else "it has a passphrase, and 'pgp' has no 'passphrase_secret'")
        return LakeError(f"The private key in the secret '{secret}' cannot be used for {uri}: {found}. Correct the "
                         "section 'pgp' of the input_spec, or the secrets.")
    reasons = {
        OTHER_KEY: f"is encrypted for another key or password than that in the secret '{secret}', for a part of the "
                   'key that has expired, or was changed on its way. Ask the sender which key was used, or name '
                   "another secret in the section 'pgp' of the input_spec.",
        WEAK: 'is encrypted by an algorithm that is not secure anymore, such as 3DES, CAST5 or IDEA. Ask the sender '
              'to encrypt it by AES.',
        UNKNOWN: 'is encrypted by an algorithm that the lake cannot read, such as Blowfish, or was changed on its way. '
                 'Ask the sender to encrypt it by AES and to send it again.',
        TOO_LARGE: f'expands to more than {MOST_EXPANSION} times its size and {SMALLEST_LIMIT >> 30} GiB. Decrypt it '
                   'before you land it, if that is right.',
    }
    return DataError(f'{uri} ' + reasons.get(
        answer, 'is cut short or was changed on its way, or was compressed by a method that the lake cannot read, such '
                'as bzip2 inside the encryption. Ask the sender to send it again.'))
