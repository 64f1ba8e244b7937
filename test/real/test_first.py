from ground import Run, rows_of
from lib.job_table import COLLECT_TO_CLEANSE
from lib.local_lake.folders import REPOSITORY


def test_first(aws, lake):
    content = (REPOSITORY / 'resources' / 'syntheticgeneral-claim-data.csv').read_bytes()
    key = 'Gen/Claim/2026/03/04/claims.csv'
    aws.land(key, content)
    assert aws.run(Run(COLLECT_TO_CLEANSE, key, 'first')) == ['']
    execution = lake.load(key, content)
    assert aws.rows('gen', 'claim')[:2] == rows_of(lake.catalog, __import__('lake_etl').runtime.files('/x'), 'gen', 'claim')[:2]
