import json

import numpy as np
import pytest
import torch
from PIL import Image

from sextant.base.errors import WrongUse
from sextant.gallery.alignment.heatmap import grid as heatmap
from sextant.gallery.alignment.heatmap.files import make_heatmap_geojson, write_heatmap
from sextant.gallery.alignment.heatmap.grid import HeatMap, Peak, compute_heat_map, make_grid_positions, select_apart
from sextant.gallery.alignment.heatmap.score import compute_position_scores
from sextant.gallery.alignment.model import encoder as encoders
from sextant.gallery.alignment.model.aligned_model import make_alignment
from sextant.gallery.alignment.model.backbone import Backbone
from sextant.gallery.alignment.model.config import AlignmentConfig, AlignmentError
from sextant.gallery.alignment.model.encoder import load_aligned
from sextant.gallery.alignment.model.weights import save_alignment
from sextant.geo.borders import find_country
from sextant.geo.sphere import compute_great_circle_km
from tests.support.encoders import ThumbnailEncoder
from tests.support.photos import picture

CONFIG = AlignmentConfig(
    backbone="thumbnail",
    backbone_fingerprint="thumbnail-1",
    features="unit",
    image_dimension=48,
    space=16,
    sigmas=(1.0,),
)


@pytest.fixture
def aligned(tmp_path, monkeypatch):
    monkeypatch.setattr(encoders, "load_backbone", lambda spec: Backbone(ThumbnailEncoder()))
    alignment = make_alignment(CONFIG, seed=0)
    # Untrained, all positions look alike; a gain on the head's last layer and no bias set them apart.
    with torch.no_grad():
        alignment.location.capsules[0].head.bias.zero_()
        alignment.location_head[0].bias.zero_()
        alignment.location_head[2].bias.zero_()
    save_alignment(tmp_path / "geo", alignment)
    return load_aligned(str(tmp_path / "geo"))


@pytest.fixture
def embedding(aligned):
    return aligned.encode([picture(3)])[0]


@pytest.fixture
def heat(aligned, embedding):
    return compute_heat_map(aligned, embedding, step_degrees=10, peaks=3)


def test_a_score_is_the_cosine_of_image_and_position(aligned, embedding):
    positions = np.array([[48.8, 2.3], [-33.9, 151.2]])
    a = embedding[48:] / np.linalg.norm(embedding[48:])
    b = aligned.alignment.positions(torch.from_numpy(positions)).detach().numpy()
    np.testing.assert_allclose(compute_position_scores(aligned, embedding, positions), b @ a, atol=1e-6)


def test_no_positions_have_no_scores(aligned, embedding):
    assert compute_position_scores(aligned, embedding, np.zeros((0, 2))).shape == (0,)


@pytest.mark.parametrize("bad", [(91, 0), (0, 181), (float("nan"), 0), (float("inf"), 0)])
def test_positions_off_the_globe_are_refused_by_row(aligned, embedding, bad):
    with pytest.raises(WrongUse, match=r"position 1 .* is not on the globe"):
        compute_position_scores(aligned, embedding, [(10, 20), bad])


def test_the_grid_covers_the_world_once_from_the_north_west():
    grid = make_grid_positions(30)
    assert grid.shape == (6, 12, 2)
    assert grid[0, 0].tolist() == [75, -165]
    assert grid[-1, -1].tolist() == [-75, 165]


@pytest.mark.parametrize("step", [0, -1, 7, 0.01, 400, float("nan")])
def test_a_step_that_does_not_divide_the_world_is_refused(step):
    with pytest.raises(WrongUse, match="does not divide the world"):
        make_grid_positions(step)


def test_the_map_sums_to_one_and_its_cells_are_the_scores(aligned, embedding, heat):
    assert heat.scores.shape == heat.probability.shape == (18, 36)
    assert heat.probability.sum() == pytest.approx(1)
    np.testing.assert_allclose(
        heat.scores.ravel(), compute_position_scores(aligned, embedding, make_grid_positions(10).reshape(-1, 2))
    )


def test_a_cell_near_the_pole_weighs_its_smaller_area(heat, aligned):
    scale = aligned.alignment.gps_scale.exp().item()
    density = heat.probability / np.exp(scale * heat.scores)
    expected = np.cos(np.radians(make_grid_positions(10)[:, :, 0]))
    np.testing.assert_allclose(density / density[9, 0], expected / expected[9, 0], rtol=1e-6)


def test_peaks_lie_on_land_apart_and_most_of_the_map_first(heat):
    masses = [peak.probability for peak in heat.peaks]
    assert masses == sorted(masses, reverse=True)
    assert len(heat.peaks) == 3
    assert all(find_country(peak.latitude, peak.longitude) for peak in heat.peaks)


def test_a_peak_is_at_least_as_good_as_its_cell_on_land(aligned, embedding, heat):
    for peak in heat.peaks:
        row = int(
            np.argmin(compute_great_circle_km((peak.latitude, peak.longitude), make_grid_positions(10).reshape(-1, 2)))
        )
        centre = make_grid_positions(10).reshape(-1, 2)[row]
        if find_country(*centre):
            assert peak.score >= compute_position_scores(aligned, embedding, [centre])[0] - 1e-6


def test_the_grid_is_encoded_once(aligned, embedding, heat, monkeypatch):
    monkeypatch.setattr(heatmap, "encode_positions", None)
    assert compute_heat_map(aligned, embedding, step_degrees=10, peaks=3).peaks == heat.peaks


def test_apart_keeps_the_best_of_a_crowd_across_the_date_line():
    positions = [(0, 179.9), (0, -179.9), (0, 170), (50, 0)]
    assert select_apart(positions, [0.9, 1.0, 0.8, 0.1], 3, 500) == [1, 2, 3]


def test_the_same_photo_gives_the_same_map(aligned, embedding, heat):
    again = compute_heat_map(aligned, embedding, step_degrees=10, peaks=3)
    assert again.peaks == heat.peaks
    np.testing.assert_array_equal(again.probability, heat.probability)


def known_map():
    """One bright cell: row 3 from the north, column 20, around 55° N, 25° E."""
    scores = np.zeros((18, 36))
    scores[3, 20] = 1
    probability = np.full((18, 36), 1e-5)
    probability[3, 20] = 1 - probability.sum() + 1e-5
    return HeatMap(10.0, scores, probability, (Peak(54.3, 24.1, 0.91, 0.99),))


def test_the_picture_is_brightest_where_the_map_is(tmp_path):
    write_heatmap(tmp_path / "map.png", known_map())
    picture = Image.open(tmp_path / "map.png")
    assert picture.size == (1440, 720)
    light = np.asarray(picture.convert("L"), dtype=float)[125:155, 780:830].mean()
    assert light > 2 * np.asarray(picture.convert("L"), dtype=float).mean()


def test_geojson_puts_longitude_first_and_shows_most_of_the_mass(tmp_path):
    write_heatmap(tmp_path / "map.geojson", known_map())
    document = json.loads((tmp_path / "map.geojson").read_text())
    peak, cell = document["features"]
    assert peak["geometry"] == {"type": "Point", "coordinates": [24.1, 54.3]}
    assert peak["properties"]["rank"] == 1
    assert cell["geometry"]["coordinates"][0][0] == [20, 50]
    assert cell["properties"]["probability"] > 0.9


def test_geojson_cells_hold_their_own_positions(heat):
    for feature in make_heatmap_geojson(heat)["features"][len(heat.peaks) :]:
        ring = np.array(feature["geometry"]["coordinates"][0])
        assert (np.abs(ring) <= (180, 90)).all()
        assert (ring[0] == ring[-1]).all()


def test_other_suffixes_and_unwritable_places_are_refused(tmp_path):
    with pytest.raises(WrongUse, match=r"use \.png or \.geojson"):
        write_heatmap(tmp_path / "map.pdf", known_map())
    with pytest.raises(AlignmentError, match="could not be written"):
        write_heatmap(tmp_path / "nowhere" / "map.png", known_map())
    assert list(tmp_path.glob("map*")) == []


def test_a_peak_lies_within_its_cells_neighbourhood(heat):
    grid = make_grid_positions(10).reshape(-1, 2)
    for peak in heat.peaks:
        assert compute_great_circle_km((peak.latitude, peak.longitude), grid).min() < 1600
