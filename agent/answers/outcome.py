"""The outcome of one model answer. Degrees, WGS84, latitude before longitude."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sextant.base.documents.outcome import Precision as Precision

Kind = Literal["answered", "refused", "unparsable"]

PRECISIONS: tuple[Precision, ...] = ("sight", "street", "town", "region", "country")

OUTCOMES = ("answered", "refused", "unparsable", "filtered", "failed")
"""What a model call may come to; ``filtered`` is the refusal of the server's content filter, not of the model."""

UNFINISHED = "unfinished"
"""The kind of failure of a branch that the budget cut while it was at work."""

CLUE_SOURCES = ("seen", "read", "retrieved", "inferred")


@dataclass(frozen=True)
class Position:
    """A place the model named beside its answer; ``confidence`` is what it stated, 0 to 1.

    ``precision`` and ``radius_km`` as in `Outcome`.
    """

    latitude: float
    longitude: float
    place: str | None = None
    country: str | None = None
    confidence: float | None = None
    precision: Precision | None = None
    radius_km: float | None = None


@dataclass(frozen=True)
class Clue:
    """One piece of evidence in the model's words; ``source`` is one of CLUE_SOURCES, or "unstated"."""

    text: str
    source: str = "unstated"


@dataclass(frozen=True)
class Outcome:
    """What a model's answer came to.

    Attributes:
        kind: "answered" if and only if latitude and longitude are numbers; "refused" when the model says that
            it will not or cannot tell; "unparsable" when neither can be read.
        latitude: -90 to 90, or None.
        longitude: -180 to 180, or None.
        alternatives: other positions given, the likelier first; never the answer itself.
        country, place: the model's own words, cleaned of control characters, or None.
        confidence: as stated by the model, 0 to 1, or None.
        clues: its evidence, as stated.
        how: how the position (or its absence) was found, in a few words, for example "json",
            "json; midpoint of a range", "prose", "place name", "refusal".
        wording: how many words of each kind the reply holds, see `wording.py`; None where it is not prose.
        precision: how fine the place is that the position stands for, where the reply only named it; None where the
            reply gave coordinates.
        radius_km: radius round the position that holds most of the named place, km; None where the reply gave
            coordinates.
    """

    kind: Kind
    latitude: float | None = None
    longitude: float | None = None
    alternatives: tuple[Position, ...] = ()
    country: str | None = None
    place: str | None = None
    confidence: float | None = None
    clues: tuple[Clue, ...] = ()
    how: str = ""
    wording: Mapping[str, int] | None = field(default=None, hash=False)
    precision: Precision | None = None
    radius_km: float | None = None
