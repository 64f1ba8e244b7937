"""Mainframe extracts are loaded by the job: fixed and variable records in EBCDIC, laid out by a copybook."""
from __future__ import annotations

SPEC, MAPPING, COPYBOOK = (f'transformation-spec/Gen-Policy.{ending}' for ending in ('json', 'csv', 'cpy'))
FIELDS = """
       01  POLICY-RECORD.
           05  POLICY-NO    PIC 9(6).
           05  INSURED      PIC X(10).
           05  PREMIUM      PIC S9(5)V99 COMP-3.
"""


def record(number: int, name: str, cents: int) -> bytes:
    """Return a record of FIELDS in cp037."""
    return f'{number:06}{name:10}'.encode('cp037') + bytes.fromhex(f'{abs(cents):07}{"d" if cents < 0 else "c"}')


def test_fixed(lake):
    lake.configure(SPEC, {'input_spec': {'cobol': {}, 'types': {'policy-no': 'string'}}})
    lake.configure(COPYBOOK, FIELDS)
    content = record(1, 'Méier', -12345) + record(2, 'Bob', 50) + record(3, 'Al', 1)[:-1] + b'\xff'
    lake.load('Gen/Policy/x.dat', content)
    print(lake.rows('SELECT policy_no, insured, premium FROM gen.policy ORDER BY 1'), lake.types('gen', 'policy'), lake.recorded())

