"""Metrics of located photos: pure functions of distances, probabilities and regions.

"Within r" means distance < r (papers differ in < and <=). Every photo of the benchmark is in the denominator: an
answer that was not given has the distance infinity.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sextant.agent.verification.decision import RADII_KM
from sextant.base.arrays import Floats
from sextant.geo.sphere import compute_great_circle_km

CALIBRATION_BINS = 10
GEOGUESSR_SCALE_KM = 1492.7  # a tenth of the world map's diagonal of 14,927 km


def compute_accuracy(distances_km: ArrayLike) -> tuple[float, ...]:
    """Share of photos answered within 1, 25, 200, 750 and 2500 km; NaN for no photos.

    Args:
        distances_km: (n,) from answer to truth; infinity where there was no answer.
    """
    distances = np.asarray(distances_km, dtype=float)
    if not len(distances):
        return (float("nan"),) * len(RADII_KM)
    return tuple(float(np.mean(distances < radius)) for radius in RADII_KM)


def compute_median_km(distances_km: ArrayLike) -> float:
    """Return the median error over all photos, missing answers counted as infinitely far; NaN for no photos."""
    distances = np.sort(np.asarray(distances_km, dtype=float))
    if not len(distances):
        return float("nan")
    low, high = distances[(len(distances) - 1) // 2], distances[len(distances) // 2]
    return float(low) if low == high else float(low + high) / 2


def compute_mean_km(distances_km: ArrayLike) -> float:
    """Return the mean error over the answered photos; NaN for none."""
    distances = np.asarray(distances_km, dtype=float)
    given = distances[np.isfinite(distances)]
    return float(given.mean()) if len(given) else float("nan")


def compute_geoguessr_score(distances_km: ArrayLike) -> float:
    """Return the mean GeoGuessr score, 5000 exp(-d / 1492.7 km) (PIGEON, CVPR 2024); no answer is 0."""
    distances = np.asarray(distances_km, dtype=float)
    return float(np.mean(5000.0 * np.exp(-distances / GEOGUESSR_SCALE_KM))) if len(distances) else float("nan")


def compute_oracle_km(candidates: ArrayLike, truth: tuple[float, float]) -> float:
    """Return the distance from the truth to the nearest of (n, 2) candidates, infinite without any."""
    places = np.asarray(candidates, dtype=float).reshape(-1, 2)
    return float(compute_great_circle_km(places, truth).min()) if len(places) else float("inf")


def compute_calibration_error(probabilities: ArrayLike, happened: ArrayLike, bins: int = CALIBRATION_BINS) -> float:
    """Return the expected calibration error: bins of equal width, |mean probability - frequency| weighted by bin size.

    Guo et al. 2017. Of n photos even perfect probabilities show an error of about sqrt(bins / n) / 3 by chance; see
    `compute_chance_calibration_error`.

    Args:
        probabilities: (n,) stated, 0 to 1.
        happened: (n,) truth values.
    """
    stated, true = np.asarray(probabilities, dtype=float), np.asarray(happened, dtype=float)
    if not len(stated):
        return float("nan")
    number = np.minimum((stated * bins).astype(int), bins - 1)
    gaps = np.abs(np.bincount(number, stated, bins) - np.bincount(number, true, bins))
    return float(gaps.sum() / len(stated))


def compute_chance_calibration_error(probabilities: ArrayLike, bins: int = CALIBRATION_BINS, draws: int = 200) -> float:
    """Return the error that perfect probabilities would show in a sample of this size, by simulation."""
    return float(np.mean(_draw_chance_errors(probabilities, bins, draws)))


def compute_calibration_p_value(
    probabilities: ArrayLike, happened: ArrayLike, bins: int = CALIBRATION_BINS, draws: int = 200
) -> float:
    """Return how often perfect probabilities would show this calibration error or more; small p: ours are imperfect."""
    error = compute_calibration_error(probabilities, happened, bins)
    return float(np.mean(_draw_chance_errors(probabilities, bins, draws) >= error))


def _draw_chance_errors(probabilities: ArrayLike, bins: int, draws: int) -> Floats:
    """Return the calibration errors of truths drawn by the stated probabilities, seeded."""
    stated = np.asarray(probabilities, dtype=float)
    chance = np.random.default_rng(0)
    return np.array(
        [compute_calibration_error(stated, chance.random(len(stated)) < stated, bins) for _ in range(draws)]
    )


def compute_coverage(inside: ArrayLike) -> float:
    """Share of photos whose place lies in its region; NaN for no photos."""
    held = np.asarray(inside, dtype=float)
    return float(held.mean()) if len(held) else float("nan")


def find_fixed_radius_km(distances_km: ArrayLike, share: float) -> float:
    """Return the one radius whose circles round all answers hold `share` of the places: the baseline rule."""
    return float(np.quantile(np.asarray(distances_km, dtype=float), share, method="higher"))


@dataclass(frozen=True)
class Interval:
    """A bootstrap interval of a mean."""

    low: float
    high: float


def bootstrap_interval(values: ArrayLike, groups: Sequence[str], draws: int = 1000, level: float = 0.95) -> Interval:
    """Return the percentile interval of the mean, resampling whole groups (photographers), seeded.

    Args:
        values: (n,) one per photo.
        groups: (n,) names; photos of one group are drawn together.
    """
    numbers, members = np.unique(np.asarray(groups), return_inverse=True)
    sums = np.bincount(members, np.asarray(values, dtype=float))
    sizes = np.bincount(members)
    drawn = np.random.default_rng(0).integers(0, len(numbers), (draws, len(numbers)))
    means = sums[drawn].sum(1) / sizes[drawn].sum(1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))
