"""The sample data sets of the demo, in the order in which they build on each other."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lib.local_lake.folders import REPOSITORY
from resources.sample_data import DATA_SETS

RESOURCES = REPOSITORY / 'resources'
LOOKUPS = (('SyntheticGeneralData', 'syntheticgeneral_lookup_data.json'),
           ('SyntheticLifeData', 'syntheticlife_lookup_data.json'))
CUSTOMERS, SYSTEMS = 'Customer', ('A01', 'C25', 'F15')
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
    """One sample file and the workflow it belongs to.

    day  folder of the partition, below that of the workflow; empty for the day of the load
    """

    workflow: str
    file: str
    day: str = ''

    @property
    def path(self) -> Path:
        """Return the committed file."""
        return RESOURCES / self.file

    @property
    def key(self) -> str:
        """Return the place in the Collect folder that the file is dropped to."""
        return '/'.join(filter(None, (self.workflow, self.day, self.file)))

    @property
    def data_set(self) -> str:
        """Return the name by which the generator knows the data set."""
        return next(name for name, item in DATA_SETS.items() if item.file == self.file)


SAMPLES = (
    Sample('SyntheticGeneralData/ClaimData', 'syntheticgeneral-claim-data.csv'),
    Sample('SyntheticGeneralData/PolicyData', 'syntheticgeneral-policy-data.csv'),
    Sample('SyntheticGeneralData/WrittenPolicyData', 'syntheticgeneral-writtenpolicies.csv'),
    Sample('SyntheticGeneralData/NestedPolicyData', 'syntheticgeneral-nested-policies.json'),
    Sample('SyntheticLifeData/ClaimData', 'syntheticlife-claim-data.csv'),
    Sample('SyntheticLifeData/PolicyData', 'syntheticlife-policy-data.csv'),
    *(Sample(f'{CUSTOMERS}/{system}', f'customer_{system}_entitymatch_day{day}.csv', f'2026/03/{day:02d}')
      for day in (1, 2) for system in SYSTEMS),
)
