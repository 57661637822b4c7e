"""Look up sights in the home's gazetteers: where a named sight is, and which sight is at a position."""

import math
import threading

from sextant.agent.guard.sign_language import detect_sign_language
from sextant.atlas.gazetteer.feature import RADIUS_KM, Kind
from sextant.atlas.gazetteer.lookup import Lookup, SearchCircle
from sextant.atlas.gazetteer.store import store_path
from sextant.atlas.names import NamedPlace, find_place
from sextant.base.json_types import Json
from sextant.geo.sphere import compute_great_circle_km

_KINDS = ("sight", "quarter", "street", "town")  # what a sign names; a country or a river on one says little
_AGREES_KM = 25.0
_MOST_NAMESAKES = 3  # of a name that stands for more places nothing follows
_AT_KM = 0.3  # a sight this near to the answer is what it shows


class Sights:
    """Answers the requests of kinds "sight" and "signs". Shared by the threads of many runs."""

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

    def look_up_signs(self, request: Json) -> Json:
        """Look up what texts in the photo name: near one of the circles, else where the name has few namesakes.

        Args:
            request: ``texts`` and ``near``, a list of positions (latitude, longitude, degrees).

        Returns:
            ``{"places": [{text, name, kind, latitude, longitude, radius_km, source}]}``; texts that name nothing are
            left out. ``language`` is that of these others together, missing where it is not clear.

        Raises:
            SourceError: the gazetteer cannot be read.
        """
        near = [(float(latitude), float(longitude)) for latitude, longitude in request["near"]]
        added = self._path.exists()
        places = []
        for text in request["texts"]:
            place = (self._sign_of_gazetteer(text, near) if added else None) or _sign_of_town(text, near)
            if place:
                places.append({"text": text, **place})
        named = {place["text"] for place in places}
        language = detect_sign_language("\n".join(text for text in request["texts"] if text not in named))
        return {"places": places, **({"language": language} if language else {})}

    def _sign_of_gazetteer(self, text: str, near: list[tuple[float, float]]) -> Json | None:
        circles = [SearchCircle(*place, _AGREES_KM / 2) for place in near]
        with self._lock:
            self._lookup = self._lookup or Lookup(self._path)
            hits = [hit for hit in self._lookup.find(text, circles, limit=50) if hit.kind in _KINDS]
        close = next((hit for hit in hits if hit.contained and hit.km is not None and hit.km <= _AGREES_KM), None)
        exact = [hit for hit in hits if hit.score == 1.0]
        chosen = close or (exact[0] if 0 < len(exact) <= _MOST_NAMESAKES else None)
        kept = ("name", "kind", "latitude", "longitude", "radius_km", "source")
        return {name: getattr(chosen, name) for name in kept} if chosen else None


def _sign_of_town(text: str, near: list[tuple[float, float]]) -> Json | None:
    """Find the shipped town of exactly this name, near one of the positions or with few namesakes."""
    hits = find_place(text, limit=20, misspelt=False)
    towns = [hit for hit in hits if hit.kind == "place" and hit.score == 1.0]
    away = [
        min((float(compute_great_circle_km((hit.latitude, hit.longitude), place)) for place in near), default=math.inf)
        for hit in towns
    ]
    close = [hit for hit, km in zip(towns, away, strict=True) if km <= _AGREES_KM]
    chosen = close or (towns if len(towns) <= _MOST_NAMESAKES else [])
    if not chosen:
        return None
    town = {"name": chosen[0].name, "kind": "town", "latitude": chosen[0].latitude, "longitude": chosen[0].longitude}
    return {**town, "radius_km": RADIUS_KM[Kind.TOWN], "source": "shipped"}
