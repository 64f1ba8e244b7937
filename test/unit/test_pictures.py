"""The pictures of the README are those that their script draws, each with a description and inside its frame."""
from __future__ import annotations

import runpy
from pathlib import Path
from xml.etree import ElementTree

import pytest

PICTURES = Path(__file__).resolve().parents[2] / 'docs' / 'pictures'
DRAWN = runpy.run_path(str(PICTURES / 'draw.py'))['pictures']()
SPACE = '{http://www.w3.org/2000/svg}'


@pytest.mark.parametrize('name', sorted(DRAWN))
def test_a_picture_is_as_its_script_draws_it(name):
    assert (PICTURES / name).read_text(encoding='utf-8') == DRAWN[name]


@pytest.mark.parametrize('name', sorted(DRAWN))
def test_a_picture_has_a_description_and_stays_inside_its_frame(name):
    root = ElementTree.fromstring(DRAWN[name])
    width, height = float(root.get('width')), float(root.get('height'))
    assert root.find(f'{SPACE}title').text
    boxes = list(root.iter(f'{SPACE}rect'))
    assert all(float(box.get('x', 0)) + float(box.get('width')) <= width for box in boxes)
    assert all(float(text.get('y')) < height for text in root.iter(f'{SPACE}text'))


def test_readers_of_light_and_dark_pages_get_a_picture_each():
    assert sorted(DRAWN) == sorted(path.name for path in PICTURES.glob('*.svg'))
    assert {name.rpartition('-')[2] for name in DRAWN} == {'light.svg', 'dark.svg'}
