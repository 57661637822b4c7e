"""References (nearest and farthest gallery photos) as JSON, with place names."""

from collections.abc import Sequence

from sextant.base.documents.references import ReferenceDocument
from sextant.gallery.search.search import Reference
from sextant.geo.places import label


def references_to_json(references: Sequence[Reference]) -> list[ReferenceDocument]:
    """Convert references to JSON: positions rounded to about 0.1 m, similarities to four digits."""
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
    """Name the place of a position: ``Paris, France``, or ``open sea``."""
    return label(latitude, longitude) or "open sea"
