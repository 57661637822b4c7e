"""The retrieval profile of a gallery: how often a photo it retrieves was taken near the query.

Measured by locating a sample of the gallery's own photos from the others (`sextant.gallery.build.measure_profile`). It
holds shares and coefficients, never a position. Verification weighs retrieved photos by it.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from sextant.base.arrays import Floats, expit, logit
from sextant.base.scales import RADII_KM
from sextant.geo.sphere import compute_all_pairs_km, compute_great_circle_km

FEATURES = ("constant", "agreement", "rank", "similarity", "retrieved")
LIST_LENGTH = 20
_LEAST_SELECTIVE = 4  # a list holds at most one in so many photos of a small gallery
LEAST_PHOTOS = 50  # with fewer photos located, or of one photographer, nothing can be known
LEAST_GROUPS = 2
RICH_FIRST_HIT = 0.15  # P(25 km) of the first hit
_MOST_DEVIATIONS = 3.0
_PRIOR_WEIGHT = 1.0
# What random photos of the world are worth to each other: pairs of different photographers of im2gps3k-dev.
WORLD_CHANCE = (0.0007, 0.0045, 0.018, 0.068, 0.225)
# What little a weak list tells: the profile of the `builtin` encoder over im2gps3k-dev, which holds no position.
WEAK_WEIGHTS = (
    (-3.3, 0.7, -0.4, 0.2, -0.6),
    (-2.9, 1.0, 0.1, 0.3, 0.1),
    (-2.6, 0.9, 0.1, 0.3, 0.1),
    (-1.9, 0.7, 0.1, 0.2, 0.2),
    (-0.9, 0.9, 0.2, 0.1, 0.3),
)


class RetrievalProfile(BaseModel):
    """What a gallery knows of its own worth. Shares are 0 to 1; lists of five follow the radii 1 to 2,500 km.

    Attributes:
        photos: number of photos that were located from the others.
        groups: number of photographers (or folder days) among them.
        left_out: what stayed out of each photo's list besides near-duplicates.
        unknown: why nothing could be measured, or None.
        first_within: share of first hits within each radius.
        ranks_within: the same by ranks (from, to, shares).
        chance: share of random pairs of different photographers within each radius.
        similarity: mean and standard deviation of the first hit's cosine.
        weights: coefficients (5 radii, 5 features) of the log odds that a retrieved photo lies within the radius.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    version: int = 1
    photos: int = 0
    groups: int = 0
    left_out: Literal["author", "folder and day"] | None = None
    unknown: Literal["few_photos", "one_author", "not_measured"] | None = "not_measured"
    first_within: tuple[float, ...] = ()
    ranks_within: tuple[tuple[int, int, tuple[float, ...]], ...] = ()
    chance: tuple[float, ...] = WORLD_CHANCE
    similarity: tuple[float, float] | None = None
    weights: tuple[tuple[float, ...], ...] = WEAK_WEIGHTS

    @property
    def known(self) -> bool:
        """Whether the gallery was measured."""
        return self.unknown is None

    @property
    def rich(self) -> bool:
        """Whether its first hit is often in the right city."""
        return self.known and self.first_within[1] >= RICH_FIRST_HIT

    def probabilities(self, places: Floats, photos: Floats, similarity: float | None) -> Floats:
        """Return P(a photo was taken within each radius) of `places`, by what was retrieved for it.

        Args:
            places: (m, 2) degrees.
            photos: (n, 2) degrees of the retrieved photos, most similar first; at least one.
            similarity: cosine of the first of them; None where it is not known.

        Returns:
            (m, 5), zero where no retrieved photo lies within the radius. Of a gallery too small to be measured, only as
            many photos count as a quarter of it: a longer list shows where its photos lie, not what looks alike. A
            gallery of one part of the world finds that part by chance more often than the world's photos lie there;
            such chance does not count as evidence.
        """
        if not self.known and self.photos:
            photos = photos[: max(1, self.photos // _LEAST_SELECTIVE)]
        table, supported = list_features(compute_all_pairs_km(places, photos), self._standardised(similarity))
        odds = (table * np.array(self.weights)).sum(-1)
        odds += np.minimum(0.0, logit(np.array(WORLD_CHANCE)) - logit(np.clip(self.chance, 1e-5, 0.95)))
        return np.where(supported, expit(odds), 0.0)

    def _standardised(self, similarity: float | None) -> float:
        if similarity is None or self.similarity is None:
            return 0.0
        mean, deviation = self.similarity
        return float(np.clip((similarity - mean) / max(deviation, 1e-6), -_MOST_DEVIATIONS, _MOST_DEVIATIONS))


WEAK = RetrievalProfile()
"""What is taken for a gallery that was not measured: little worth."""


def read_profile(plain: Any) -> RetrievalProfile:
    """Read the profile of a manifest or a recorded file; the weak one where there is none.

    Raises:
        ValueError: it has another shape.
    """
    return RetrievalProfile.model_validate(plain) if plain else WEAK


def list_features(away_km: Floats, similarity: float) -> tuple[Floats, NDArray[np.bool_]]:
    """Return features of places beside a list of retrieved photos, by radius.

    Args:
        away_km: (m, n) from places to photos, most similar first.
        similarity: of the first photo, in standard deviations from the gallery's mean.

    Returns:
        (m, 5, 5) by radius and feature: one; log of the share of the list within the radius, weighted by 1/sqrt(rank);
        log of the first rank within it; the similarity; log of the list's length. And (m, 5) whether any lies within.
    """
    count = away_km.shape[1]
    weights = (1.0 + np.arange(count)) ** -0.5
    weights /= weights.sum()
    table = np.ones((len(away_km), len(RADII_KM), len(FEATURES)))
    within = away_km <= np.array(RADII_KM)[:, None, None]
    share = within @ weights
    table[..., 1] = np.log(np.maximum(share, 1e-6)).T
    table[..., 2] = np.log1p(within.argmax(-1)).T
    table[..., 3] = similarity
    table[..., 4] = np.log(count)
    return table, (share > 0).T


def fit_weights(table: Floats, hits: Floats, importance: Floats) -> tuple[tuple[float, ...], ...]:
    """Fit the log odds of each radius by logistic regression, drawn softly towards a weak gallery's.

    Args:
        table: (rows, 5, 5) as `list_features` gives them.
        hits: (rows, 5) whether the photo lay within each radius of the truth.
        importance: (rows,) weight of each row.
    """
    from scipy.optimize import minimize  # 0.3 s, and only fitting needs it

    rows = []
    for column in range(len(RADII_KM)):
        features, hit, prior = table[:, column], hits[:, column], np.array(WEAK_WEIGHTS[column])

        def loss(
            weights: Floats, features: Floats = features, hit: Floats = hit, prior: Floats = prior
        ) -> tuple[float, Floats]:
            p = np.clip(expit(features @ weights), 1e-9, 1 - 1e-9)
            off = weights - prior
            entropy = -float((importance * (hit * np.log(p) + (1 - hit) * np.log(1 - p))).sum())
            slope = features.T @ (importance * (p - hit)) + 2 * _PRIOR_WEIGHT * off
            return entropy + _PRIOR_WEIGHT * float(off @ off), slope

        found = minimize(loss, prior, jac=True, method="L-BFGS-B").x
        rows.append(tuple(round(float(value), 4) for value in found))
    return tuple(rows)


_LENGTHS = (LIST_LENGTH, LIST_LENGTH, 10, 5, 1)  # of the lists learned from: presets show more or fewer photos
_CHANCE_ROUNDS = 10
_RANKS = ((1, 1), (2, 3), (4, 7), (8, 20))


def fit_profile(
    lists: Sequence[Floats],
    truths: Floats,
    groups: Sequence[str],
    similarities: Floats | None,
    left_out: Literal["author", "folder and day"] | None,
) -> RetrievalProfile:
    """Learn a profile from located photos.

    Args:
        lists: for each of n photos the places retrieved for it, (k, 2) degrees, most similar first.
        truths: (n, 2) degrees, where they were taken.
        groups: (n,) photographers, or folder and day; none of a photo's own group is in its list.
        similarities: (n,) cosine of each first hit, where they are known.
        left_out: what `groups` are.
    """
    located = [row for row, places in enumerate(lists) if len(places)]
    if len(located) < LEAST_PHOTOS or len(set(groups)) < LEAST_GROUPS:
        unknown: Literal["few_photos", "one_author"] = (
            "one_author" if len(set(groups)) < LEAST_GROUPS and len(lists) >= LEAST_PHOTOS else "few_photos"
        )
        return RetrievalProfile(photos=len(located), groups=len(set(groups)), left_out=left_out, unknown=unknown)
    similarity = None if similarities is None else similarities[located]
    mean, deviation = (0.0, 1.0) if similarity is None else (float(similarity.mean()), float(similarity.std()))
    chance = np.random.default_rng(0)
    tables, hits, importance = [], [], []
    away = [compute_all_pairs_km(truths[row : row + 1], lists[row])[0] for row in located]
    for number, row in enumerate(located):
        length = min(len(lists[row]), int(chance.choice(_LENGTHS)))
        places = lists[row][:length]
        standing = 0.0 if similarity is None else (float(similarity[number]) - mean) / max(deviation, 1e-6)
        standing = float(np.clip(standing, -_MOST_DEVIATIONS, _MOST_DEVIATIONS))
        table, _ = list_features(compute_all_pairs_km(places, places), standing)
        tables.append(table)
        hits.append(away[number][:length, None] <= np.array(RADII_KM))
        importance.append(np.full(length, length**-0.5))
    return RetrievalProfile(
        photos=len(located),
        groups=len({groups[row] for row in located}),
        left_out=left_out,
        unknown=None,
        first_within=_compute_shares([distances[:1] for distances in away]),
        ranks_within=tuple(
            (first, last, _compute_shares([distances[first - 1 : last] for distances in away]))
            for first, last in _RANKS
        ),
        chance=_measure_chance(truths[located], [groups[row] for row in located], chance),
        similarity=None if similarity is None else (round(mean, 5), round(deviation, 5)),
        weights=fit_weights(np.concatenate(tables), np.concatenate(hits).astype(float), np.concatenate(importance)),
    )


def _compute_shares(distances: Sequence[Floats]) -> tuple[float, ...]:
    together = np.concatenate(distances)
    if not len(together):
        return (0.0,) * len(RADII_KM)
    return tuple(round(float((together <= radius).mean()), 4) for radius in RADII_KM)


def _measure_chance(truths: Floats, groups: Sequence[str], chance: "np.random.Generator") -> tuple[float, ...]:
    """Share within each radius of random pairs of located photos of different groups."""
    away = []
    for _ in range(_CHANCE_ROUNDS):
        order = chance.permutation(len(truths))
        apart = np.array([groups[row] != groups[other] for row, other in enumerate(order.tolist())])
        away.append(compute_great_circle_km(truths, truths[order])[apart])
    return _compute_shares(away) if any(len(part) for part in away) else WORLD_CHANCE


def describe_profile(profile: RetrievalProfile) -> list[str]:
    """Say in plain sentences what the profile means."""
    if not profile.known:
        reason = {
            "few_photos": f"too few photos ({profile.photos} could be located; {LEAST_PHOTOS} are needed)",
            "one_author": "all photos are by one author, so none can be located from another author's photos",
            "not_measured": "not measured; run: sextant gallery profile GALLERY",
        }[profile.unknown or "not_measured"]
        return [f"unknown: {reason}", "until then its photos count as weak evidence"]
    first, last = profile.first_within, profile.ranks_within[-1]
    return [
        f"for a photo like its own, the first hit is within 25 km in {100 * first[1]:.0f} of 100, "
        f"within 200 km in {100 * first[2]:.0f}, within 750 km in {100 * first[3]:.0f}",
        f"a hit of rank {last[0]} to {last[1]} is within 25 km in {100 * last[2][1]:.1f} of 100",
        f"measured on {profile.photos:,} of its photos, located from the others without photos of the same "
        f"{profile.left_out} and without near-duplicates",
    ]
