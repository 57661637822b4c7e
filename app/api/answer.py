"""An answer as a Python object, and as the picture that a notebook shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from sextant.agent.answer_words import format_headline, format_place_name
from sextant.agent.warning_codes import AnswerWarning
from sextant.base.documents.answer import Answer as AnswerDocument
from sextant.base.documents.answer import BestPlace, Calibration, Claim, RivalDocument, ScoredCandidate
from sextant.base.errors import WrongUse
from sextant.base.json_types import Document, Json
from sextant.geo.caps import is_covered
from sextant.geo.sphere import compute_great_circle_km


@dataclass(frozen=True)
class AnswerRegion:
    """A part of the Earth that holds the photo's place with a stated probability: the union of circles.

    Attributes:
        probability: 0.5 or 0.9.
        area_km2: of the union; what overlaps counts once.
        circles: (latitude, longitude, radius_km), the likeliest first.
        outline: GeoJSON of a region that ends at the edge of an allowed area; None where the circles are all of it.
    """

    probability: float
    area_km2: float
    circles: tuple[tuple[float, float, float], ...]
    outline: Json | None = None

    @property
    def radius_km(self) -> float | None:
        """Its radius if it is one circle; None for several."""
        return self.circles[0][2] if len(self.circles) == 1 and self.outline is None else None

    def contains(self, latitude: float, longitude: float) -> bool:
        """Return whether a position (degrees) lies inside."""
        if self.outline is not None:
            return is_covered(self.outline, latitude, longitude)
        return any(float(compute_great_circle_km((a, o), (latitude, longitude))) <= km for a, o, km in self.circles)

    def to_geojson(self, *, full: bool = False) -> Json:
        """Return it as a GeoJSON Polygon or MultiPolygon (longitude first), cut at ±180 as RFC 7946 asks.

        Args:
            full: draw each circle with 180 corners; otherwise only with those that the eye needs, about 22.
        """
        from sextant.geo.caps import draw_caps
        from sextant.geo.simplify import FINEST_SHARE, simplify_geojson

        drawn: Json = self.outline or draw_caps(self.circles)
        return drawn if full else simplify_geojson(drawn, FINEST_SHARE)

    @property
    def __geo_interface__(self) -> Json:
        """The same, for libraries that read any object with this attribute (shapely, geopandas, folium)."""
        return self.to_geojson()


@dataclass(frozen=True, repr=False)
class Answer:
    """Where a photo was taken, how sure that is, and why.

    Attributes:
        document: the whole answer as `sextant locate --json --full` prints it; of `locate_many` without ``--full``.
        error: why the photo could not be located; None for an answer. Only `locate_many` returns such answers.
        home: the folder that holds its run; None means the default.
        record: the path of its run's folder where that is not in the home: of `locate_many`.
        keeps: of `locate_many` without ``out``, the temporary folder of its run, removed with the last answer.
    """

    document: AnswerDocument
    error: str | None = None
    home: str | None = field(default=None, compare=False)
    record: str | None = field(default=None, compare=False)
    keeps: object = field(default=None, compare=False)

    @property
    def photo(self) -> str | None:
        """The photo's path; None where a precision cap hides it."""
        return self.document["photo"].get("path")

    @property
    def best(self) -> BestPlace | None:
        """The answered place with its names; None when no place was proposed."""
        return self.document.get("best")

    @property
    def latitude(self) -> float | None:
        """Degrees, WGS84; None when no place was proposed."""
        return self.best["latitude"] if self.best else None

    @property
    def longitude(self) -> float | None:
        """Degrees, WGS84; None when no place was proposed."""
        return self.best["longitude"] if self.best else None

    @property
    def place(self) -> str | None:
        """The place's names, the finest first, such as ``Lisbon, Lisboa, Portugal``; None without a place."""
        return format_place_name(self.best) if self.best else None

    @cached_property
    def probability(self) -> Mapping[int, float | None]:
        """Probability that the place lies within 1, 25, 200, 750 and 2,500 km of the answer, by these radii.

        A value is None where the verification strategy gives no number; `calibration` says what they rest on.
        """
        known: Mapping[str, Any] = self.document.get("probability", {})
        return {int(radius): share for radius, share in known.items()}

    @property
    def calibration(self) -> Calibration | None:
        """What the probabilities rest on; None where they are shares of the candidates, not probabilities."""
        return self.document.get("calibration")

    def region(self, probability: float = 0.9) -> AnswerRegion:
        """Return the region that holds the place with this probability.

        Args:
            probability: 0.5 or 0.9.

        Raises:
            WrongUse: another probability, or an answer without a region.
        """
        regions: Mapping[str, Any] = cast(Document, self.document).get("region") or {}
        name = f"{100 * probability:g}" if isinstance(probability, int | float) else str(probability)
        if name not in ("50", "90"):
            raise WrongUse(f"no region of probability {probability!r} exists; answers have 0.5 and 0.9")
        found = regions.get(name)
        if found is None:
            raise WrongUse("this answer has no region, since no place was proposed; check answer.best first")
        parts = found.get("parts") or [found]
        circles = tuple((part["latitude"], part["longitude"], part["radius_km"]) for part in parts)
        outline = found.get("geojson") if found.get("bounded") else None
        return AnswerRegion(found["probability"], found["area_km2"], circles, outline)

    @property
    def headline(self) -> str:
        """One sentence: the place, at the scale that is probable."""
        return f"Not located: {self.error}" if self.error else format_headline(self.document)

    @property
    def candidates(self) -> list[ScoredCandidate]:
        """Every place that was weighed, the strongest first."""
        return list(self.document.get("candidates", []))

    @property
    def claims(self) -> list[Claim]:
        """The evidence: what was seen, read, retrieved or inferred, each with its source."""
        return list(self.document.get("claims", []))

    @property
    def rival(self) -> RivalDocument | None:
        """The best place outside the region; None when everything proposed lies together."""
        return self.document.get("rival")

    @property
    def warnings(self) -> list[AnswerWarning]:
        """What a reader should distrust, as ``{"code", "text"}``."""
        return list(self.document.get("warnings", []))

    @property
    def stop(self) -> str | None:
        """Why the run ended: agreement, budget, exhausted or stopped; None without a run."""
        return self.document.get("stop")

    @property
    def spent(self) -> Json:
        """What the run used: calls, tokens, seconds, usd (None when the price is unknown)."""
        return dict(cast(Document, self.document).get("spent") or {})

    @property
    def run(self) -> str:
        """The name of its run, or of a library's photo the folder of its record: for `sextant.replay` and `runs show`.

        Raises:
            WrongUse: the photo was not located, so no run exists.
        """
        if self.error:
            raise WrongUse(f"{self.photo!r} was not located ({self.error}), so it has no run")
        return self.record or str(self.document["run"])

    def to_row(self) -> dict[str, Any]:
        """Return the answer as one flat row: place, probabilities, regions, spending, warnings."""
        from sextant.app.exports.row import make_row

        return make_row(self.document)

    def __repr__(self) -> str:
        """Return the headline and the photo."""
        return f"<Answer {self.photo or 'photo'}: {self.headline}>"

    def _repr_html_(self) -> str:
        """Return the answer as a notebook shows it: map, regions, evidence. Nothing is fetched."""
        from sextant.app.render.answer_html import render_answer_fragment

        return render_answer_fragment(self.document, self.headline)
