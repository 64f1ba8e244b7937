"""A watched file whose workflow depends on another is loaded once that one has succeeded."""
from __future__ import annotations

import argparse
import os
import time

from lib.local_lake.commands import watch


def drop(lake, key, seconds_ago):
    lake.land(key, 'a\n1\n')
    moment = time.time() - seconds_ago
    os.utime(lake.folders.collect / key, (moment, moment))


def test_a_dependent_file_waits_for_the_success_of_the_other(lake, capsys):
    lake.configure('transformation-spec/Gen-Combined-dependent.json', {'depends_on': {'Gen/Policy': 1}})
    drop(lake, 'Gen/Combined/all.csv', 60)
    once = argparse.Namespace(once=True)
    assert watch.run(lake.folders, once) == 0
    assert watch.run(lake.folders, once) == 0
    assert capsys.readouterr().out.count('Gen/Combined/all.csv waits for Gen/Policy.') == 1
    drop(lake, 'Gen/Policy/policies.csv', 30)
    assert watch.run(lake.folders, once) == 0
    assert lake.rows('SELECT a FROM gen.combined') == [(1,)]
    assert [status for status, _ in lake.recorded()] == ['SUCCEEDED', 'SUCCEEDED']
