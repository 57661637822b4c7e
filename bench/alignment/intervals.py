"""Compute confidence intervals of the difference between two alignments, by split and by photographer."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from sextant.gallery.alignment.training.cache import Cache
from sextant.geo.sphere import compute_geodesic_km, compute_great_circle_km

TOP = 10
DRAWS = 1000


@dataclass(frozen=True)
class Retrieved:
    """One cell on one split.

    Attributes:
        km: (queries, 15) geodesic distances of the photos found, best first.
        others_km: median distance of the same top 10 from the held-out photos of *other* photographers: what the
            answer is worth without looking at the picture.
        authors: (queries,) photographer of each query.
        positions: position recall, None where no positions are known.
    """

    km: NDArray[np.float64]
    others_km: float
    authors: NDArray[np.int64]
    positions: dict[str, float] | None

    def median(self, count: int = TOP) -> float:
        return float(np.median(self.km[:, :count]))


def measure_retrieved(
    cache: Cache, references: NDArray[np.int64], queries: NDArray[np.int64], rows: NDArray[np.int64], positions: Any
) -> Retrieved:
    """Measure what was found: ``rows`` is (queries, 15), places in ``references``."""
    km = compute_geodesic_km(cache.positions[queries][:, None, :], cache.positions[references][rows])
    authors = cache.authors.codes[queries]
    to_all = compute_great_circle_km(cache.positions[queries][:, None, :], cache.positions[references][None]).astype(
        np.float32
    )
    others = [to_all[authors != author][:, rows[i, :TOP]].ravel() for i, author in enumerate(authors)]
    return Retrieved(km, float(np.median(np.concatenate(others))), authors, positions)


def find_middle(cache: Cache, references: NDArray[np.int64], queries: int) -> NDArray[np.int64]:
    """Return the answer without a picture: for every query the 15 references nearest the middle of all references."""
    positions = cache.positions[references]
    apart = compute_great_circle_km(positions[:, None, :], positions[None])
    nearest = np.argsort(apart[np.argmin(apart.sum(1))], kind="stable")[:15]
    return np.tile(nearest, (queries, 1))


def compute_split_interval(runs: list[Retrieved], base: list[Retrieved]) -> tuple[float, float, float]:
    """Return the mean difference of the top-10 medians (km), and Student's 95 % interval over the paired splits."""
    differences = np.array([run.median() - other.median() for run, other in zip(runs, base, strict=True)])
    mean = float(differences.mean())
    half = float(student.ppf(0.975, len(differences) - 1) * differences.std(ddof=1) / len(differences) ** 0.5)
    return mean, mean - half, mean + half


def compute_photographer_interval(
    runs: list[Retrieved], base: list[Retrieved], draws: int = DRAWS
) -> tuple[float, float]:
    """Return the 95 % interval of the same difference when photographers are drawn anew; one draw serves all splits."""
    photographers = 1 + max(int(run.authors.max()) for run in runs)
    rng = np.random.default_rng(0)
    weights = rng.multinomial(photographers, np.full(photographers, 1 / photographers), size=draws)
    differences = [
        _compute_medians(run, weights) - _compute_medians(other, weights) for run, other in zip(runs, base, strict=True)
    ]
    low, high = np.nanpercentile(np.mean(differences, axis=0), (2.5, 97.5))
    return float(low), float(high)


def _compute_medians(run: Retrieved, weights: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return (draws,) weighted medians of the top 10 for (draws, photographers) weights; NaN without a query."""
    km = run.km[:, :TOP].ravel()
    order = np.argsort(km, kind="stable")
    authors = np.repeat(run.authors, TOP)[order]
    medians = []
    for row in weights:
        total = np.cumsum(row[authors])
        medians.append(km[order[np.searchsorted(total, total[-1] / 2)]] if total[-1] else np.nan)
    return np.array(medians)
