"""The section `pgp` of an input_spec: which secrets decrypt the files of a workflow."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lake_etl.syntax.records import describe

# Extensions that programs for OpenPGP append to the name of a file.
ENCRYPTION_EXTENSIONS = ('.pgp', '.gpg', '.asc')


@dataclass(frozen=True, kw_only=True)
class PgpSection:
    """Files encrypted by OpenPGP, as PGP and GnuPG write them. The name inside, such as policies.csv in
    policies.csv.pgp, tells the format.

    secret             secret with the private key, and earlier ones below it, or with the password if the files are
                       encrypted by one: a name in AWS Secrets Manager, on a laptop the file of that name in the lake's
                       folder `secrets`; or `file:///path` or `env://NAME`
    passphrase_secret  secret with the passphrase of the keys, if they have one
    """

    secret: str
    passphrase_secret: str | None = None

    def check(self) -> Iterator[str]:
        """Yield the problems that types cannot express."""
        for key in ('secret', 'passphrase_secret'):
            name = getattr(self, key)
            if name is not None and (not name.strip() or '..' in name.split('/')):
                yield f"'{key}' must be the name of a secret such as lake/pgp-key, got {describe(name)}"


def without_encryption_extension(file_name: str) -> str:
    """Return the name of a file without the extension that tells that it is encrypted."""
    for extension in ENCRYPTION_EXTENSIONS:
        if file_name.lower().endswith(extension):
            return file_name[:-len(extension)]
    return file_name
