"""A load without configuration says what it guessed about its file, and proposes it; it copies the file once."""
from __future__ import annotations

import json
from datetime import date

from lake_etl.adapters.local.folder_files import FolderFiles

CONTENT = ('Bordereau March 2026;;\r\n;;;\r\nPolicy;Start;Gross;Signed\r\nP1;2026-01-05;5,5;25.12.2025\r\n'
           'P2;2026-01-06;6,5;01.02.2026\r\n')


def test_a_guess_is_on_record_and_part_of_the_proposal(lake, monkeypatch):
    written, write_stream = [], FolderFiles.write_stream

    def watched(files, uri, chunks):
        written.append(uri)
        write_stream(files, uri, chunks)
    monkeypatch.setattr(FolderFiles, 'write_stream', watched)
    result = lake.run('Gen/Policy/a.csv', CONTENT)
    assert result.status == 'SUCCEEDED', result.reason
    assert len([uri for uri in written if '/Gen-Policy.' not in uri and '/collect/' not in uri]) == 1
    assert lake.rows('SELECT policy, start, gross FROM gen.policy ORDER BY 1') == [
        ('P1', date(2026, 1, 5), '5,5'), ('P2', date(2026, 1, 6), '6,5')]
    assert [text for text in result.told if 'semicolon as the delimiter and the header in line 3' in text]
    proposal = next(lake.folders.temporary.rglob('Gen-Policy.json'))
    assert json.loads(proposal.read_text(encoding='utf-8'))['input_spec'] == {
        'csv': {'header': True, 'delimiter': ';'}, 'skip_rows': 2}
    assert json.loads(proposal.read_text(encoding='utf-8'))['transform_spec'] == {
        'date': [{'field': 'signed', 'format': 'dd.MM.yyyy'}], 'changetype': {'start': 'date'}}


def test_a_section_for_another_format_is_said(lake):
    lake.configure('transformation-spec/Gen-Policy.json', {'input_spec': {'csv': {}}, 'transform_spec': {}})
    result = lake.run('Gen/Policy/a.json', '{"a": 1}\n')
    assert [text for text in result.told if 'a.json is JSON' in text and 'only delimited text' in text]
