"""The fitted model as a JSON file: weights, calibration, coverage and where it comes from. Never a pickle."""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from sextant.agent.verification.calibration import KINDS, Calibration, calibration_of
from sextant.agent.verification.pool_features import feature_names
from sextant.agent.verification.reliability import Reliability
from sextant.agent.verification.scorer import Scorer, scorer_of
from sextant.agent.verification.stopping_rule import Gain, gain_of
from sextant.agent.verification.wording_shift import telling_of
from sextant.base.errors import SextantError

VERSION = 4
SHARES = ("50", "90")
FORMAT = "sextant-verification"


class ModelFileError(SextantError):
    """The model file cannot be used."""


@dataclass(frozen=True)
class Model:
    """Everything `calibrated` needs. `quantiles`: by kind of pool, the estimate that truly holds "50" and "90" %."""

    reliability: Reliability
    scorer: Scorer
    calibration: Calibration
    quantiles: dict[str, tuple[float, ...]]
    gain: Gain
    provenance: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "version": VERSION,
            "provenance": self.provenance,
            "reliability": {
                "neutral": list(self.reliability.neutral),
                "by_model": {name: list(row) for name, row in sorted(self.reliability.by_model.items())},
                "answered": dict(sorted(self.reliability.answered.items())),
                "telling": self.reliability.telling.to_json(),
            },
            "calibration": self.calibration.to_json(),
            "quantiles": {share: list(rows) for share, rows in self.quantiles.items()},
            "gain": self.gain.to_json(),
            "scorer": self.scorer.to_json(),
        }


def load_model(path: Path) -> Model:
    """The model of a file.

    Raises:
        ModelFileError: no such file, no model, a broken one, or one of another version.
    """
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelFileError(f"cannot read the verification model {str(path)!r}: {error}; {_WAY_OUT}") from error
    return model_of(plain, str(path))


@lru_cache(maxsize=1)
def shipped_model() -> Model:
    """The model fitted on the development data that comes with the package."""
    file = files("sextant.agent.verification").joinpath("models/default.json")
    return model_of(json.loads(file.read_text(encoding="utf-8")), "models/default.json")


def model_of(plain: Any, name: str) -> Model:
    """The model in a file's JSON; `name` is for the message.

    Raises:
        ModelFileError: as `load_model`.
    """
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise ModelFileError(f"{name!r} is no verification model; {_WAY_OUT}")
    if plain.get("version") != VERSION:
        raise ModelFileError(f"{name!r} is of version {plain.get('version')!r}, this code reads {VERSION}; {_WAY_OUT}")
    try:
        return Model(
            _reliability(plain["reliability"]),
            _known_scorer(plain["scorer"]),
            calibration_of(plain["calibration"]),
            {share: _quantiles(plain["quantiles"][share]) for share in SHARES},
            gain_of(plain["gain"]),
            dict(plain["provenance"]),
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise ModelFileError(f"the verification model {name!r} is broken: {error!r}; {_WAY_OUT}") from error


def _reliability(plain: Any) -> Reliability:
    known = {str(model): tuple(map(float, row)) for model, row in plain["by_model"].items()}
    return Reliability(known, tuple(map(float, plain["neutral"])), plain["answered"], telling_of(plain["telling"]))


def _quantiles(plain: Any) -> tuple[float, ...]:
    if len(plain) != len(KINDS):
        raise ValueError(f"{len(plain)} quantiles, expected {len(KINDS)}")
    return tuple(map(float, plain))


def _known_scorer(plain: dict[str, Any]) -> Scorer:
    scorer = scorer_of(plain)
    foreign = set(scorer.names) - feature_names()
    if foreign:
        raise ValueError(f"features this version does not have: {', '.join(sorted(foreign))}")
    return scorer


_WAY_OUT = "fit one with: sextant eval fit FILE --out MODEL.json"
