"""The workflow in the documentation loads, and quarantines the rows that its rules name."""
from __future__ import annotations

import hashlib
import re
from pathlib import Path

from lake_etl.adapters.local.sqlite_items import SqliteItems
from lake_etl.transform.lookup_items import lookup_items

DOCS = Path(__file__).resolve().parents[2] / 'docs'
BLOCK = re.compile(r'^```(?:json|csv)\n// (?P<name>[\w-]+/(?:dq-)?Claims-Payment\.\w+)\n(?P<text>.*?)^```$',
                   re.MULTILINE | re.DOTALL)
PAYMENTS = '''Claim No|Policy No|Paid Date|Paid Amount|Cause Code|Tax Id|Comment
001|P1|01/02/2026|1,250.00|1|12-3|
|P2|01/02/2026|80.00|1|45-6|no claim number
003|P3|02/02/2026|(20.00)|1|78-9|negative
004|P4|02/02/2026|15.00|9|78-9|unknown cause
'''


def test_the_example_of_the_pages_sets_aside_what_it_says(lake):
    for document in ('user-guide.md', 'data-quality.md'):
        for shown in BLOCK.finditer((DOCS / document).read_text(encoding='utf-8')):
            lake.configure(shown['name'], shown['text'])
    lookups = lookup_items('Claims', b'{"CauseOfLoss": {"1": "Fire"}}', 'lookups.json')
    lake.folders.root.mkdir()
    SqliteItems().put_all(lake.folders.items('value-lookup'), lookups)
    lake.load('Claims/Payment/2026/02/28/payments.pipe', PAYMENTS)
    assert lake.rows('SELECT claimnumber, causeofloss FROM claims.payment') == [('001', 'Fire')]
    token = hashlib.sha256(b'45-6').hexdigest()
    assert lake.rows('SELECT policynumber, claimanttaxid, failed_rules '
                     'FROM claims.payment_quarantine_before_transform') == [
        ('P2', token, ['IsComplete "ClaimNumber"'])]
    assert lake.rows('SELECT claimnumber, failed_rules FROM claims.payment_quarantine_after_transform ORDER BY 1') == [
        ('003', ['ColumnValues "PaidAmount" > 0']), ('004', ['ColumnValues "CauseOfLoss" != "Unknown"'])]
