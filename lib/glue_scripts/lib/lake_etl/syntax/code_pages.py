"""EBCDIC code pages of mainframes: registers those that Python lacks, such as cp1047 and the ones with a euro sign."""
from __future__ import annotations

import codecs
import re
from functools import cache
from typing import Any

# A page that Python has, and the characters of other pages by byte, in hexadecimal digits, where they differ from it.
_LATIN = 'cp037'
_DIFFERENCES = {
    'cp277': '47} 4a# 4f! 5a¤ 5bÅ 5f^ 67$ 6aø 70¦ 7bÆ 7cØ 80@ 9c{ 9e[ 9f] a1ü b0¢ ba¬ bb| c0æ d0å dc~',
    'cp278': '43{ 47} 4a§ 4f! 51` 5a¤ 5bÅ 5f^ 63# 67$ 6aö 71\\ 79é 7bÄ 7cÖ 9f] a1ü b0¢ b5[ ba¬ bb| c0ä cc¦ d0å dc~ '
             'e0É ec@',
    'cp280': '44{ 48\\ 4a° 4f! 51] 54} 58~ 5aé 5f^ 6aò 79ù 7b£ 7c§ 90[ a1ì b0¢ b1# b5@ ba¬ bb| c0à cd¦ d0è dd` e0ç',
    'cp284': '49¦ 4a[ 5a] 69# 6añ 7bÑ a1¨ b0¢ ba^ bb! bd~',
    'cp285': '4a$ 5b£ a1¯ b0¢ b1[ ba^ bc~',
    'cp297': '44@ 48\\ 4a° 4f! 51{ 54} 5a§ 5f^ 6aù 79µ 7b£ 7cà 90[ a0` a1¨ b0¢ b1# b5] ba¬ bb| bd~ c0é d0è dd¦ e0ç',
    'cp871': '4aÞ 4f! 5aÆ 5fÖ 79ð 7cÐ 8c` 8e{ 9c} 9e] a1ö ac@ ae[ b0¢ ba¬ bb| be\\ c0þ cc~ d0æ e0´ ec^',
    'cp1047': '5f^ ad[ b0¬ baÝ bb¨ bd]',
}
# Pages with a euro sign: the page without it, and the byte of the sign.
_WITH_EURO = {
    'cp1141': ('cp273', 0x9f), 'cp1142': ('cp277', 0x5a), 'cp1143': ('cp278', 0x5a), 'cp1144': ('cp280', 0x9f),
    'cp1145': ('cp284', 0x9f), 'cp1146': ('cp285', 0x9f), 'cp1147': ('cp297', 0x9f), 'cp1148': ('cp500', 0x9f),
    'cp1149': ('cp871', 0x9f)}
_ALIAS = re.compile(r'(?:cp|ibm|ccsid)?[-_ ]?0*(\d+)')
_SPACE = 0x40


def single_byte_table(encoding: str) -> str | None:
    """Return the character of each of the 256 bytes, U+FFFD for a byte without one; None if characters take more."""
    if any(len(character.encode(encoding, 'ignore')) > 1 for character in 'A1é€Ω保'):
        return None
    return ''.join(bytes([byte]).decode(encoding, 'replace') for byte in range(256))


def is_ebcdic(encoding: str) -> bool:
    """Tell whether an encoding is an EBCDIC code page, in which a blank is the byte 0x40."""
    return ' '.encode(encoding) == bytes([_SPACE])


@cache
def _characters(page: str) -> str:
    """Return the 256 characters of a page that Python lacks."""
    if page in _WITH_EURO:
        base, euro = _WITH_EURO[page]
        characters = list(bytes(range(256)).decode(base) if base in ('cp273', 'cp500') else _characters(base))
        characters[euro] = '€'
        return ''.join(characters)
    characters = list(bytes(range(256)).decode(_LATIN))
    for item in _DIFFERENCES[page].split():
        characters[int(item[:2], 16)] = item[2:]
    return ''.join(characters)


def _find(name: str) -> codecs.CodecInfo | None:
    """Return the codec of a page such as cp1047, IBM-1141 or ccsid_1148; None for every other name."""
    match = _ALIAS.fullmatch(name)
    page = f'cp{match[1]}' if match else ''
    if page not in _DIFFERENCES and page not in _WITH_EURO:
        return None
    decoding = _characters(page)
    encoding = codecs.charmap_build(decoding)

    def encode(text: str, errors: str = 'strict') -> tuple[bytes, int]:
        return codecs.charmap_encode(text, errors, encoding)

    def decode(content: Any, errors: str = 'strict') -> tuple[str, int]:
        return codecs.charmap_decode(content, errors, decoding)

    class Encoder(codecs.IncrementalEncoder):
        def encode(self, text: str, final: bool = False) -> bytes:
            return codecs.charmap_encode(text, self.errors, encoding)[0]

    class Decoder(codecs.IncrementalDecoder):
        def decode(self, content: Any, final: bool = False) -> str:
            return codecs.charmap_decode(content, self.errors, decoding)[0]
    return codecs.CodecInfo(encode, decode, name=page, incrementalencoder=Encoder, incrementaldecoder=Decoder)


codecs.register(_find)
