"""How often an answer lies within each radius of the true place: by its model, what it names and how it is worded.

The log odds of each radius are a weighted sum of the features below plus the offset of the answer's model, or of its
class where its model was never recorded. Fitted by `sextant.eval.fitting.hit_rates_fit` on recorded answers.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from sextant.agent.answers.outcome import PRECISIONS
from sextant.agent.answers.wording import KINDS
from sextant.agent.verification.opinions import exact_hits
from sextant.agent.verification.pool import Candidate
from sextant.agent.verification.reliability import model_name
from sextant.base.arrays import Floats
from sextant.base.yaml_text import parse_yaml

CLASSES = ("small", "middle", "strong")
FEATURES = (
    *(f"names_{precision}" for precision in PRECISIONS),
    *("coarse_digits", "fine_digits", "alternative", "prose"),
    *(f"words_{kind}" for kind in KINDS),
)
_LEAST_DIGITS, _FINE_DIGITS = 2, 4  # decimals of a degree: about 1 km, about 10 m
_ADDED_WORDS = 2.0  # added to what was counted and to what is usual: a short reply tells little
_CITY = 1  # the radius of 25 km
_WORTH_A_WORD = 0.7  # log odds: twice as likely, or half
_LEAST_ODDS, _MOST_ODDS = -7.0, 4.0


@dataclass(frozen=True)
class HitRates:
    """Fitted log odds that an answer lies within each of the five radii.

    Attributes:
        weights: (5, features) by radius and `FEATURES`.
        classes: (5,) offset of each class of models.
        models: (5,) offset of each recorded model, to be added to that of its class.
        word_shares: (kinds,) usual share of each kind of word in a reply.
    """

    weights: Floats
    classes: Mapping[str, Floats]
    models: Mapping[str, Floats]
    word_shares: Floats

    def log_odds(self, answers: Sequence[Candidate]) -> Floats:
        """Log odds (n, 5) of n answers to one photo, never falling as the radius grows."""
        if not answers:
            return np.zeros((0, 5))
        table = feature_rows(answers, self.word_shares)
        offsets = np.array([self._offset(one.model) for one in answers])
        odds = np.clip(table @ self.weights.T + offsets, _LEAST_ODDS, _MOST_ODDS)
        return np.asarray(np.maximum.accumulate(odds, axis=1))

    def knows(self, model: str | None) -> bool:
        """Return whether answers of the model were recorded."""
        return model_name(model) in self.models

    def as_unknown(self) -> "HitRates":
        """Return the same as if no model had been recorded."""
        return HitRates(self.weights, self.classes, {}, self.word_shares)

    def _offset(self, model: str | None) -> Floats:
        name = model_name(model)
        own = self.models.get(name)
        base = self.classes[model_class(name)]
        return base if own is None else base + own

    def to_json(self) -> dict[str, Any]:
        """Return JSON-plain values, four digits."""
        return {
            "features": list(FEATURES),
            "weights": self.weights.round(4).tolist(),
            "classes": {name: row.round(4).tolist() for name, row in sorted(self.classes.items())},
            "models": {name: row.round(4).tolist() for name, row in sorted(self.models.items())},
            "word_shares": self.word_shares.round(6).tolist(),
        }


def hit_rates_of(plain: Mapping[str, Any]) -> HitRates:
    """Read the hit rates of a model file.

    Raises:
        KeyError, ValueError: a part is missing or has another shape.
    """
    if tuple(plain["features"]) != FEATURES:
        raise ValueError(f"features of the hit rates are {plain['features']}")
    weights, shares = np.array(plain["weights"], dtype=float), np.array(plain["word_shares"], dtype=float)
    classes = {str(name): np.array(row, dtype=float) for name, row in plain["classes"].items()}
    models = {str(name): np.array(row, dtype=float) for name, row in plain["models"].items()}
    if weights.shape != (5, len(FEATURES)) or shares.shape != (len(KINDS),) or set(classes) != set(CLASSES):
        raise ValueError(f"hit rates have shape {weights.shape}")
    if any(row.shape != (5,) for row in (*classes.values(), *models.values())):
        raise ValueError("an offset of the hit rates does not have five radii")
    return HitRates(weights, classes, models, shares)


@lru_cache(maxsize=1024)
def model_class(name: str) -> str:
    """Return the class of a model by its name, from ``model_families.yaml``: small, middle or strong."""
    lower = name.lower()
    return next((kind for kind, pattern in _families() if pattern.search(lower)), "middle")


@cache
def _families() -> tuple[tuple[str, re.Pattern[str]], ...]:
    text = files("sextant.agent.verification").joinpath("model_families.yaml").read_text(encoding="utf-8")
    return tuple((entry["class"], re.compile(entry["pattern"])) for entry in parse_yaml(text)["families"])


def feature_rows(answers: Sequence[Candidate], word_shares: Floats) -> Floats:
    """Return features (n, features) of n answers to one photo.

    The words of all replies are counted together: replies to one photo see the same scene and are worded alike.
    """
    signs = wording_signs([one for one in answers if one.origin == "answer"], word_shares)
    table = np.zeros((len(answers), len(FEATURES)))
    for row, answer in enumerate(answers):
        named = place_precision(answer)
        if named is not None:
            table[row, PRECISIONS.index(named)] = 1.0
        digits = max(_digits(answer.latitude), _digits(answer.longitude))
        table[row, 5:8] = digits <= _LEAST_DIGITS, digits >= _FINE_DIGITS, answer.origin != "answer"
    if signs is not None:
        table[:, 8] = 1.0
        table[:, 9:] = signs
    return table


def wording_signs(answers: Iterable[Candidate], shares: Floats) -> Floats | None:
    """Return the mean log ratio of each kind of word in the replies to its usual number; None without prose."""
    counts = word_counts(answers)
    if not len(counts):
        return None
    times = (counts[:, :-1] + _ADDED_WORDS) / (counts[:, -1:] * shares + _ADDED_WORDS)
    return np.asarray(np.log(times).mean(0))


def wording_words(hit_rates: HitRates, answers: Sequence[Candidate]) -> tuple[str, ...]:
    """Give the reason where the wording of the replies moved the log odds at city scale by much."""
    signs = wording_signs([one for one in answers if one.origin == "answer"], hit_rates.word_shares)
    if signs is None:
        return ()
    shift = float(signs @ hit_rates.weights[_CITY, -len(KINDS) :])
    if abs(shift) < _WORTH_A_WORD:
        return ()
    how = "sure of the place" if shift > 0 else "unsure of the place"
    return (f"the answers are worded as those of models that are {how}",)


def word_counts(answers: Iterable[Candidate]) -> Floats:
    """Return counts of each kind of word in each of n replies in prose, and, last, of all words: (n, kinds + 1)."""
    replies = [candidate.wording for candidate in answers if candidate.wording is not None]
    rows = [[float(wording.get(name, 0)) for name in (*KINDS, "words")] for wording in replies]
    return np.array(rows).reshape(-1, len(KINDS) + 1)


def place_precision(answer: Candidate) -> str | None:
    """Return how fine the named place is, by the reply, else by the gazetteer; None without a name.

    A name that no gazetteer of towns and states has is taken for that of a sight.
    """
    if answer.precision is not None:
        return answer.precision
    return _precision_of_name(answer.place) if answer.place else None


@lru_cache(maxsize=4096)
def _precision_of_name(name: str) -> str:
    kinds = {hit.kind for hit in exact_hits(name)}
    found = {"place": "town", "admin1": "region", "country": "country"}
    return next((precision for kind, precision in found.items() if kind in kinds), "sight")


def _digits(degrees: float) -> int:
    return len(f"{degrees:.7f}".rstrip("0").partition(".")[2])
