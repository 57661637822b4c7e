"""Where in the world a photo fits: its score against a grid, or against positions of a gallery (GeoCLIP's way)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gallery.alignment.encoder import AlignedEncoder
from gallery.alignment.score import checked_positions, position_scores
from geo.errors import WrongUse
from geo.sphere import great_circle_km

STEP_DEGREES = 2.0
REFINED_STEP = 20  # a peak is looked at again with steps this many times finer
APART_KM = 500.0


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
        peaks: the best places, refined, best first.
    """

    step_degrees: float
    scores: NDArray[np.float64]
    probability: NDArray[np.float64]
    peaks: tuple[Peak, ...]


def heat_map(
    aligned: AlignedEncoder, image_embedding: ArrayLike, step_degrees: float = STEP_DEGREES, peaks: int = 5
) -> HeatMap:
    """Score one photo against a grid over the world, then look closer at the best places.

    Args:
        image_embedding: (dimension,) as ``aligned.encode([image])[0]`` gives it.
        step_degrees: side of a grid cell; must divide 180.
        peaks: how many places to name, at least ``APART_KM`` apart.

    Raises:
        WrongUse: a step that does not divide the world, or an embedding without a GPS part.
    """
    grid = grid_positions(step_degrees)
    shape = grid.shape[:2]
    positions = grid.reshape(-1, 2)
    scores = position_scores(aligned, image_embedding, positions)
    area = np.cos(np.radians(positions[:, 0]))
    logits = aligned.alignment.gps_scale.exp().item() * scores
    weights = np.exp(logits - logits.max()) * area
    probability = weights / weights.sum()
    found = []
    for row in apart(positions, scores, peaks, APART_KM):
        near = great_circle_km(positions[row], positions) <= APART_KM
        better, score = _refined(aligned, image_embedding, positions[row], step_degrees)
        found.append(Peak(float(better[0]), float(better[1]), score, float(probability[near].sum())))
    found.sort(key=lambda peak: (-peak.score, peak.latitude, peak.longitude))
    return HeatMap(step_degrees, scores.reshape(shape), probability.reshape(shape), tuple(found))


def grid_positions(step_degrees: float) -> NDArray[np.float64]:
    """Centres of the cells, (rows, columns, 2) degrees, from the north-west."""
    rows = 180 / step_degrees if step_degrees > 0 else 0.0
    if not 1 <= rows <= 1800 or abs(rows - round(rows)) > 1e-9:
        raise WrongUse(f"a grid of {step_degrees!r} degrees does not divide the world; use 0.1 to 90, such as 1 or 2")
    count = round(rows)
    latitude = 90 - (np.arange(count) + 0.5) * step_degrees
    longitude = -180 + (np.arange(2 * count) + 0.5) * step_degrees
    return np.stack(np.meshgrid(latitude, longitude, indexing="ij"), axis=-1)


def apart(positions: ArrayLike, scores: ArrayLike, count: int, apart_km: float) -> list[int]:
    """Rows of the highest scores that lie at least ``apart_km`` from every better one taken; ties by row."""
    places = checked_positions(positions)
    taken: list[int] = []
    free = np.ones(len(places), dtype=bool)
    for row in np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable").tolist():
        if len(taken) == count or not free.any():
            break
        if free[row]:
            taken.append(row)
            free &= great_circle_km(places[row], places) >= apart_km
    return taken


def _refined(
    aligned: AlignedEncoder, image_embedding: ArrayLike, centre: NDArray[np.float64], step_degrees: float
) -> tuple[NDArray[np.float64], float]:
    """The best position of a finer grid over one cell and half of its neighbours."""
    offsets = np.linspace(-step_degrees, step_degrees, REFINED_STEP + 1)
    finer = centre + np.stack(np.meshgrid(offsets, offsets, indexing="ij"), axis=-1).reshape(-1, 2)
    finer[:, 0] = np.clip(finer[:, 0], -90, 90)
    finer[:, 1] = (finer[:, 1] + 180) % 360 - 180
    scores = position_scores(aligned, image_embedding, finer)
    best = int(np.argmax(scores))
    return finer[best], float(scores[best])
