"""Tells whether a classification in a contract asks for protection."""
from __future__ import annotations

import re

SENSITIVE = re.compile(r'restrict|confiden|sensitiv|secret|personal|private|\bpii\b|\bphi\b|\bspi\b|gdpr|dsgvo',
                       re.IGNORECASE)
NEGATED = re.compile(r'\b(?:non|not|no|un)[\s_-]*(?:personal|sensitive|confidential|restricted|pii|phi)\b',
                     re.IGNORECASE)


def is_sensitive(classification: str) -> bool:
    """Tell whether values of that classification should not be readable by everyone."""
    return SENSITIVE.search(NEGATED.sub('', classification)) is not None
