"""A session as GeoJSON (RFC 7946): answers, regions, candidates, similar and dissimilar photos."""

import json
from typing import Any

from sextant.agent.guard.metadata_check import read_file_position
from sextant.app.render.answer_map import get_region_geometry
from sextant.base.documents.session import SessionView, ShownPhoto
from sextant.base.json_types import Document, Json


def make_geojson(session: SessionView) -> str:
    """Make a FeatureCollection; every feature has its ``role`` and its ``photo``."""
    features: list[Json] = []
    for photo in session["photos"]:
        if photo["status"] == "located":
            features += make_photo_features(photo)
    collection: Json = {"type": "FeatureCollection", "features": features}
    if session["precision"]:
        collection["precision"] = session["precision"]
    return json.dumps(collection, ensure_ascii=False, indent=1) + "\n"


def make_photo_features(photo: ShownPhoto) -> list[Json]:
    """Make the features of one photo, the regions first, so that points are drawn over them."""
    answer = photo["answer"]
    features = []
    facts: dict[str, Any]
    for share, region in (("90", answer["region"]["90"]), ("50", answer["region"]["50"])):
        if region:
            facts = {"probability": region["probability"], "radius_km": region.get("radius_km")}
            features.append(_make_feature(get_region_geometry(region), f"region {share} %", photo, facts))
    if answer["best"]:
        facts = {name: dict(answer["best"])[name] for name in ("country", "country_code", "admin1", "place")}
        facts |= {
            "headline": photo["told"]["headline"],
            "weighed": photo["told"]["effects"] or None,
            "probability": answer["probability"],
            "run": photo["run"],
            "model": answer["model"],
        }
        features.append(_make_feature(make_point(answer["best"]), "answer", photo, facts))
    if answer["rival"]:
        features.append(
            _make_feature(make_point(answer["rival"]), "rival", photo, {"country": answer["rival"].get("country")})
        )
    stated = read_file_position(answer.get("metadata"))
    if stated["latitude"] is not None:
        facts = {name: stated[name] for name in ("verdict", "source", "distance_km", "taken_at")}
        features.append(_make_feature(make_point(stated), "file", photo, {**facts, "doubts": stated["notes"] or None}))
    for number, item in enumerate(answer["candidates"], 1):
        facts = {name: item.get(name) for name in ("origin", "score", "variant", "similarity")}
        features.append(_make_feature(make_point(item), "candidate", photo, {"number": number, **facts}))
    for role, listed in (("nearest", photo["nearest"]), ("farthest", photo["farthest"])):
        for number, shown in enumerate(listed, 1):
            facts = {"number": number, "similarity": shown["similarity"], "place": shown.get("place")}
            features.append(_make_feature(make_point(shown), role, photo, facts))
    return features


def make_point(place: Document) -> Json:
    """Make a GeoJSON position: longitude first."""
    return {"type": "Point", "coordinates": [place["longitude"], place["latitude"]]}


def _make_feature(geometry: Json, role: str, photo: ShownPhoto, facts: dict[str, Any]) -> Json:
    known = {name: value for name, value in facts.items() if value is not None}
    properties = {"role": role, "photo": photo["name"], "sha256": photo["sha256"], **known}
    return {"type": "Feature", "geometry": geometry, "properties": properties}
