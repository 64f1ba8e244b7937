"""The short form of the kill campaign: commands are stopped at random moments, and no reader sees half of anything."""
from __future__ import annotations

import argparse

from kill_campaign import COMMANDS, SQL, campaign, file_of, finish, is_whole

from lib.local_lake.commands import watch

KEY = 'Gen/Policy/2026/03/04/a.csv'


def test_commands_stopped_at_random_moments_lose_double_and_mix_nothing(lake):
    lake.configure('transformation-sql/spark-Gen-Policy.sql', SQL)
    assert lake.run(KEY, file_of(0)).status == 'SUCCEEDED'
    figures = campaign(lake, kills=4, seed=7, commands={name: min(longest, 3.0) for name, longest in COMMANDS.items()})
    finish(lake, figures, lambda: watch.run(lake.folders, argparse.Namespace(once=True)))
    assert (sum(figures.kills.values()), figures.wrong) == (4, [])
    assert figures.looks > 4


def test_what_a_reader_should_never_see_is_noticed():
    assert is_whole([]) and not is_whole([(1, 2, 3)])
    assert not is_whole([(1, 5000, 12497500), (2, 5000, 12497500)])
    assert is_whole([(1, 5000, 12497500)])
