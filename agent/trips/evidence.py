"""What a photo's own answer says about any place: its probability that the photo was taken in the town there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from sextant.agent.trips.travel import RINGS_KM
from sextant.base.arrays import Floats
from sextant.geo.sphere import compute_great_circle_km

TOWN_KM = 25.0
_MOST_TOWNS = 12  # of one photo: weaker candidates hold no mass that matters
_DISC_KM2 = np.pi * TOWN_KM**2
_EARTH_KM2 = 510_000_000.0
_LAND = 0.1  # share of the Earth on which almost all photos are taken


@dataclass(frozen=True)
class PhotoEvidence:
    """One photo of a trip.

    Attributes:
        name: in the library.
        towns: (n, 2) degrees: its candidates, those within 25 km of a stronger one left out.
        masses: (n,): the probability that it was taken within 25 km of each.
        rings: probability between 25, 200, 750, 2,500 km of its best place and beyond, for places that nobody proposed.
        best: its own answer in degrees; None without one.
        anchor: where it was taken, where its file states that.
        hours: its time, in hours since any moment; None where unknown.
    """

    name: str
    towns: Floats
    masses: Floats
    rings: tuple[float, ...]
    best: tuple[float, float] | None
    anchor: tuple[float, float] | None = None
    hours: float | None = None

    def weigh(self, places: Floats) -> Floats:
        """Return the probability that the photo was taken in the town at each place (n, 2)."""
        if self.anchor is not None:
            return np.asarray(np.where(compute_great_circle_km(places, np.array(self.anchor)) <= TOWN_KM, 1.0, 1e-6))
        if self.best is None or not len(self.towns):
            return np.full(len(places), _DISC_KM2 / (_EARTH_KM2 * _LAND))
        km = compute_great_circle_km(places[:, None], self.towns[None])
        own = np.where(km <= TOWN_KM, self.masses[None], 0.0).max(axis=1)
        away = compute_great_circle_km(places, np.array(self.best))
        nowhere: Floats = self._densities()[np.searchsorted(np.array(RINGS_KM), away)]
        return np.asarray(np.maximum(own, nowhere))

    def _densities(self) -> Floats:
        """Return the probability of one town in each ring round the best place."""
        edges = (0.0, *RINGS_KM)
        areas: list[float] = [_DISC_KM2, *(np.pi * (far**2 - near**2) for near, far in pairwise(edges[1:]))]
        areas.append(_EARTH_KM2)
        return np.array([mass * _DISC_KM2 / (area * _LAND) for mass, area in zip(self.rings, areas, strict=True)])


def choose_apart(places: Floats) -> list[int]:
    """Choose of places (n, 2) those that are not within 25 km of one chosen before; returns their rows."""
    near = compute_great_circle_km(places[:, None], places[None]) <= TOWN_KM
    chosen: list[int] = []
    for row in range(len(places)):
        if not near[row, chosen].any():
            chosen.append(row)
    return chosen


def make_evidence(
    name: str,
    best: Mapping[str, Any] | None,
    probability: Mapping[str, float | None],
    candidates: Sequence[Mapping[str, Any]],
    hours: float | None = None,
    anchor: tuple[float, float] | None = None,
) -> PhotoEvidence:
    """Make the evidence of an answered photo.

    Args:
        name: in the library.
        best: the answered place.
        probability: of the answer, within 1 to 2,500 km.
        candidates: with their own ``probability``; the answer is one of them.
        hours: as of `PhotoEvidence`.
        anchor: as of `PhotoEvidence`.
    """
    shares = [probability.get(radius) or 0.0 for radius in ("25", "200", "750", "2500")]
    rings = tuple(max(0.0, far - near) for near, far in zip([0.0, *shares], [*shares, 1.0], strict=True))
    weighed = [
        (one["latitude"], one["longitude"], (one.get("probability") or {}).get("25") or 0.0) for one in candidates
    ]
    if best is not None:
        weighed.append((best["latitude"], best["longitude"], shares[0]))
    ranked = np.array(sorted((one for one in weighed if one[2] > 0), key=lambda one: -one[2]), dtype=float)
    towns = ranked.reshape(-1, 3)[choose_apart(ranked.reshape(-1, 3)[:, :2])[:_MOST_TOWNS]]
    places, masses = towns[:, :2], towns[:, 2]
    masses = masses / max(1.0, float(masses.sum()))
    here = (best["latitude"], best["longitude"]) if best is not None else None
    return PhotoEvidence(name, places, masses, rings, here, anchor, hours)
