"""Recognizes binary files by their first bytes, so that no reader takes them for text."""
from __future__ import annotations

import binascii
import codecs
import re

from lake_etl.config.formats.input_format import InputFormat
from lake_etl.config.formats.json_format import JSON
from lake_etl.config.formats.xml_format import XML
from lake_etl.errors import DataError
from lake_etl.read.encoding_check import wide_encoding, wrong_encoding_error

DECRYPT = 'Decrypt it before you land it.'
PGP = "Decrypt it before you land it, or set 'pgp' in the input_spec to the secret with the private key."
UNPACK = 'Land the files inside it, each by itself.'
CONVERT = 'Land the data as text, or as a workbook or Parquet file with the extension of its format.'
PACKED = 'Give it the extension of its compression, such as .gz, .bz2, .zip or .zst, or land it uncompressed.'
RENAME = 'Give it the extension of its format, or land the data as text.'
# Position, first bytes, what the file is, and what to do.
SIGNATURES = (
    (0, b'-----BEGIN PGP', 'an encrypted or signed PGP message', PGP),
    (0, b'age-encryption.org/', 'an encrypted age file', DECRYPT),
    (0, b'Salted__', 'a file encrypted by OpenSSL', DECRYPT),
    (0, b'%PDF-', 'a PDF document', CONVERT),
    (0, b'{\\rtf', 'a Rich Text document', CONVERT),
    (0, b'PK\x03\x04', 'a zip archive or a workbook', RENAME),
    (0, b'PK\x05\x06', 'an empty zip archive', UNPACK),
    (0, b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', 'an old Excel workbook or another Office document', RENAME),
    (0, b'\x1f\x8b', 'compressed by gzip', PACKED),
    (0, b'\x1f\x9d', 'compressed by Unix compress', PACKED),
    (0, b'BZh', 'compressed by bzip2', PACKED),
    (0, b'\xfd7zXZ\x00', 'compressed by xz', PACKED),
    (0, b'\x28\xb5\x2f\xfd', 'compressed by Zstandard', PACKED),
    (0, b'\x04\x22\x4d\x18', 'compressed by LZ4', PACKED),
    (0, b'7z\xbc\xaf\x27\x1c', 'a 7-Zip archive', UNPACK),
    (0, b'Rar!\x1a\x07', 'a RAR archive', UNPACK),
    (257, b'ustar', 'a tar archive', UNPACK),
    (0, b'PAR1', 'a Parquet file', RENAME),
    (0, b'PARE', 'an encrypted Parquet file', DECRYPT),
    (0, b'Obj\x01', 'an Avro file', CONVERT),
    (0, b'ORC', 'an ORC file', CONVERT),
    (0, b'SQLite format 3\x00', 'an SQLite database', CONVERT),
    (0, b'\x00\x01\x00\x00Standard ', 'an Access database', CONVERT),
    (0, b'\x89PNG\r\n\x1a\n', 'a PNG picture', CONVERT),
    (0, b'\xff\xd8\xff', 'a JPEG picture', CONVERT),
    (0, b'GIF8', 'a GIF picture', CONVERT),
    (0, b'II*\x00', 'a TIFF picture', CONVERT),
    (0, b'MM\x00*', 'a TIFF picture', CONVERT),
    (0, b'\x7fELF', 'a program', CONVERT),
    (0, b'\x00' * 12 + b'\xc2\xea\x81\x60', 'a SAS data set', CONVERT),
)
PGP_MESSAGE = b'-----BEGIN PGP MESSAGE-----'
# Such a message as text: behind headers and a blank line, of its first line as many characters as tell what it is.
ENCRYPTED_TEXT = re.compile(PGP_MESSAGE + rb'[ \t]*\r?\n(?:[!-~]+: [^\n]*\n)*[ \t]*\r?\n([A-Za-z0-9+/]{16})')
# The packets with which an encrypted file begins: a session key for a public key or a password, or encrypted data.
ENCRYPTED_PACKETS = (1, 3, 18, 20)
# The packet that some programs put before all others: its header in the old or the new form, and the letters PGP.
MARKERS, MARKER_LENGTH = (b'\xa8\x03PGP', b'\xca\x03PGP'), 5
# Text has these too: some separate values or pad them, and 0x1a ends old files of Windows.
IN_TEXT = b'\x00\x01\t\n\v\f\r\x1a\x1b\x1c\x1d\x1e\x1f'
CONTROL_CHARACTERS = frozenset(range(32)) - frozenset(IN_TEXT)
# Of random bytes, 7 % are such characters.
MOST_CONTROL_CHARACTERS = 0.04


def require_text(name: str, content: bytes, encoding: str, file_format: InputFormat) -> None:
    """Raise DataError when a file begins as no text in its encoding does.

    content  the first bytes of the file, decompressed
    """
    kind = binary_kind(content)
    if kind:
        raise DataError(f'{name} is {kind[0]}, not {file_format.name}. {kind[1]}')
    if not _has_ascii_bytes(encoding):
        if codecs.lookup(encoding).name.startswith(('utf-16', 'utf-32')) and _is_plain_ascii(content):
            raise wrong_encoding_error(name, encoding, 'every character takes one byte', content)
        return
    wide = wide_encoding(content)
    if wide and file_format not in (JSON, XML):  # Their readers detect the encoding.
        raise wrong_encoding_error(name, encoding, 'it has the bytes of another Unicode encoding', content)
    controls = sum(byte in CONTROL_CHARACTERS for byte in content)
    if not wide and controls > MOST_CONTROL_CHARACTERS * len(content):
        raise DataError(f'{name} is a binary file: {controls:,} of its first {len(content):,} bytes are control '
                        f'characters. The workflow reads {file_format.name}. Land the data as text; if it is '
                        "encrypted, decrypt it first; if it is text of a mainframe, set 'encoding' to its code page; "
                        'if it has packed or binary numbers, such as COMP-3, describe its records by a COBOL copybook '
                        "and the section 'cobol'.")


def binary_kind(content: bytes) -> tuple[str, str] | None:
    """Return what kind of binary file begins with these bytes, and what to do; None when no kind is recognized."""
    if _is_pgp(content):
        return 'an encrypted or signed PGP file', PGP
    return next(((kind, advice) for position, signature, kind, advice in SIGNATURES
                 if content.startswith(signature, position) and _is_certain(signature, content)), None)


def _is_certain(signature: bytes, content: bytes) -> bool:
    """Tell whether a signature of letters, which text may begin with too, is followed by bytes that text lacks."""
    if not (signature.isalnum() and len(signature) <= 4):
        return True
    return any(byte in CONTROL_CHARACTERS or not byte for byte in content[len(signature):64])


def is_encrypted_pgp(content: bytes) -> bool:
    """Tell whether content begins as a file that OpenPGP encrypted, binary or as text."""
    written = ENCRYPTED_TEXT.search(content)
    if written:
        content = binascii.a2b_base64(written[1])
    return _pgp_packet(content) in ENCRYPTED_PACKETS


def _is_pgp(content: bytes) -> bool:
    """Tell whether the content begins with a packet of OpenPGP for a session key, a signature or data."""
    return _pgp_packet(content) is not None


def _pgp_packet(content: bytes) -> int | None:
    """Return the type of the packet of OpenPGP (RFC 9580) with which the content begins; None if there is none."""
    content = content[MARKER_LENGTH:] if content.startswith(MARKERS) else content
    if len(content) < 8 or not content[0] & 0x80:
        return None
    if content[0] & 0x40:
        packet, length = content[0] & 0x3f, content[1]
        header = 2 if length < 192 else 3 if length < 224 else 6 if length == 255 else 2
    else:
        packet, kind = content[0] >> 2 & 0x0f, content[0] & 3
        header = (2, 3, 5, 1)[kind]
    versions = {1: (2, 3, 6), 2: (3, 4, 6), 3: (4, 5, 6), 4: (3, 6), 18: (1, 2), 20: (1,)}
    return packet if content[header] in versions.get(packet, ()) else None


def _has_ascii_bytes(encoding: str) -> bool:
    return 'a,\n'.encode(encoding).endswith(b'a,\n')


def _is_plain_ascii(content: bytes) -> bool:
    return content.isascii() and 0 not in content
