"""The sample data sets that the demo loads, in the order in which they build on each other."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lib.local_lake.folders import REPOSITORY

RESOURCES = REPOSITORY / 'resources'
LOOKUPS = (('SyntheticGeneralData', 'syntheticgeneral_lookup_data.json'),
           ('SyntheticLifeData', 'syntheticlife_lookup_data.json'))
QUESTION = 'Which lines of business earned the most premium, and what did their claims cost?'
QUERY = """
SELECT lineofbusiness, count(DISTINCT policynumber) AS policies, sum(earnedpremium) AS earned_premium,
       sum(claimincurredamount) AS claims_incurred
FROM syntheticgeneraldata_consume.policydata
GROUP BY lineofbusiness
ORDER BY earned_premium DESC
LIMIT 5
"""


@dataclass(frozen=True)
class Sample:
    """One sample file and the workflow it belongs to."""

    workflow: str
    file: str

    @property
    def path(self) -> Path:
        """Return the committed file."""
        return RESOURCES / self.file

    @property
    def key(self) -> str:
        """Return the place in the Collect folder that the file is dropped to."""
        return f'{self.workflow}/{self.file}'

    @property
    def data_set(self) -> str:
        """Return the name by which the generator knows the data set."""
        return self.workflow.replace('/', '-')


SAMPLES = (
    Sample('SyntheticGeneralData/ClaimData', 'syntheticgeneral-claim-data.csv'),
    Sample('SyntheticGeneralData/PolicyData', 'syntheticgeneral-policy-data.csv'),
    Sample('SyntheticGeneralData/WrittenPolicyData', 'syntheticgeneral-writtenpolicies.csv'),
    Sample('SyntheticGeneralData/NestedPolicyData', 'syntheticgeneral-nested-policies.json'),
    Sample('SyntheticLifeData/ClaimData', 'syntheticlife-claim-data.csv'),
    Sample('SyntheticLifeData/PolicyData', 'syntheticlife-policy-data.csv'),
)
