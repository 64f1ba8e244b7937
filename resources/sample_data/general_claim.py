"""SyntheticGeneralData/ClaimData: what the claim system knows of each policy and month."""
from __future__ import annotations

from collections.abc import Iterator

from .draw import Draw
from .general_policy import policies_with_months
from .months import amount

COLUMNS = ('StartDate', 'EndDate', 'PolicyNumber', 'AccidentYearTotalIncurredAmount', 'GenerationDate')
SHARE_OF_POLICIES_WITH_CLAIMS = 0.8


def rows(seed: int) -> Iterator[list[str]]:
    """Yield endless rows, at most one for a policy and month; a fifth of the policies never had a claim.

    Losses have developed since the policy system reported them, so that some amounts are higher here.
    """
    draw = Draw('general claims', seed)
    for policy, months in policies_with_months(seed):
        if not draw.chance(SHARE_OF_POLICIES_WITH_CLAIMS):
            continue
        for month in months:
            developed = month.incurred_cents * draw.whole(100, 130) // 100
            yield [month.month.first.isoformat(), month.month.last.isoformat(), policy.number, amount(developed),
                   policy.generated]
