"""Compare two photos feature by feature: which features agree, and whether one camera pose explains them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sextant.base.arrays import Floats, Ints
from sextant.gallery.scenes.features import LocalFeatures, load_opencv
from sextant.gallery.scenes.probability import compute_scene_probability

_RATIO = 0.8  # of the distances to the nearest and the second nearest feature (Lowe 2004)
_LEAST = 8  # pairs that a fundamental matrix is estimated from
_CELL = 2.0  # pixels: features at one position count once
_TURN = np.radians(30.0)  # by which pairs may differ from the turn of most: both photos are upright
_EPIPOLAR = 1.5  # pixels from the epipolar line
_CONFIDENCE, _ITERATIONS = 0.999, 5000


@dataclass(frozen=True)
class SceneMatch:
    """What two photos share.

    Attributes:
        inliers: pairs of features that one camera pose explains.
        spread: share of the picture inside their hull, of the photo where it is smaller.
        probability: that both photos show the same scene.
        first: (inliers, 2) pixels in the first photo, scaled as its features are.
        second: (inliers, 2) in the second.
    """

    inliers: int
    spread: float
    probability: float
    first: Floats
    second: Floats


def compare_scenes(a: LocalFeatures, b: LocalFeatures) -> SceneMatch:
    """Compare two photos. The result is the same every time, and about the same in the other order."""
    pairs = _drop_repeats(_pair(a.descriptors, b.descriptors), a, b)
    pairs = _keep_turn(pairs, a, b)
    first, second = a.positions[pairs[:, 0]], b.positions[pairs[:, 1]]
    held = _fit_pose(first, second)
    first, second = first[held], second[held]
    spread = min(_measure_hull(first) / (a.width * a.height), _measure_hull(second) / (b.width * b.height))
    count = int(held.sum())
    return SceneMatch(count, round(spread, 4), compute_scene_probability(count, spread), first, second)


def _pair(a: NDArray[np.float32], b: NDArray[np.float32]) -> Ints:
    """Return pairs (n, 2) that are each other's nearest, and clearly nearer than the next."""
    if len(a) < _LEAST or len(b) < _LEAST:
        return np.zeros((0, 2), dtype=np.intp)
    distances = np.sqrt(np.maximum(2.0 - 2.0 * (a @ b.T), 0.0))
    nearest = distances.argmin(1)
    rows = np.arange(len(a))
    best = distances[rows, nearest]
    mutual = distances.argmin(0)[nearest] == rows
    distances[rows, nearest] = np.inf
    clear = best < _RATIO * distances.min(1)
    chosen = np.flatnonzero(mutual & clear)
    return np.stack([chosen, nearest[chosen]], axis=1)


def _drop_repeats(pairs: Ints, a: LocalFeatures, b: LocalFeatures) -> Ints:
    """Return one pair for each position: SIFT gives one position several features."""
    for side, features in ((0, a), (1, b)):
        cells = np.round(features.positions[pairs[:, side]] / _CELL) @ np.array([1.0, 1j])
        pairs = np.asarray(pairs[np.sort(np.unique(cells, return_index=True)[1])])
    return pairs


def _keep_turn(pairs: Ints, a: LocalFeatures, b: LocalFeatures) -> Ints:
    """Return the pairs that are turned alike: those of chance are turned anyhow."""
    if not len(pairs):
        return pairs
    turns = np.exp(1j * (a.angles[pairs[:, 0]] - b.angles[pairs[:, 1]]))
    bins = np.exp(1j * np.radians(np.arange(-180, 180, 10)))
    away = np.abs(np.angle(turns[None] / bins[:, None]))
    most = int((away < _TURN).sum(1).argmax())
    return np.asarray(pairs[away[most] < _TURN])


def _fit_pose(first: Floats, second: Floats) -> NDArray[np.bool_]:
    """Return which pairs a fundamental matrix explains (MAGSAC: Barath and others, CVPR 2019 and 2020)."""
    cv2 = load_opencv()
    nothing = np.zeros(len(first), dtype=bool)
    if len(first) < _LEAST:
        return nothing
    try:
        _, mask = cv2.findFundamentalMat(first, second, cv2.USAC_MAGSAC, _EPIPOLAR, _CONFIDENCE, _ITERATIONS)
    except cv2.error:
        return nothing  # degenerate: all features on one line
    return nothing if mask is None else np.asarray(mask).ravel() > 0


def _measure_hull(points: Floats) -> float:
    """Return the area of the convex hull, pixels squared; 0 for fewer than three points."""
    import shapely

    return float(shapely.MultiPoint(points).convex_hull.area) if len(points) > 2 else 0.0
