"""A file that is not in its encoding is refused with the place, also where only the publication reads it to its end."""
from __future__ import annotations


def test_a_bad_byte_far_below_the_sample_stops_the_load(lake):
    lake.configure('transformation-spec/Gen-Policy.json', {'input_spec': {'fixed': {}}})
    lake.configure('transformation-spec/Gen-Policy.csv', 'SourceName,DestName,Width\nname,name,4\n')
    result = lake.run('Gen/Policy/a.txt', b'Anna\n' * 20_000 + b'Ren\xe9\n')
    assert result.status == 'FAILED'
    assert "a.txt is not text in encoding 'utf-8'" in result.reason
    assert 'at byte 100,004, in line 20,001' in result.reason
    assert list(lake.catalog.tables()) == []
