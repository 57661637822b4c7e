"""Compare the EXIF position and time of a file with the answer, after the answer is known."""

import re
from datetime import datetime
from typing import Any

from sextant.agent.answer_words import format_coordinates, format_distance
from sextant.base.json_types import Document, Json
from sextant.geo.sphere import compute_great_circle_km

AGREES_KM = 25.0  # city radius of the benchmarks
ZONE_HOURS = 4.0  # civil time differs from solar time by up to three hours (western China); summer time adds one
SOURCES = {
    "exif": "EXIF",
    "xmp": "XMP",
    "sidecar": "the .xmp file beside it",
    "takeout": "Google Takeout's JSON",
    "track": "the GPX track",
}
_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)$")


def compare_metadata(metadata: Json, best: Document | None, region_90: Document | None) -> Json:
    """Compare the file's position and time with the answer.

    Return ``{"verdict", "latitude", "longitude", "source", "taken_at", "distance_km", "notes", "text", "time"}``: the
    position in degrees and where it was read (exif, xmp, sidecar, takeout), or None; what makes it doubtful.

    The verdict is "agrees" within 25 km, or inside the answer's 90 % region if that is one circle; otherwise
    "conflicts"; "absent" when the file or the answer has no position.
    """
    stated = {
        "latitude": metadata.get("latitude"),
        "longitude": metadata.get("longitude"),
        "source": metadata.get("source"),
        "taken_at": metadata.get("captured_at"),
        "notes": list(metadata.get("notes") or ()),
    }
    time = describe_time(metadata.get("captured_at"), best)
    if metadata.get("latitude") is None or best is None:
        missing = "the file has no position" if metadata.get("latitude") is None else "the run has no answer to compare"
        return {"verdict": "absent", **stated, "distance_km": None, "text": f"{missing}.", "time": time}
    here = metadata["latitude"], metadata["longitude"]
    km = float(compute_great_circle_km(here, (best["latitude"], best["longitude"])))
    reach = (region_90 or {}).get("radius_km") or 0.0
    verdict = "agrees" if km < max(AGREES_KM, reach) else "conflicts"
    compared = {"verdict": verdict, **stated, "distance_km": round(km, 3)}
    text = " ".join(f"{line}." for line in describe_file_position(compared))
    return {**compared, "text": text, "time": time}


def describe_file_position(stated: Json) -> list[str]:
    """Describe the file's own position, which the model never sees: source, distance, verdict, and any doubts.

    Empty where the file states none.
    """
    doubts = [f"doubtful: {note}" for note in stated["notes"]]
    if stated["latitude"] is None:
        older = stated["verdict"] != "absent"
        return [f"the file's own position {stated['verdict']} with the answer"] if older else []
    line = f"the file's own position is {format_coordinates(stated)}"
    if stated["source"]:
        line += f", from {SOURCES.get(stated['source'], stated['source'])}"
    if stated["distance_km"] is not None:
        line += f"; {format_distance(stated['distance_km'])} from the answer, which it {stated['verdict']} with"
    return [line, *doubts]


FILE_POSITION = ("verdict", "latitude", "longitude", "source", "taken_at", "distance_km", "notes")


def state_file_position(compared: Json) -> Json:
    """Return what an answer says of its file's own position, from `compare_metadata`."""
    return {name: compared[name] for name in FILE_POSITION}


def make_absent_position() -> Json:
    """Make the statement of a file position where none was compared."""
    return {**dict.fromkeys(FILE_POSITION), "verdict": "absent", "notes": []}


def read_file_position(stated: Any) -> Json:
    """Read an answer's ``metadata``; answers of earlier versions hold the verdict alone."""
    return {**make_absent_position(), **(stated if isinstance(stated, dict) else {"verdict": str(stated or "absent")})}


def describe_time(captured_at: str | None, best: Document | None) -> str | None:
    """Describe the capture time and whether its time zone fits the answer's longitude; None without a time."""
    if not captured_at:
        return None
    offset = _OFFSET.search(captured_at)
    if offset is None or best is None:
        return "the file states a time without a zone, so it cannot be compared"
    hours = (int(offset[2]) + int(offset[3]) / 60) * (1 if offset[1] == "+" else -1)
    away = abs((hours - best["longitude"] / 15 + 12) % 24 - 12)
    zone = f"UTC{offset[0]}{offset[2]}:{offset[3]}"
    if away <= ZONE_HOURS:
        return f"the file's time zone ({zone}) fits the answer"
    return f"the file's time zone ({zone}) does not fit the answer: the sun there is {away:.0f} hours away from it"


def parse_taken_at(captured_at: str | None) -> datetime | None:
    """Parse the file's capture time; None when it is missing or invalid."""
    try:
        return datetime.fromisoformat(captured_at) if captured_at else None
    except ValueError:
        return None
