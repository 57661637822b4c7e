"""Locate a library's photos by their trips: photos of one camera, ordered by time, help each other."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath

from sextant.agent.answer_words import is_calibrated
from sextant.agent.trips.evidence import PhotoEvidence, make_evidence
from sextant.agent.trips.joint import JointPlace, locate_trip
from sextant.app.library.outputs.placed import PlacedPhoto
from sextant.app.library.videos.expand import find_clip
from sextant.base.json_types import Json
from sextant.geo.sphere import compute_great_circle_km

LONGEST_GAP_H = 14 * 24.0  # between two photos of one trip
_LONGEST_WITHOUT_TIMES = 500  # photos of a folder whose order is only that of their names


@dataclass(frozen=True)
class TripPhoto:
    """A photo in the order of its trip."""

    camera: str
    hours: float | None
    evidence: PhotoEvidence


def locate_trips(photos: Iterable[PlacedPhoto]) -> dict[str, Json]:
    """Return the joint place of each photo that has neighbours, by name: place, probability, how far it moved.

    Photos of one camera are ordered by time and parted where two weeks lie between them. Where camera or time are
    unknown, those of one folder are ordered by name. Photos whose file states a position are anchors: they help the
    others. Answers without probabilities take no part. Copies and further photos of a burst
    take the joint place of their original.
    """
    groups: dict[str, list[TripPhoto]] = defaultdict(list)
    repeated: dict[str, str] = {}
    for photo in photos:
        if photo.line.get("same_as"):  # one opinion, not two
            repeated[photo.name] = photo.line["same_as"]
        elif photo.answer is not None and is_calibrated(photo.answer):
            made = _make_trip_photo(photo)
            groups[made.camera].append(made)
    found: dict[str, Json] = {}
    for group in groups.values():
        for trip in _part(group):
            evidence = [photo.evidence for photo in trip]
            own = {photo.name: photo.best for photo in evidence}
            if len(trip) > 1:
                found |= {place.name: _make_document(place, own[place.name]) for place in locate_trip(evidence)}
    return found | {name: found[original] for name, original in repeated.items() if original in found}


def _make_trip_photo(photo: PlacedPhoto) -> TripPhoto:
    answer = photo.answer or {}
    hours = _read_hours(photo.own["taken_at"])
    camera = photo.line.get("camera") if hours is not None else None
    anchor = (photo.own["latitude"], photo.own["longitude"]) if photo.own["latitude"] is not None else None
    evidence = make_evidence(photo.name, answer["best"], answer["probability"], answer["candidates"], hours, anchor)
    return TripPhoto(camera or f"folder {find_clip(photo.name) or PurePath(photo.name).parent}", hours, evidence)


def _read_hours(taken_at: str | None) -> float | None:
    """Return a photo's time in hours; a clock without a zone is read as UTC, as all photos of one camera are."""
    try:
        stated = datetime.fromisoformat(taken_at) if taken_at else None
    except ValueError:
        return None
    if stated is None:
        return None
    return (stated if stated.tzinfo else stated.replace(tzinfo=UTC)).timestamp() / 3600


def _part(group: list[TripPhoto]) -> list[list[TripPhoto]]:
    """Part the photos of one camera, or of one folder, into trips."""
    timed = sorted((one for one in group if one.hours is not None), key=lambda one: (one.hours, one.evidence.name))
    trips: list[list[TripPhoto]] = []
    for photo in timed:
        last = trips[-1][-1].hours if trips else None
        if last is None or photo.hours is None or photo.hours - last > LONGEST_GAP_H:
            trips.append([])
        trips[-1].append(photo)
    rest = sorted((one for one in group if one.hours is None), key=lambda one: one.evidence.name)
    size = _LONGEST_WITHOUT_TIMES
    return [*trips, *(rest[start : start + size] for start in range(0, len(rest), size))]


def _make_document(place: JointPlace, own: tuple[float, float] | None) -> Json:
    here = (place.latitude, place.longitude)
    moved = round(float(compute_great_circle_km(own, here)), 1) if own is not None else None
    document: Json = {"latitude": round(here[0], 6), "longitude": round(here[1], 6), "moved_km": moved}
    document |= {"p_25_km": round(place.within_25_km, 4), "p_200_km": round(place.within_200_km, 4)}
    return document | {"fits": place.fits}
