"""What the map tools look into, bound in advance: the maps and gazetteers of a home."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from langchain_core.tools import ToolException

if TYPE_CHECKING:
    from sextant.atlas.map_index.around import Surroundings
    from sextant.atlas.map_index.search import MapHit

ATTRIBUTION = "© OpenStreetMap contributors"


@dataclass(frozen=True)
class NearSight:
    """A sight near a position; km."""

    name: str
    kind: str
    latitude: float
    longitude: float
    km: float


class Maps(Protocol):
    """The maps and gazetteers of a home; degrees, metres and km."""

    def search(self, text: str, circle: tuple[float, float, float] | None, limit: int) -> "list[MapHit]":
        """Search the maps; ``circle`` is latitude, longitude and radius in km."""

    def around(self, latitude: float, longitude: float, metres: float) -> "Surroundings":
        """Describe what is near a position."""

    def sights(self, latitude: float, longitude: float, km: float, limit: int) -> list[NearSight]:
        """List the prominent sights near a position, the most telling first."""


class NoMaps:
    """Placeholder where no map was added: every tool says so."""

    def search(self, text: str, circle: tuple[float, float, float] | None, limit: int) -> "list[MapHit]":
        raise _make_error()

    def around(self, latitude: float, longitude: float, metres: float) -> "Surroundings":
        raise _make_error()

    def sights(self, latitude: float, longitude: float, km: float, limit: int) -> list[NearSight]:
        raise _make_error()


def _make_error() -> ToolException:
    return ToolException("no map has been added here; answer without it")
