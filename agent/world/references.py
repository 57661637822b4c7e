"""What the gallery says about one photo: its nearest and farthest photos, as plain values with place names."""

from collections.abc import Sequence

from sextant.agent.state import Json
from sextant.gallery.search.search import Reference
from sextant.geo.places import label


def references_to_json(references: Sequence[Reference]) -> list[Json]:
    """References as the run remembers them: rounded to a metre and to four digits of similarity."""
    return [
        {
            "id": item.id,
            "latitude": round(item.latitude, 6),
            "longitude": round(item.longitude, 6),
            "similarity": round(item.similarity, 4),
            "place": name_place(item.latitude, item.longitude),
        }
        for item in references
    ]


def name_place(latitude: float, longitude: float) -> str:
    """``Paris, France``, or ``open sea``."""
    return label(latitude, longitude) or "open sea"
