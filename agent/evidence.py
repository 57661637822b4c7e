"""What the gallery says about one photo: its nearest and farthest photos, as plain values with place names."""

from collections.abc import Sequence

from agent.state import Json
from gallery.search import Reference
from gallery.store import Gallery
from geo.places import describe


def as_json(references: Sequence[Reference]) -> list[Json]:
    """References as the run remembers them: rounded to a metre and to four digits of similarity."""
    return [
        {
            "id": item.id,
            "latitude": round(item.latitude, 6),
            "longitude": round(item.longitude, 6),
            "similarity": round(item.similarity, 4),
            "place": place_name(item.latitude, item.longitude),
        }
        for item in references
    ]


def place_name(latitude: float, longitude: float) -> str:
    """``Paris, France``, or ``open sea``."""
    place = describe(latitude, longitude)
    return ", ".join(part for part in (place.place, place.country) if part) or "open sea"


def authors_of(gallery: Gallery, sha256: str) -> list[str]:
    """The photographers under whose names the gallery holds this very file; usually none or one."""
    if not set(sha256) <= set("0123456789abcdef"):
        return []
    rows = gallery.photos.search().where(f"sha256 = '{sha256}'").select(["author"]).limit(100).to_list()
    return sorted({row["author"] for row in rows if row["author"]})
