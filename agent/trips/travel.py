"""How far a photographer is from one photo to the next, as a prior: by the time between them, bounded by speed."""

from dataclasses import dataclass

import numpy as np

from sextant.base.arrays import Floats
from sextant.geo.sphere import compute_great_circle_km

RINGS_KM = (25.0, 200.0, 750.0, 2500.0)  # the benchmarks' radii: same town, region, country, continent
FASTEST_KM_H = 900.0  # an airliner's cruising speed
SLACK_H = 1.0  # a camera clock may be off by a time zone or summer time
_IMPOSSIBLE = 1e-9
# Towns that photos come from, in each ring round a place: a step into a ring ends at one of them.
_TOWNS = (1.0, 8.0, 60.0, 300.0, 1500.0)
# Share of steps that end within 25, 200, 750, 2,500 km and beyond, by the longest time (hours) between two photos.
# Assumed, not measured: no data at hand has both times and places. The last row but one is for a month and more.
_BY_HOURS = (
    (1.0, (0.985, 0.0149, 0.0001, 0.0, 0.0)),
    (6.0, (0.90, 0.09, 0.0095, 0.0005, 0.0)),
    (24.0, (0.75, 0.18, 0.05, 0.015, 0.005)),
    (168.0, (0.50, 0.25, 0.14, 0.07, 0.04)),
    (float("inf"), (0.25, 0.22, 0.20, 0.16, 0.17)),
)
UNKNOWN = (0.49, 0.18, 0.12, 0.09, 0.12)
"""The same where only the order of the photos is known: measured by ``python -m bench.library.trips --half a``."""


@dataclass(frozen=True)
class Step:
    """From one photo to the next; ``hours`` is None where a time is unknown."""

    hours: float | None = None

    def list_shares(self) -> tuple[float, ...]:
        """Return the share of such steps that end in each ring."""
        if self.hours is None:
            return UNKNOWN
        return next(shares for most, shares in _BY_HOURS if self.hours <= most)

    def compute_chances(self, before: Floats, after: Floats) -> Floats:
        """Compute the chance that a step from each place (n, 2) ends in the town at each place (m, 2): (n, m)."""
        km = compute_great_circle_km(before[:, None], after[None])
        ring = np.searchsorted(np.array(RINGS_KM), km)
        each = np.array(self.list_shares()) / np.array(_TOWNS)
        chances: Floats = each[ring]
        if self.hours is not None:
            chances = np.where(km / (self.hours + SLACK_H) > FASTEST_KM_H, _IMPOSSIBLE, chances)
        return np.maximum(chances, _IMPOSSIBLE)

    @property
    def stays(self) -> float:
        """The chance that the next photo was taken in the same town."""
        return self.list_shares()[0]
