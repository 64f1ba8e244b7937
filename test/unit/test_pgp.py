"""Files that GnuPG encrypted are decrypted with keys from the secret store, and nothing of them is left by a failure.

The files in `test/golden/pgp` are written by GnuPG 2.2.40 from one small file of three policies.
"""
from __future__ import annotations

import base64
import gzip
import shutil
from pathlib import Path

import pytest

from lake_etl import runtime
from lake_etl.config.encryption import PgpSection
from lake_etl.config.formats.delimited_format import DELIMITED
from lake_etl.config.input import InputSpec, parse_input
from lake_etl.errors import DataError, LakeError
from lake_etl.read import pgp
from lake_etl.read.prepare import file_content, inspect_file, prepare_file
from lake_etl.syntax.records import Findings

GOLDEN = Path(__file__).parent.parent / 'golden' / 'pgp'
POLICIES = b'policy;premium;begin\nP1;100.50;2024-01-31\nP2;0.10;2024-02-29\nP3;-7;2023-12-01\n'
INSURER = {'secret': (GOLDEN / 'insurer-key.asc').as_uri(), 'passphrase_secret': 'env://LAKE_TEST_PASSPHRASE'}
BROKER = {'secret': (GOLDEN / 'broker-key.bin').as_uri()}
RENEWED = {'secret': (GOLDEN / 'renewed-key.asc').as_uri()}
EXPIRED = {'secret': (GOLDEN / 'expired-key.asc').as_uri()}
PASSWORD = {'secret': 'env://LAKE_TEST_PASSWORD'}


@pytest.fixture(autouse=True)
def secrets(monkeypatch):
    monkeypatch.setenv('LAKE_TEST_PASSPHRASE', 'open sesame')
    monkeypatch.setenv('LAKE_TEST_PASSWORD', 'a shared password')
    monkeypatch.setenv('LAKE_TEST_WRONG', 'sesame, open')


@pytest.fixture
def prepare(tmp_path):
    """A function that lands a file and prepares it for its reader, with the scratch folder as it is afterwards."""
    def make(file: str | bytes, section: dict[str, str] | None, name: str = ''):
        content = (GOLDEN / file).read_bytes() if isinstance(file, str) else file
        landed = tmp_path / (name or str(file))
        landed.write_bytes(content)
        spec = InputSpec(pgp=PgpSection(**section) if section else None)
        return landed, prepare_file(str(landed), spec, f'{tmp_path}/scratch/prepared')
    return make


def files_below(folder: Path) -> list[str]:
    return [item.name for item in folder.rglob('*') if item.is_file()]


@pytest.mark.parametrize(('file', 'section'), [
    ('binary.csv.pgp', INSURER), ('armored.csv.asc', BROKER), ('gzip.csv.gz.gpg', BROKER),
    ('signed.csv.pgp', BROKER), ('password.csv.gpg', PASSWORD), ('earlier-subkey.csv.pgp', RENEWED)])
def test_a_file_of_gnupg_is_read_by_the_name_inside(prepare, tmp_path, file, section):
    landed, (prepared, file_format) = prepare(file, section)
    assert b''.join(file_content(prepared.uri)) == POLICIES
    assert (prepared.name, file_format) == (str(landed), DELIMITED)
    assert landed.read_bytes() == (GOLDEN / file).read_bytes()
    decrypted = next((tmp_path / 'scratch' / 'prepared-decrypted').iterdir())
    assert decrypted.stat().st_mode & 0o777 == 0o600 and decrypted.parent.stat().st_mode & 0o777 == 0o700


def test_a_passphrase_that_the_key_does_not_need_is_not_used(prepare):
    _, (prepared, _) = prepare('broker.csv.pgp', {**BROKER, 'passphrase_secret': 'env://LAKE_TEST_WRONG'})
    assert b''.join(file_content(prepared.uri)) == POLICIES


def test_a_secret_may_hold_earlier_keys_too_and_a_binary_one_any_last_byte(prepare, tmp_path):
    keys = tmp_path / 'secret'
    keys.write_bytes(b'\n'.join((GOLDEN / f'{name}-key.asc').read_bytes()
                                for name in ('expired', 'insurer', 'renewed')))
    for file in ('binary.csv.pgp', 'earlier-subkey.csv.pgp'):
        _, (prepared, _) = prepare(file, {**INSURER, 'secret': keys.as_uri()})
        assert b''.join(file_content(prepared.uri)) == POLICIES
    # The bytes of a key are no text: a packet of padding, which programs must ignore, ends with a line feed here.
    keys.write_bytes((GOLDEN / 'broker-key.bin').read_bytes() + b'\xd5\x02\x00\n')
    _, (prepared, _) = prepare('broker.csv.pgp', {'secret': keys.as_uri()})
    assert b''.join(file_content(prepared.uri)) == POLICIES


def test_a_file_that_the_library_itself_encrypted_is_read_whatever_its_extension(prepare):
    import pysequoia
    key = pysequoia.Cert.from_file(str(GOLDEN / 'broker-key.bin'))
    content = pysequoia.encrypt(recipients=[key], bytes=POLICIES, armor=False)
    _, (prepared, _) = prepare(content, BROKER, 'policies.csv')
    assert b''.join(file_content(prepared.uri)) == POLICIES


def as_text(name: str) -> bytes:
    """Return a golden file as programs write it as text."""
    content = base64.b64encode((GOLDEN / name).read_bytes()).decode()
    lines = '\n'.join(content[place:place + 64] for place in range(0, len(content), 64))
    return f'-----BEGIN PGP MESSAGE-----\nVersion: a program\n\n{lines}\n-----END PGP MESSAGE-----\n'.encode()


def changed(name: str) -> bytes:
    content = bytearray((GOLDEN / name).read_bytes())
    content[-40] ^= 1
    return bytes(content)


@pytest.mark.parametrize(('file', 'section', 'kind', 'words'), [
    ('binary.csv.pgp', None, DataError, "is encrypted by OpenPGP. Set 'pgp' in the input_spec"),
    ('binary.csv.pgp', BROKER, DataError, 'is encrypted for another key or password than that in the secret'),
    ('password.csv.gpg', {'secret': 'env://LAKE_TEST_WRONG'}, DataError, 'is encrypted for another key or password'),
    ('binary.csv.pgp', {**INSURER, 'passphrase_secret': 'env://LAKE_TEST_WRONG'}, LakeError,
     "the passphrase in the secret 'env://LAKE_TEST_WRONG' does not open it"),
    ('binary.csv.pgp', {'secret': INSURER['secret']}, LakeError, "and 'pgp' has no 'passphrase_secret'"),
    ('weak.csv.pgp', BROKER, DataError, 'by an algorithm that is not secure anymore'),
    ('bzip2.csv.pgp', BROKER, DataError, 'bzip2 inside the encryption'),
    ('blowfish.csv.pgp', BROKER, DataError, 'cannot read, such as Blowfish'),
    ('expired.csv.pgp', EXPIRED, LakeError, 'holds no private key that decrypts anything'),
    ('broker.csv.pgp', {'secret': (GOLDEN / 'public-key.asc').as_uri()}, LakeError, 'holds a public key'),
    (as_text('broker.csv.pgp') * 2, BROKER, DataError, 'holds 2 encrypted files one behind the other'),
    (as_text('only-signed.csv.pgp'), BROKER, DataError, "is not encrypted by OpenPGP, and the section 'pgp'"),
    (gzip.compress(POLICIES), BROKER, DataError, 'is compressed by gzip, and the section'),
    ('only-signed.csv.pgp', BROKER, DataError, "is not encrypted by OpenPGP, and the section 'pgp'"),
    (POLICIES, BROKER, DataError, "is not encrypted by OpenPGP, and the section 'pgp'"),
    (changed('broker.csv.pgp'), BROKER, DataError, 'is cut short or was changed on its way'),
    ((GOLDEN / 'broker.csv.pgp').read_bytes()[:-30], BROKER, DataError, 'is cut short or was changed on its way'),
])
def test_a_file_that_cannot_be_decrypted_is_refused_and_leaves_nothing(prepare, tmp_path, file, section, kind, words):
    with pytest.raises(kind) as caught:
        prepare(file, section, 'landed.csv.pgp')
    text = str(caught.value)
    assert words in text and 'landed.csv.pgp' in text
    assert not any(word in text for word in ('Error', 'anyhow', 'sequoia', 'backtrace', 'sesame'))
    assert files_below(tmp_path) == ['landed.csv.pgp']


def test_a_file_that_expands_beyond_the_limit_is_refused_and_leaves_nothing(prepare, tmp_path, monkeypatch):
    import pysequoia
    monkeypatch.setattr(pgp, 'SMALLEST_LIMIT', 1024 ** 2)
    monkeypatch.setattr(pgp, 'MOST_EXPANSION', 2)
    key = pysequoia.Cert.from_file(str(GOLDEN / 'broker-key.bin'))
    content = pysequoia.encrypt(recipients=[key], bytes=bytes(900_000), armor=False)
    prepare(content, BROKER, 'small.csv.pgp')
    shutil.rmtree(tmp_path / 'scratch')
    monkeypatch.setattr(pgp, 'SMALLEST_LIMIT', 1024)
    monkeypatch.setattr(pgp, 'MOST_EXPANSION', 0)
    with pytest.raises(DataError, match='small.csv.pgp expands to more than'):
        prepare(content, BROKER, 'small.csv.pgp')
    assert files_below(tmp_path) == ['small.csv.pgp']


@pytest.mark.parametrize(('file', 'key'), [('binary.csv.pgp', 'passphrase_secret'), ('password.csv.gpg', 'secret')])
def test_a_password_that_is_no_text_is_refused_by_the_name_of_its_secret(prepare, tmp_path, file, key):
    (tmp_path / 'latin').write_bytes('Glück auf'.encode('latin-1'))
    section = {**(INSURER if key == 'passphrase_secret' else {}), key: (tmp_path / 'latin').as_uri()}
    with pytest.raises(LakeError, match='^Secret .*/latin. holds no private key of OpenPGP, and no text in UTF-8'):
        prepare(file, section)


def test_an_error_in_decrypted_content_names_the_file_that_was_landed(prepare, tmp_path):
    import pysequoia
    key = pysequoia.Cert.from_file(str(GOLDEN / 'broker-key.bin'))
    content = pysequoia.encrypt(recipients=[key], bytes=b'%PDF-1.7 and more')
    with pytest.raises(DataError) as caught:
        prepare(content, BROKER, 'a.csv.pgp')
    assert str(caught.value).startswith(f'{tmp_path}/a.csv.pgp is a PDF document')


def test_a_name_of_a_secret_is_a_file_of_the_lake_on_this_machine(tmp_path):
    before = runtime.chosen_catalog()
    (tmp_path / 'secrets' / 'lake').mkdir(parents=True)
    shutil.copy(GOLDEN / 'broker-key.bin', tmp_path / 'secrets' / 'lake' / 'pgp-key')
    spec = InputSpec(pgp=PgpSection(secret='lake/pgp-key'))
    runtime.open_catalog(f'sqlite://{tmp_path}/lake.db')
    try:
        file, _, _ = inspect_file(str(GOLDEN / 'broker.csv.pgp'), spec, f'{tmp_path}/scratch/a')
        assert Path(file.uri).read_bytes() == POLICIES
        for section, key in ((PgpSection(secret='absent'), 'secret'),
                             (PgpSection(secret='lake/pgp-key', passphrase_secret='absent'), 'passphrase_secret')):
            with pytest.raises(LakeError) as error:
                inspect_file(str(GOLDEN / 'broker.csv.pgp'), InputSpec(pgp=section), f'{tmp_path}/scratch/{key}')
            assert str(error.value).startswith(f"Secret file '{tmp_path}/secrets/absent' cannot be read: ")
            assert str(error.value).endswith(f"Create it, or correct '{key}' of 'pgp' in the input_spec.")
    finally:
        runtime.open_catalog(before)


def test_the_secret_is_a_name_inside_the_secret_store():
    findings = Findings('a.json')
    assert parse_input({'pgp': {'secret': '../../etc/passwd'}}, findings) is None
    assert "'secret' must be the name of a secret such as lake/pgp-key" in str(findings.problems[0])
