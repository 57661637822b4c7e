"""The fitted model as a JSON file: weights, calibration, coverage and where it comes from. Never a pickle."""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from sextant.agent.verification.calibrated_on import CalibratedOn, calibrated_on_of
from sextant.agent.verification.calibration import REGION_BUCKETS, Calibration, PoolKind, calibration_of
from sextant.agent.verification.hit_rates import HitRates, hit_rates_of
from sextant.agent.verification.posterior import Pooling, pooling_of
from sextant.agent.verification.reliability import Reliability
from sextant.agent.verification.scoring.pool_features import feature_names
from sextant.agent.verification.scoring.scorer import Scorer, scorer_of
from sextant.agent.verification.stopping_rule import Gain, gain_of
from sextant.base.errors import SextantError, format_system_reason

VERSION = 6
SHARES = ("50", "90")
FORMAT = "sextant-verification"


class ModelFileError(SextantError):
    """The model file cannot be used."""


@dataclass(frozen=True)
class Model:
    """Everything `calibrated` needs.

    Attributes:
        reliability: what the scorer knows of the models.
        hit_rates: how often an answer lies within each radius.
        pooling: how answers and retrieved list are combined.
        calibration: from the posterior to probabilities that hold.
        preference: the same for choosing among the points, blind to how many agree: that would favour the middle of a
            crowd over its sharpest answer.
        quantiles: by kind of pool and number of answers (`REGION_BUCKETS`), the estimate of what a region holds that
            truly holds "50" and "90" %.
        gain: what another call is expected to add.
        scorer: chooses among points beside a gallery of much worth; None where nothing was fitted.
        own: what it was calibrated on by the user, if it was.
        provenance: data, split, date and held-out figures.
    """

    reliability: Reliability
    hit_rates: HitRates
    pooling: Pooling
    calibration: Calibration
    preference: Calibration
    quantiles: dict[str, tuple[tuple[float, ...], ...]]
    gain: Gain
    scorer: Scorer | None
    provenance: dict[str, Any]
    own: CalibratedOn | None = None

    def to_json(self) -> dict[str, Any]:
        """Return JSON-plain values only."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "own": self.own.to_json() if self.own is not None else None,
            "provenance": self.provenance,
            "reliability": {
                "neutral": list(self.reliability.neutral),
                "by_model": {name: list(row) for name, row in sorted(self.reliability.by_model.items())},
                "answered": dict(sorted(self.reliability.answered.items())),
            },
            "hit_rates": self.hit_rates.to_json(),
            "pooling": self.pooling.to_json(),
            "calibration": self.calibration.to_json(),
            "preference": self.preference.to_json(),
            "quantiles": {share: [list(row) for row in rows] for share, rows in self.quantiles.items()},
            "gain": self.gain.to_json(),
            "scorer": self.scorer.to_json() if self.scorer is not None else None,
        }


def load_model(path: Path) -> Model:
    """Read the model of a file.

    Raises:
        ModelFileError: no such file, no model, a broken one, or one of another version.
    """
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelFileError(
            f"cannot read the verification model {str(path)!r}: {format_system_reason(error)}; {_WAY_OUT}"
        ) from error
    return model_of(plain, str(path))


@lru_cache(maxsize=1)
def shipped_model() -> Model:
    """Read the model that comes with the package, fitted on the development data."""
    file = files("sextant.agent.verification").joinpath("models/default.json")
    return model_of(json.loads(file.read_text(encoding="utf-8")), "models/default.json")


def model_of(plain: Any, name: str) -> Model:
    """Read the model in a file's JSON; `name` is for the message.

    Raises:
        ModelFileError: as `load_model`.
    """
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise ModelFileError(f"{name!r} is not a verification model; {_WAY_OUT}")
    if plain.get("version") != VERSION:
        raise ModelFileError(
            f"{name!r} has version {plain.get('version')!r}, but this version reads {VERSION}; {_WAY_OUT}"
        )
    try:
        return Model(
            _reliability(plain["reliability"]),
            hit_rates_of(plain["hit_rates"]),
            pooling_of(plain["pooling"]),
            calibration_of(plain["calibration"]),
            calibration_of(plain["preference"] if "preference" in plain else plain["calibration"]),
            {share: _quantiles(plain["quantiles"][share]) for share in SHARES},
            gain_of(plain["gain"]),
            _known_scorer(plain["scorer"]) if plain["scorer"] is not None else None,
            dict(plain["provenance"]),
            calibrated_on_of(plain.get("own")),
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise ModelFileError(f"the verification model {name!r} is broken: {error!r}; {_WAY_OUT}") from error


def _reliability(plain: Any) -> Reliability:
    known = {str(model): tuple(map(float, row)) for model, row in plain["by_model"].items()}
    return Reliability(known, tuple(map(float, plain["neutral"])), plain["answered"])


def _quantiles(plain: Any) -> tuple[tuple[float, ...], ...]:
    rows = tuple(tuple(map(float, row)) for row in plain)
    if [len(row) for row in rows] != [len(REGION_BUCKETS)] * len(PoolKind):
        raise ValueError(f"{len(rows)} rows of quantiles, expected {len(PoolKind)} of {len(REGION_BUCKETS)}")
    return rows


def _known_scorer(plain: dict[str, Any]) -> Scorer:
    scorer = scorer_of(plain)
    foreign = set(scorer.names) - feature_names()
    if foreign:
        raise ValueError(f"features this version does not have: {', '.join(sorted(foreign))}")
    return scorer


_WAY_OUT = "fit one with: sextant eval fit FILE --out MODEL.json"
