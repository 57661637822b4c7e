"""The answer document that is passed on: under 20 kB, with everything a reader needs; the run holds the rest."""

import json

import shapely

from sextant.base.json_types import Document, Json
from sextant.geo.simplify import FINEST_SHARE, simplify_in_steps

MOST_BYTES = 20_000
_OUTLINE_BYTES = 3_000  # of one region
_CORNER_BYTES = len("[0.0, 0.0], ")  # at least
_SHARES = (FINEST_SHARE, 0.01, 0.02, 0.05)  # how far an outline may stray, as a share of its part's size
_FEWEST = 3  # entries of a list that are always kept
_LONGEST = 500  # characters of one claim
_NEAREST = 3  # similar photos that `sextant locate` prints


def make_compact(answer: Document) -> Json:
    """Return an answer whose JSON is under 20 kB: outlines simplified, candidates and claims cut at the weak end.

    ``left_out`` counts what was cut, by list; it is absent where nothing was. Circles (``parts``) are never cut: they
    are the region. An outline that stays too long is left out; one that bounds the circles loses its smallest parts.
    """
    if "region" not in answer:
        return dict(answer)
    regions = {share: _compact_region(region) if region else None for share, region in answer["region"].items()}
    claims = [{**claim, "text": _shorten_text(claim["text"])} for claim in answer["claims"]]
    compact: Json = {**answer, "region": regions, "claims": claims}
    left_out: dict[str, int] = {}
    excess = measure_bytes(compact) - (MOST_BYTES - 100)
    for name, order in (("candidates", _rank_candidates), ("claims", list), ("sent", list)):
        if name not in compact or excess <= 0:
            continue
        items: list[Json] = compact[name]
        ranked = order(items)
        while excess > 0 and len(ranked) > _FEWEST:
            excess -= measure_bytes(ranked.pop()) + 2
        if len(ranked) < len(items):
            compact[name] = [item for item in items if any(item is kept for kept in ranked)]
            left_out[name] = len(items) - len(ranked)
            excess = measure_bytes(compact) - (MOST_BYTES - 100)
    return {**compact, "left_out": left_out} if left_out else compact


def measure_bytes(document: object) -> int:
    """Return the length of a document's JSON in bytes, as it is printed."""
    return len(json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _shorten_text(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _rank_candidates(candidates: list[Json]) -> list[Json]:
    """Order candidates by what a reader needs first: the most similar photos, then the strongest."""
    similar = [item for item in candidates if item["origin"] == "nearest"]
    similar = sorted(similar, key=lambda item: item.get("rank") or 0)[:_NEAREST]
    return [*similar, *(item for item in candidates if not any(item is one for one in similar))]


def _compact_region(region: Json) -> Json:
    if "geojson" not in region:
        return region
    for outline in simplify_in_steps(region["geojson"], _SHARES, _OUTLINE_BYTES // _CORNER_BYTES):
        if measure_bytes(outline) <= _OUTLINE_BYTES:
            return {**region, "geojson": outline}
    if region.get("bounded"):
        return {**region, "geojson": _keep_largest(outline)}
    return {name: value for name, value in region.items() if name != "geojson"}


def _keep_largest(outline: Json) -> Json:
    """Return the largest parts of a MultiPolygon that stay short enough, at least one."""
    parts = outline["coordinates"] if outline["type"] == "MultiPolygon" else [outline["coordinates"]]
    parts = sorted(parts, key=lambda rings: -shapely.Polygon(rings[0]).area)
    while len(parts) > 1 and measure_bytes(parts) > _OUTLINE_BYTES:
        parts.pop()
    return {"type": "MultiPolygon", "coordinates": parts}
