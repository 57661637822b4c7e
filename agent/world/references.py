"""References (nearest and farthest gallery photos) as JSON, with place names."""

from collections.abc import Sequence

from sextant.base.documents.references import ReferenceDocument
from sextant.gallery.search.search import Reference
from sextant.geo.places import label_all

OPEN_SEA = "open sea"


def references_to_json(references: Sequence[Reference]) -> list[ReferenceDocument]:
    """Convert references to JSON: positions rounded to about 0.1 m, similarities to four digits."""
    places = label_all([(item.latitude, item.longitude) for item in references])
    return [
        {
            "id": item.id,
            "latitude": round(item.latitude, 6),
            "longitude": round(item.longitude, 6),
            "similarity": round(item.similarity, 4),
            "place": place or OPEN_SEA,
        }
        for item, place in zip(references, places, strict=True)
    ]
