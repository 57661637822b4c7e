"""What the learned scorer sees of one possible answer point: a row of numbers any pool has.

Names are `group.feature`. A group that a pool lacks (no retrieved photos, no far side, no answers) is zero, and
`pool.has_*` says so: missing is normal, not an error.
"""

import numpy as np

from sextant.agent.verification.decision import RADIUS_NAMES
from sextant.agent.verification.opinions import Opinions
from sextant.agent.verification.points import CENTRE, NAMED, RETRIEVED, SAID, Points
from sextant.agent.verification.scoring.aligned import aligned_columns
from sextant.agent.verification.scoring.votes import votes_within
from sextant.base.arrays import Floats, Ints
from sextant.geo.sphere import compute_all_pairs_km, compute_great_circle_km

Columns = dict[str, Floats | float]

GROUPS = (
    *("retrieved", "said", "model", "support", "wording", "named"),
    *("far", "pool", "kind", "relative", "vote", "aligned"),
)
SCALES_KM = (1.0, 5.0, 25.0, 80.0, 200.0, 750.0, 2500.0)
_RADIUS_OF_SCALE = (0, 0, 1, 1, 2, 3, 4)  # which of the five reliabilities speaks at a scale
_WITHIN_KM = (25.0, 200.0, 750.0)
_MOST = 7  # models and neighbours beyond this many count no further: the fit has seen no more
_FAR_KM = 20_000.0


def rank_weights(count: int) -> Floats:
    """Return what the retrieved photos count by rank, summing to 1: the most similar most, fading as 1/sqrt(rank)."""
    weights = (1.0 + np.arange(count)) ** -0.5
    return np.asarray(weights / weights.sum() if count else weights, dtype=float)


def feature_table(
    points: Points, retrieved: Floats, opinions: Opinions, farthest: Floats, between_km: Floats, scores: Floats
) -> tuple[Floats, list[str], Floats]:
    """Return one row for each point, one column for each feature; the columns' names; and the votes (m, 5).

    Args:
        points: m possible answers.
        retrieved: (n, 2) degrees, most similar first.
        opinions: what v opinions said.
        farthest: (f, 2) degrees of the most dissimilar photos.
        between_km: (n + v, n + v) distances among retrieved and said, in this order.
        scores: (n + v,) their position scores, NaN for a candidate without one.
    """
    count = len(retrieved)
    everything = np.concatenate([retrieved, opinions.positions, farthest])
    away_km = compute_all_pairs_km(points.positions, everything)
    near_km, said_km, far_km = np.split(away_km, [count, count + len(opinions.positions)], axis=1)
    among_near, among_said, between = between_km[:count, :count], between_km[count:, count:], between_km[count:, :count]
    own = _own_voice(points, said_km) if len(opinions.positions) else np.zeros(0, dtype=np.intp)
    columns: Columns = {}
    columns |= _retrieved(points, near_km)
    columns |= _said(said_km, opinions)
    columns |= _model(own, among_said, opinions)
    columns |= _support(own, between, opinions)
    columns |= _wording(own, opinions)
    columns |= _named(points, own, opinions)
    columns |= _far(far_km)
    columns |= _pool(among_near, among_said, opinions, len(farthest))
    columns |= _kind(points)
    columns |= _relative(columns)
    votes = votes_within(near_km, said_km, rank_weights(count), opinions)
    columns |= _vote(votes)
    columns |= aligned_columns(away_km[:, : len(scores)], scores)
    table = np.empty((len(points.positions), len(columns)))
    for number, column in enumerate(columns.values()):
        table[:, number] = column
    return table, list(columns), votes


def _retrieved(points: Points, near_km: Floats) -> Columns:
    """Return the rank-weighted kernels, counts and the first rank within each scale; distances to the list."""
    count = near_km.shape[1]
    weights = rank_weights(count)
    columns: Columns = {}
    for scale in SCALES_KM:
        within = near_km <= scale
        columns[f"retrieved.kernel_{scale:g}"] = np.exp(-near_km / scale) @ weights
        columns[f"retrieved.count_{scale:g}"] = within.mean(1) if count else 0.0
        first = 1.0 / (1.0 + within.argmax(1)) if count else 0.0
        columns[f"retrieved.first_{scale:g}"] = np.where(within.any(1), first, 0.0)
    inward = np.sort(near_km, axis=1)
    columns["retrieved.to_first"] = np.log1p(near_km[:, 0]) if count else 0.0
    columns["retrieved.to_second"] = np.log1p(inward[:, min(1, count - 1)]) if count else 0.0
    columns["retrieved.to_middle"] = np.log1p(np.median(inward, axis=1)) if count else 0.0
    columns["retrieved.to_all"] = np.log1p(inward.mean(1)) if count else 0.0
    columns["retrieved.own_rank"] = np.where(points.kind == RETRIEVED, 1.0 / (1.0 + np.maximum(points.source, 0)), 0.0)
    return columns


def _said(said_km: Floats, opinions: Opinions) -> Columns:
    """Return reliability-weighted votes of the models at each scale; samples of one model share its one vote."""
    columns: Columns = {}
    owners = np.eye(opinions.models)[opinions.model] * opinions.vote[:, None] if opinions.models else np.zeros((0, 0))
    family = np.eye(int(opinions.family.max()) + 1)[opinions.family] if opinions.models else np.zeros((0, 0))
    for scale, radius in zip(SCALES_KM, _RADIUS_OF_SCALE, strict=True):
        votes = np.exp(-said_km / scale) @ owners  # (points, models)
        belief = opinions.reliability[:, radius] @ owners  # (models,)
        columns[f"said.share_{scale:g}"] = votes @ belief / max(float(belief.sum()), 1e-9)
        columns[f"said.any_{scale:g}"] = 1.0 - np.prod(1.0 - votes * belief, axis=1)
        columns[f"said.count_{scale:g}"] = np.minimum(votes.sum(1), _MOST) / _MOST
        by_family = np.stack([(votes * mine).max(1) for mine in family.T], 1).sum(1) / 3 if opinions.models else 0.0
        columns[f"said.families_{scale:g}"] = by_family
    empty = not said_km.shape[1]
    columns["said.to_nearest"] = 0.0 if empty else np.log1p(said_km.min(1))
    columns["said.to_middle"] = 0.0 if empty else np.log1p(np.median(said_km, axis=1))
    columns["said.to_all"] = 0.0 if empty else np.log1p(said_km.mean(1))
    return columns


def _own_voice(points: Points, said_km: Floats) -> Ints:
    """Return for each point the voice that said it, else the nearest voice."""
    return np.where((points.kind == SAID) | (points.kind == NAMED), points.source, said_km.argmin(1))


def _model(own: Ints, among_said: Floats, opinions: Opinions) -> Columns:
    """Return the reliability of the voice nearest to the point, and how alone that voice is."""
    if not len(opinions.positions):
        return {**{f"model.reliability_{radius}": 0.0 for radius in range(5)}, "model.alone": 0.0}
    others = np.where(opinions.model[:, None] == opinions.model[None], _FAR_KM, among_said).min(1)
    rows = opinions.reliability[own]
    return {
        **{f"model.reliability_{radius}": rows[:, radius] for radius in range(5)},
        "model.alone": np.log1p(others)[own] if opinions.models > 1 else 7.0,
    }


def _support(own: Ints, between: Floats, opinions: Opinions) -> Columns:
    """Return how far the retrieved photos bear out the voice nearest to the point."""
    names = [f"support.within_{radius:g}" for radius in (1.0, *_WITHIN_KM)]
    if not between.size:
        return dict.fromkeys([*names, "support.nearest"], 0.0)
    weights = rank_weights(between.shape[1])
    columns: Columns = {
        name: ((between <= radius) @ weights)[own] for name, radius in zip(names, (1.0, *_WITHIN_KM), strict=True)
    }
    columns["support.nearest"] = np.log1p(between.min(1))[own]
    return columns


def _wording(own: Ints, opinions: Opinions) -> Columns:
    """Return how finely the nearest voice spoke: parts and words of the place it named, decimals of its position."""
    if not len(opinions.positions):
        return {"wording.parts": 0.0, "wording.words": 0.0, "wording.decimals": 0.0}
    places = [(candidate.place or "").split(",") for candidate in opinions.candidates]
    decimals = [max(_decimals(one.latitude), _decimals(one.longitude)) for one in opinions.candidates]
    return {
        "wording.parts": np.array([sum(bool(part.strip()) for part in parts) for parts in places], dtype=float)[own],
        "wording.words": np.array([len(parts[0].split()) for parts in places], dtype=float)[own],
        "wording.decimals": np.array(decimals, dtype=float)[own],
    }


def _named(points: Points, own: Ints, opinions: Opinions) -> Columns:
    """Return whether the gazetteer's place of the name given explains the point, against the coordinates given."""
    named = np.isfinite(opinions.named[:, 0])
    names = [f"named.near_{scale:g}" for scale in (25.0, 200.0)]
    if not named.any():
        return dict.fromkeys([*names, "named.own", "named.own_km"], 0.0)
    belief = opinions.reliability.mean(1) * opinions.vote
    where = np.where(named[:, None], opinions.named, opinions.positions)
    away = compute_all_pairs_km(points.positions, where)
    apart = np.log1p(compute_great_circle_km(where, opinions.positions))
    columns: Columns = {
        name: np.exp(-away / scale) @ np.where(named, belief, 0.0) / belief.sum()
        for name, scale in zip(names, (25.0, 200.0), strict=True)
    }
    return columns | {"named.own": named.astype(float)[own], "named.own_km": apart[own]}


def _decimals(degrees: float) -> int:
    return len(f"{degrees:.7f}".rstrip("0").partition(".")[2])


def _far(far_km: Floats) -> Columns:
    """Return how near the point lies to what looks least like the photo."""
    present = bool(far_km.shape[1])
    columns: Columns = {
        f"far.within_{radius:g}": (far_km <= radius).mean(1) if present else 0.0 for radius in (200.0, 750.0, 2500.0)
    }
    columns["far.nearest"] = np.log1p(far_km.min(1)) if present else 0.0
    columns["far.mean"] = far_km.mean(1) / 5000.0 if present else 0.0
    return columns


def _pool(near_km: Floats, said_km: Floats, opinions: Opinions, farthest: int) -> Columns:
    """Return what kind of pool it is, and how closely its retrieved photos and its answers keep together."""
    count = len(near_km)
    weights = rank_weights(count)
    belief = opinions.reliability.mean(1) * opinions.vote if len(opinions.positions) else np.zeros(0)
    columns: Columns = {
        "pool.has_retrieved": float(count > 0),
        "pool.retrieved": np.log1p(min(count, 20)),
        "pool.has_said": float(opinions.models > 0),
        "pool.models": np.log1p(min(opinions.models, _MOST)),
        "pool.families": len(set(opinions.family.tolist())) / 3,
        "pool.has_far": float(farthest > 0),
        "pool.retrieved_spread": float(np.log1p(np.median(near_km))) if count else 0.0,
        "pool.said_spread": float(np.log1p(np.median(said_km))) if len(belief) else 0.0,
    }
    for radius in (1.0, *_WITHIN_KM):
        gathered = ((near_km <= radius) @ weights).max() if count else 0.0
        agreed = ((said_km <= radius) @ belief).max() / belief.sum() if len(belief) else 0.0
        columns[f"pool.retrieved_camp_{radius:g}"] = float(gathered)
        columns[f"pool.said_camp_{radius:g}"] = float(agreed)
    return columns


def _kind(points: Points) -> Columns:
    return {
        "kind.retrieved": (points.kind == RETRIEVED).astype(float),
        "kind.said": (points.kind == SAID).astype(float),
        "kind.centre": (points.kind == CENTRE).astype(float),
        "kind.named": (points.kind == NAMED).astype(float),
        "kind.scale": np.log1p(points.scale_km),
    }


def _vote(votes: Floats) -> Columns:
    """Return the hand-made score: shares of votes within each radius, their mean, and its ratio to the best."""
    mean = votes.mean(1)
    columns: Columns = {f"vote.within_{name}": votes[:, column] for column, name in enumerate(RADIUS_NAMES)}
    return columns | {"vote.mean": mean, "vote.relative": mean / max(float(mean.max()), 1e-9)}


def _relative(columns: Columns) -> Columns:
    """Return some densities against the best point of the pool."""
    chosen = [f"retrieved.kernel_{scale:g}" for scale in (5, 25, 200, 750, 2500)]
    chosen += [f"said.share_{scale:g}" for scale in (25, 200, 750, 2500)]
    relative: Columns = {}
    for name in chosen:
        values = np.asarray(columns[name])
        relative[f"relative.{name.replace('.', '_')}"] = values / max(float(np.max(values)), 1e-9)
    return relative
