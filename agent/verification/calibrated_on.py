"""What a user's own calibration was fitted on: only for such galleries and models is it called "own"."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sextant.agent.verification.pool import Pool
from sextant.agent.verification.reliability import model_name

_RADIUS = 2  # 200 km: a first hit within it is frequent enough to be measured in a small gallery
_LIKE = 2.0  # galleries whose first hit is as often right, within this factor, count as alike


@dataclass(frozen=True)
class CalibratedOn:
    """The models that answered, and the worth of the galleries.

    Attributes:
        models: names without the provider's prefix.
        without_list: whether photos were placed by answers alone.
        unmeasured: whether a gallery without a profile was used.
        first_hits: lowest and highest share, 0 to 1, of first hits within 200 km by the galleries' profiles.
    """

    models: frozenset[str]
    without_list: bool
    unmeasured: bool
    first_hits: tuple[float, float] | None

    def covers(self, pool: Pool) -> bool:
        """Return whether the photo's answers and gallery are like those of the calibration."""
        if not _models_of(pool) <= self.models:
            return False
        if not pool.nearest:
            return self.without_list
        if not pool.profile.known:
            return self.unmeasured
        if self.first_hits is None:
            return False
        low, high = self.first_hits
        return low / _LIKE <= pool.profile.first_within[_RADIUS] <= high * _LIKE

    def to_json(self) -> dict[str, Any]:
        """Return JSON-plain values only."""
        return {
            "models": sorted(self.models),
            "without_list": self.without_list,
            "unmeasured": self.unmeasured,
            "first_hits": list(self.first_hits) if self.first_hits else None,
        }


def describe_pools(pools: Iterable[Pool]) -> CalibratedOn:
    """Return what these photos' pools were made of."""
    known = list(pools)
    listed = [pool for pool in known if pool.nearest]
    shares = [pool.profile.first_within[_RADIUS] for pool in listed if pool.profile.known]
    return CalibratedOn(
        frozenset().union(*(_models_of(pool) for pool in known)),
        len(listed) < len(known),
        any(not pool.profile.known for pool in listed),
        (min(shares), max(shares)) if shares else None,
    )


def calibrated_on_of(plain: Any) -> CalibratedOn | None:
    """Read what `CalibratedOn.to_json` wrote; None where the model is the shipped one.

    Raises:
        KeyError, ValueError, TypeError: the value has another form.
    """
    if not isinstance(plain, dict):
        return None
    low_high = plain["first_hits"]
    return CalibratedOn(
        frozenset(map(str, plain["models"])),
        bool(plain["without_list"]),
        bool(plain["unmeasured"]),
        (float(low_high[0]), float(low_high[1])) if low_high else None,
    )


def _models_of(pool: Pool) -> frozenset[str]:
    return frozenset(model_name(one.model) for one in pool.candidates if one.model and one.origin == "answer")
