from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageChops

from sextant.gallery.synthetic import scene as scene_module
from sextant.gallery.synthetic.canvas import HEIGHT, WIDTH
from sextant.gallery.synthetic.facts import UnknownCountry, load_country_facts
from sextant.gallery.synthetic.scene import draw_scene
from sextant.gallery.synthetic.towns import Town

SAPPORO = Town("Sapporo", "JP", 43.06, 141.35)


@pytest.fixture
def with_facts(monkeypatch):
    """Draw a scene of Sapporo with some facts changed and all else the same."""

    def draw(seed, **facts):
        changed = replace(load_country_facts("JP"), **facts)
        monkeypatch.setattr(scene_module, "load_country_facts", lambda code: changed)
        return draw_scene(SAPPORO, seed)

    return draw


def test_the_same_town_and_seed_give_the_same_bytes():
    first, second = draw_scene(SAPPORO, 7), draw_scene(SAPPORO, 7)
    assert first.size == (WIDTH, HEIGHT)
    assert first.tobytes() == second.tobytes()
    assert first.tobytes() != draw_scene(SAPPORO, 8).tobytes()


@pytest.mark.parametrize(
    "facts",
    [
        {"drives_left": False},
        {"edge_line": "yellow"},
        {"script": "thai"},
        {"warning_sign": "triangle"},
        {"flag": ("field", "#00ff00")},
        {"post_box": "#00ff00"},
    ],
)
def test_every_fact_reaches_the_pixels(with_facts, facts):
    changes = [
        ImageChops.difference(draw_scene(SAPPORO, seed), with_facts(seed, **facts)).getbbox() for seed in range(6)
    ]
    assert any(changes)


def test_the_oncoming_lane_lies_right_where_one_drives_left(monkeypatch):
    seen = {}

    def spy(canvas, x, z, country, rear, light, rng):
        seen.setdefault((country.code, rear), x)

    monkeypatch.setattr(scene_module, "draw_car", spy)
    for seed in range(12):
        draw_scene(SAPPORO, seed)
        draw_scene(Town("Arlington", "US", 38.88, -77.1), seed)
    assert seen[("JP", False)] > 0 > seen[("US", False)]
    assert seen[("JP", True)] < 0 < seen[("US", True)]


def test_a_yellow_edge_line_paints_more_yellow_than_a_white_one(with_facts):
    def yellow(picture):
        pixels = np.asarray(picture, dtype=int)[HEIGHT // 2 :]
        return int(((pixels[..., 0] > 170) & (pixels[..., 2] < 90) & (pixels[..., 1] > 130)).sum())

    for seed in range(3):
        assert yellow(with_facts(seed, edge_line="yellow")) > yellow(with_facts(seed, edge_line="white")) + 200


def test_a_country_without_facts_is_refused_by_name():
    with pytest.raises(UnknownCountry, match="'XX'"):
        draw_scene(Town("Nowhere", "XX", 0.0, 0.0), 0)
