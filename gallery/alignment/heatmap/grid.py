"""Compute a heat map: the scores of a photo on a grid of the world, or at gallery positions (GeoCLIP)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sextant.base.errors import WrongUse
from sextant.gallery.alignment.heatmap.score import check_positions, compute_position_scores, score_encoded
from sextant.gallery.alignment.measure import encode_positions
from sextant.gallery.alignment.model.encoder import AlignedEncoder
from sextant.geo.borders import find_countries
from sextant.geo.sphere import compute_great_circle_km

STEP_DEGREES = 2.0
REFINED_STEP = 20  # a peak is looked at again with steps this many times finer
APART_KM = 500.0
_LOOKED_AT = 10  # cells for each peak wanted: most of the best may lie in the open sea


@dataclass(frozen=True)
class Peak:
    """One place the map points to: its cosine, and the share of the map that lies within ``APART_KM``."""

    latitude: float
    longitude: float
    score: float
    probability: float


@dataclass(frozen=True)
class HeatMap:
    """Scores over the world, row 0 in the north, column 0 at -180°; each cell's value is that of its centre.

    Attributes:
        step_degrees: side of a cell.
        scores: (rows, columns) cosines.
        probability: (rows, columns), sums to 1: softmax of the scaled cosines, each cell weighing its area. It is
            the model's, not a measured confidence.
        peaks: the best places on land, refined; the one with most of the map around it first.
    """

    step_degrees: float
    scores: NDArray[np.float64]
    probability: NDArray[np.float64]
    peaks: tuple[Peak, ...]


def compute_heat_map(
    aligned: AlignedEncoder, image_embedding: ArrayLike, step_degrees: float = STEP_DEGREES, peaks: int = 5
) -> HeatMap:
    """Score one photo against a grid over the world, then look closer at the best places.

    Args:
        image_embedding: (dimension,) as ``aligned.encode([image])[0]`` gives it.
        step_degrees: side of a grid cell; must divide 180. The grid is encoded once for each encoder.
        peaks: how many places to name, at least ``APART_KM`` apart and on land, where photos are taken.

    Raises:
        WrongUse: a step that does not divide the world, or an embedding without a GPS part.
    """
    grid = make_grid_positions(step_degrees)
    positions = grid.reshape(-1, 2)
    if step_degrees not in aligned.grids:
        aligned.grids[step_degrees] = encode_positions(aligned.alignment, positions)
    scores = score_encoded(aligned, image_embedding, aligned.grids[step_degrees])
    logits = aligned.alignment.gps_scale.exp().item() * scores
    weights = np.exp(logits - logits.max()) * np.cos(np.radians(positions[:, 0]))
    probability = weights / weights.sum()
    found = []
    for row in select_apart(positions, scores, _LOOKED_AT * peaks, APART_KM):
        better = _find_land_near(aligned, image_embedding, positions[row], step_degrees)
        if better is not None:
            near = compute_great_circle_km(positions[row], positions) <= APART_KM
            found.append(Peak(*better, float(probability[near].sum())))
        if len(found) == peaks:
            break
    found.sort(key=lambda peak: (-peak.probability, peak.latitude, peak.longitude))
    return HeatMap(step_degrees, scores.reshape(grid.shape[:2]), probability.reshape(grid.shape[:2]), tuple(found))


def make_grid_positions(step_degrees: float) -> NDArray[np.float64]:
    """Return centres of the cells, (rows, columns, 2) degrees, from the north-west."""
    rows = 180 / step_degrees if step_degrees > 0 else 0.0
    if not 1 <= rows <= 1800 or abs(rows - round(rows)) > 1e-9:
        raise WrongUse(f"a grid of {step_degrees!r} degrees does not divide the world; use 0.1 to 90, such as 1 or 2")
    count = round(rows)
    latitude = 90 - (np.arange(count) + 0.5) * step_degrees
    longitude = -180 + (np.arange(2 * count) + 0.5) * step_degrees
    return np.stack(np.meshgrid(latitude, longitude, indexing="ij"), axis=-1)


def select_apart(positions: ArrayLike, scores: ArrayLike, count: int, apart_km: float) -> list[int]:
    """Return rows of the highest scores that lie at least ``apart_km`` from every better one taken; ties by row."""
    places = check_positions(positions)
    taken: list[int] = []
    free = np.ones(len(places), dtype=bool)
    for row in np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable").tolist():
        if len(taken) == count or not free.any():
            break
        if free[row]:
            taken.append(row)
            free &= compute_great_circle_km(places[row], places) >= apart_km
    return taken


def _find_land_near(
    aligned: AlignedEncoder, image_embedding: ArrayLike, centre: NDArray[np.float64], step_degrees: float
) -> tuple[float, float, float] | None:
    """Return latitude, longitude and score of the best land on a finer grid over a cell and half of its neighbours."""
    offsets = np.linspace(-step_degrees, step_degrees, REFINED_STEP + 1)
    finer = centre + np.stack(np.meshgrid(offsets, offsets, indexing="ij"), axis=-1).reshape(-1, 2)
    finer[:, 0] = np.clip(finer[:, 0], -90, 90)
    finer[:, 1] = (finer[:, 1] + 180) % 360 - 180
    land = finer[[country is not None for country in find_countries(finer)]]
    if not len(land):
        return None
    scores = compute_position_scores(aligned, image_embedding, land)
    best = int(np.argmax(scores))
    return round(float(land[best, 0]), 6), round(float(land[best, 1]), 6), float(scores[best])
