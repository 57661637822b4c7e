"""One placed photo as the outputs take it: its line, the file's own position, and its place among its neighbours."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sextant.agent.answer_words import format_headline, list_probabilities
from sextant.agent.guard.metadata_check import read_file_position
from sextant.app.exports.row import make_row
from sextant.app.library.progress import FOUND, FOUND_SCALES
from sextant.app.render.answer_map import get_region_geometry
from sextant.base.json_types import Json
from sextant.geo.simplify import FINEST_SHARE, simplify_geojson
from sextant.graphs.batches.failures import has_model_failed

JOINT = ("latitude", "longitude", "p_25_km", "p_200_km", "moved_km", "fits")


@dataclass(frozen=True)
class PlacedPhoto:
    """A photo of a library.

    Attributes:
        name: in the library.
        line: its last line in ``answers.jsonl``.
        own: the position that its file, a sidecar or a track states, as `FilePosition`.
        joint: where it lies by its neighbours of the same trip; None where it has none.
    """

    name: str
    line: Json
    own: Json
    joint: Json | None = None

    @property
    def answer(self) -> Json | None:
        """The answer; None for a photo that could not be opened or whose run failed."""
        found: Json | None = self.line["answer"]
        return found

    @property
    def best(self) -> Json | None:
        """The answered place."""
        return self.answer["best"] if self.answer else None

    @property
    def status(self) -> str:
        """``located``, ``unlocated`` (no place was proposed) or ``failed``."""
        if has_model_failed(self.line):
            return "failed"
        return "located" if self.best else "unlocated"

    @property
    def scale(self) -> str | None:
        """The finest scale at which the photo is found with a probability of 50 % or more; None for none."""
        probability = self.probability
        return next((name for name, radius in FOUND_SCALES if (probability[radius] or 0.0) >= FOUND), None)

    @cached_property
    def probability(self) -> dict[str, float | None]:
        """The probabilities by radius; None where the answer has none."""
        return list_probabilities(self.answer or {})

    @property
    def headline(self) -> str:
        """One sentence: the place, or why there is none."""
        if self.line["error"]:
            return f"Not located: {self.line['error']['message']}"
        return format_headline(self.answer or {"best": None})

    def get_region(self, share: str) -> Json | None:
        """Return the region of a probability (``50`` or ``90``)."""
        found: Json | None = ((self.answer or {}).get("region") or {}).get(share)
        return found

    @cached_property
    def outlines(self) -> dict[str, Json]:
        """The regions as GeoJSON polygons by their probability (``90``, ``50``), drawn once for all outputs.

        Answers leave out outlines of very many corners; their circles are drawn again here, as coarsely as in answers.
        """
        regions = {share: self.get_region(share) for share in ("90", "50")}
        return {share: _draw_outline(region) for share, region in regions.items() if region}

    def to_row(self) -> dict[str, Any]:
        """Return the photo as one flat row; every row has the same columns."""
        answer = self.answer or {"photo": {}}
        error = self.line["error"]["message"] if self.line["error"] else None
        row = {"file": self.name, "status": self.status, "scale": self.scale}
        row |= {name: value for name, value in make_row(answer).items() if name not in ("photo", "error")}
        row |= {"metadata": self.own["verdict"]}
        stated = ("latitude", "longitude", "source", "taken_at", "distance_km")
        row |= {f"file_{name}": self.own[name] for name in stated}
        row |= {f"joint_{name}": (self.joint or {}).get(name) for name in JOINT}
        row |= {"camera": self.line.get("camera"), "same_as": self.line.get("same_as")}
        return row | {"record": self.line["record"], "error": error}


def _draw_outline(region: Json) -> Json:
    stored: Json | None = region.get("geojson")
    return stored or simplify_geojson(get_region_geometry(region), FINEST_SHARE)


def read_own_position(line: Json) -> Json:
    """Return the position that the photo's file states, as its line holds it."""
    return read_file_position((line["answer"] or {}).get("metadata"))
