"""The search behind the retrieval tools: one photo against one gallery, both bound in advance."""

from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sextant.gallery.search.search import Reference


class Search(Protocol):
    """The searches of one photo, most and least similar first."""

    def nearest(self, count: int) -> "list[Reference]": ...

    def farthest(self, count: int) -> "list[Reference]": ...


def format_listing(references: "list[Reference]") -> str:
    """Format one numbered line per reference: position, place, similarity. Captions, file names and authors are left
    out:
    they are untrusted text that a model may take for instructions."""
    return "\n".join(
        f"{rank}. {item.latitude:.4f}, {item.longitude:.4f} {_format_place(item.latitude, item.longitude)} "
        f"(similarity {item.similarity:.2f})"
        for rank, item in enumerate(references, 1)
    )


@lru_cache(maxsize=65_536)
def _format_place(latitude: float, longitude: float) -> str:
    from sextant.geo.places import describe

    place = describe(latitude, longitude)
    names = [name for name in (place.place, place.country) if name]
    return f"at sea near {', '.join(names)}" if place.at_sea and names else ", ".join(names) or "at sea"
