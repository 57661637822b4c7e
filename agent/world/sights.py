"""Look up sights in the home's gazetteers: where a named sight is, and which sight is at a position."""

import threading

from sextant.atlas.gazetteer.lookup import Lookup, SearchCircle
from sextant.atlas.gazetteer.store import store_path
from sextant.atlas.names import NamedPlace
from sextant.base.json_types import Json

_AT_KM = 0.3  # a sight this near to the answer is what it shows


class Sights:
    """Answers the requests of kind "sight". Shared by the threads of many runs."""

    def __init__(self, home: str | None) -> None:
        self._path = store_path(home)
        self._lock = threading.Lock()
        self._lookup: Lookup | None = None

    def find(self, name: str, country_code: str | None) -> list[NamedPlace]:
        """Find what a name or an address stands for, best first; only in the country with this ISO code, if given."""
        if not self._path.exists():
            return []
        with self._lock:
            self._lookup = self._lookup or Lookup(self._path)
            found = self._lookup.resolve(name)
        return [
            NamedPlace(one.name, None, one.country_code, one.latitude, one.longitude, one.score, "sight")
            for one in found if country_code in (None, one.country_code)
        ]  # fmt: skip

    def look_up(self, request: Json) -> Json:
        """Look a name up near a circle, or without a name the prominent sight at a position.

        Args:
            request: ``name`` (or null), ``latitude`` and ``longitude`` (degrees), ``radius_km`` of the circle.

        Returns:
            ``{"sight": {name, kind, latitude, longitude, radius_km, source} | null}``.

        Raises:
            SourceError: the gazetteer cannot be read.
        """
        if not self._path.exists():
            return {"sight": None}
        with self._lock:
            self._lookup = self._lookup or Lookup(self._path)
            if request["name"] is None:
                found = self._lookup.prominent_near(request["latitude"], request["longitude"], _AT_KM)
            else:
                circle = SearchCircle(request["latitude"], request["longitude"], request["radius_km"])
                hits = self._lookup.find(request["name"], [circle], limit=1)
                found = next((hit for hit in hits if hit.contained), None)
        if found is None:
            return {"sight": None}
        kept = ("name", "kind", "latitude", "longitude", "radius_km", "source")
        return {"sight": {name: getattr(found, name) for name in kept}}
