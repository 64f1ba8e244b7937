"""Decides how a field of a copybook is stored: kind of storage, size, and the type of its column."""
from __future__ import annotations

from dataclasses import dataclass, replace

from lake_etl.cobol.copybook import Item, Usage
from lake_etl.cobol.picture import Picture
from lake_etl.cobol.record_nodes import RecordField

MOST_DIGITS, MOST_BINARY_DIGITS = 38, 18
INT_DIGITS, BIGINT_DIGITS = 9, 18
HALFWORD, FULLWORD, DOUBLEWORD = 2, 4, 8
# The most digits of a binary number by its size.
FULL_DIGITS = {2: 5, 4: 10, 8: 19}


@dataclass(frozen=True)
class Inherited:
    """What an item has from the groups around it.

    start    first byte of the group around it, counted from the beginning of the record
    certain  whether only one description fits its bytes
    """

    usage: Usage | None = None
    sign: tuple[bool, bool] | None = None
    synchronized: bool = False
    start: int = 0
    certain: bool = True


def stored_field(item: Item, inherited: Inherited, little: bool) -> RecordField | str:
    """Return the field of an item, with offset 0; or what is wrong with the item.

    little  whether COMP-5 and IEEE floats have their lowest byte first
    """
    picture, usage = item.picture, inherited.usage
    found = RecordField(name=item.name, column=item.name or None, type='string', storage='text', offset=0, size=0,
                        certain=inherited.certain)
    if picture is None:
        return _field_without_picture(found, usage, little)
    if picture.kind == 'number':
        return _number_field(found, picture, inherited, little)
    if picture.kind == 'national' and usage in (None, 'national', 'display'):
        return replace(found, storage='national', size=2 * picture.length)
    if picture.kind == 'text' and usage in (None, 'display'):
        return replace(found, size=picture.length)
    return 'has a picture that does not fit its usage'


def _field_without_picture(found: RecordField, usage: Usage | None, little: bool) -> RecordField | str:
    if usage in ('float', 'double'):
        return replace(found, storage='float', type=usage, size=4 if usage == 'float' else 8, little=little)
    if usage == 'unused':
        return replace(found, storage='unused', column=None, size=4)
    return 'has no picture, and no items below it; add PIC, or items with higher level numbers'


def _number_field(found: RecordField, picture: Picture, inherited: Inherited, little: bool) -> RecordField | str:
    usage = inherited.usage or 'display'
    if usage in ('float', 'double', 'unused', 'national'):
        return 'has a picture that does not fit its usage'
    limit = MOST_BINARY_DIGITS if usage in ('binary', 'native') else MOST_DIGITS
    if max(picture.digits, picture.scale) > limit:
        return f'has more than {limit} digits'
    found = replace(found, digits=picture.digits, scale=picture.scale, zeros=picture.zeros, signed=picture.signed)
    return _stored_number(found, picture.length, usage, inherited.sign or (False, False), little)


def _stored_number(found: RecordField, length: int, usage: Usage, sign: tuple[bool, bool], little: bool) -> RecordField:
    """Return a field with storage, size and type of a number.

    length  number of digits that are stored
    """
    if usage == 'display':
        separate = found.signed and sign[1]
        found = replace(found, storage='zoned', size=length + separate, leading=sign[0], separate=separate)
    elif usage in ('packed', 'unsigned packed'):
        signed = usage == 'packed'
        found = replace(found, storage='packed' if signed else 'unsigned packed',
                        size=length // 2 + 1 if signed else (length + 1) // 2)
    else:
        size = HALFWORD if length <= 4 else FULLWORD if length <= 9 else DOUBLEWORD
        native = usage == 'native'
        digits = found.digits
        if native:
            digits = FULL_DIGITS[size] + (size == DOUBLEWORD and not found.signed) + found.zeros
        found = replace(found, storage='binary', size=size, little=native and little, digits=digits)
        if native and not found.scale and not found.zeros and (size == HALFWORD or found.signed):
            return replace(found, type='bigint' if size == DOUBLEWORD else 'int')
    return replace(found, type=_number_type(found.digits, found.scale))


def _number_type(digits: int, scale: int) -> str:
    if scale:
        return f'decimal({max(digits, scale)},{scale})'
    return 'int' if digits <= INT_DIGITS else 'bigint' if digits <= BIGINT_DIGITS else f'decimal({digits},0)'


def boundary(found: RecordField, inherited: Inherited) -> int:
    """Return the boundary on which a field has to begin: that of its machine word if it is SYNCHRONIZED."""
    if not inherited.synchronized:
        return 1
    if found.storage == 'binary':
        return HALFWORD if found.size == HALFWORD else FULLWORD
    return max(1, found.size) if found.storage in ('float', 'unused') else 1
