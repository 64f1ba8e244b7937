"""The processes of the cluster are kept apart as machines are."""
from __future__ import annotations

from lib.local_lake.folders import REPOSITORY


def test_workers_see_no_sources_no_driver_and_not_each_other(shared_ground):
    cluster = shared_ground.cluster
    driver = cluster.folder('driver-of-this-test')
    cluster.separation.own(driver)
    (driver / 'scratch').write_text('of the driver')
    seen = {name: [other for other in cluster.workers if cluster.seen_by(name, cluster.root / other)]
            for name in cluster.workers}
    assert seen == {'worker-1': ['worker-1'], 'worker-2': ['worker-2']}
    for name in cluster.workers:
        assert cluster.seen_by(name, driver) == []
        if cluster.separation.hides_sources:
            assert cluster.seen_by(name, REPOSITORY / 'lib') == cluster.seen_by(name, REPOSITORY / 'test') == []
