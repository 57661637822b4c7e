"""A library as GeoJSON (RFC 7946): of each photo its regions, its answer, and the file's own position."""

from typing import IO, Any

from sextant.app.exports.geojson import make_point
from sextant.app.library.outputs.placed import PlacedPhoto
from sextant.base.json_text import encode_json
from sextant.base.json_types import Json

_ANSWER = ("country", "country_code", "admin1", "place")


class GeoJsonWriter:
    """Writes a FeatureCollection feature by feature; every feature has its ``role`` and its ``file``."""

    def __init__(self, file: IO[str]) -> None:
        self._file, self._first = file, True
        file.write('{"type": "FeatureCollection", "features": [')

    def add(self, photo: PlacedPhoto) -> None:
        """Add a photo's features, the regions first, so that points are drawn over them."""
        for feature in make_features(photo):
            text = encode_json(feature).decode()
            self._file.write(("\n" if self._first else ",\n") + text)
            self._first = False

    def close(self) -> None:
        """End the collection."""
        self._file.write("\n]}\n")


def make_features(photo: PlacedPhoto) -> list[Json]:
    """Make the features of one photo; none for a photo without a place."""
    features: list[Json] = []
    best, answer = photo.best, photo.answer
    if best is None or answer is None:
        return features
    for share in ("90", "50"):
        region = photo.get_region(share)
        if region:
            facts = {"probability": region["probability"], "area_km2": region["area_km2"]}
            features.append(_make_feature(photo.outlines[share], f"region {share} %", photo, facts))
    facts = {name: best.get(name) for name in _ANSWER} | {"headline": photo.headline, "scale": photo.scale}
    facts |= {f"p_{radius}_km": share for radius, share in photo.probability.items()}
    facts |= {"metadata": photo.own["verdict"], "file_distance_km": photo.own["distance_km"]}
    features.append(_make_feature(make_point(best), "answer", photo, facts))
    if photo.own["latitude"] is not None:
        stated = {name: photo.own[name] for name in ("verdict", "source", "taken_at")}
        features.append(_make_feature(make_point(photo.own), "file", photo, stated))
    if photo.joint:
        found = {name: photo.joint[name] for name in ("p_25_km", "p_200_km", "moved_km", "fits")}
        features.append(_make_feature(make_point(photo.joint), "joint", photo, found))
    return features


def _make_feature(geometry: Json, role: str, photo: PlacedPhoto, facts: dict[str, Any]) -> Json:
    known = {name: value for name, value in facts.items() if value is not None}
    return {"type": "Feature", "geometry": geometry, "properties": {"role": role, "file": photo.name, **known}}
