"""The processes of the cluster are kept apart as machines are."""
from __future__ import annotations

import os

from lib.local_lake.folders import REPOSITORY


def test_workers_see_no_sources_no_driver_and_not_each_other(shared_ground):
    driver = shared_ground.cluster.folder('driver-of-this-test')
    (driver / 'scratch').write_text('of the driver')
    own = [f'/proc/{pid}/root' for pid in shared_ground.cluster.workers]
    for here in own:
        assert os.listdir(f'{here}{REPOSITORY}/lib') == os.listdir(f'{here}{REPOSITORY}/test') == []
        assert os.listdir(f'{here}{driver.parent}') == []
    seen = [[name for name in ('worker-1', 'worker-2') if os.listdir(f'{here}{shared_ground.cluster.root}/{name}')]
            for here in own]
    assert seen == [['worker-1'], ['worker-2']]
