"""Proposed configuration files are written together, and only if none exists."""
from __future__ import annotations

import pytest

from lake_etl.errors import LakeError
from lib.local_lake.running.proposal_files import write_proposals


def test_proposals_are_written_into_folders_that_need_not_exist(tmp_path, capsys):
    first, second = tmp_path / 'new' / 'a.csv', tmp_path / 'b.json'
    write_proposals({first: 'Prämie\n', second: '{}'})
    assert (first.read_text(encoding='utf-8'), second.read_text()) == ('Prämie\n', '{}')
    assert capsys.readouterr().out == f'Wrote {first}.\nWrote {second}.\n'


def test_one_file_that_is_there_keeps_all_of_them_from_being_written(tmp_path):
    first, second = tmp_path / 'a.csv', tmp_path / 'b.json'
    second.write_text('mine')
    with pytest.raises(LakeError, match='b.json exists and was not changed'):
        write_proposals({first: 'new', second: 'new'})
    assert not first.exists() and second.read_text() == 'mine'
