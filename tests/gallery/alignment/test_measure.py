import numpy as np
import torch

from sextant.gallery.alignment.measure import find_nearest_rows, measure_parts, validate
from sextant.gallery.alignment.model.aligned_model import make_alignment
from sextant.geo.sphere import compute_geodesic_km
from tests.gallery.alignment.conftest import CONFIG


def test_nearest_rows_are_those_of_the_highest_inner_product():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(7, 5)), rng.normal(size=(40, 5))
    expected = np.argsort(-(a @ b.T), axis=1)[:, :10]
    np.testing.assert_array_equal(find_nearest_rows(torch.from_numpy(a), torch.from_numpy(b), 10), expected)


def test_the_backbones_figures_are_those_counted_by_hand(planted):
    queries, references = np.arange(0, 30), np.arange(30, len(planted))
    measured = validate(make_alignment(CONFIG, 0), planted, references, queries, ("image",), seed=0)
    x = np.asarray(planted.images, dtype=np.float64)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    distances = []
    for query in queries:
        best = references[np.argsort(-(x[references] @ x[query]))[:10]]
        distances += [float(compute_geodesic_km(planted.positions[query], planted.positions[row])) for row in best]
    assert measured["retrieval"]["10"]["median_km"] == round(float(np.median(distances)), 1)
    assert measured["retrieval"]["10"]["mean_km"] == round(float(np.mean(distances)), 1)
    assert measured["positions"] is None
    by_query = np.array(distances).reshape(30, 10)
    assert measured["retrieval"]["10"]["per_query"] == {
        "average": round(float(by_query.mean()), 1),
        "median": round(float(np.median(by_query, axis=1).mean()), 1),
        "max": round(float(by_query.max(axis=1).mean()), 1),
        "min": round(float(by_query.min(axis=1).mean()), 1),
    }


def test_every_part_and_the_backbone_are_measured_on_the_same_rows(planted):
    measured = measure_parts(make_alignment(CONFIG, 0), planted, share=0.25, seed=1)
    assert list(measured) == ["backbone", "gps", "aligned"]
    assert {(figures["queries"], figures["references"]) for figures in measured.values()} == {(40, 120)}
    assert set(measured["gps"]["positions"]) >= {"within_25_km", "within_2500_km", "median_km"}
