"""Look up names and positions in the gazetteer store."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sextant.atlas.gazetteer.feature import RADIUS_KM, Kind
from sextant.atlas.gazetteer.store import MICRODEGREES, open_store
from sextant.atlas.shipped import GazetteerEntry, load_shipped, make_key
from sextant.geo.sphere import compute_great_circle_km

_MOST_ROWS = 2000
_MOST_SPELLINGS = 400
_MOST_CLOSE = 10_000  # names that begin alike
_LAST = "\U0010ffff"  # sorts after every letter
_LEAST_SPELLING = 6  # letters of a name of which a misspelling is looked for
_EDIT_SHARE = 5  # letters to one edit
_KM_PER_DEGREE = 111.2
_REACH, _SLACK_KM = 1.5, 5.0  # of a container's radius, and beside it
_PROMINENT = 25
_PER_KM = 6.0  # prominence that a kilometre from the container's middle outweighs


@dataclass(frozen=True)
class Sight:
    """A place of a gazetteer that a name stands for; degrees, km. ``score`` is 1 for the name as it is spelt."""

    name: str
    kind: str
    latitude: float
    longitude: float
    radius_km: float
    country_code: str | None
    prominence: int
    source: str
    score: float = 1.0
    contained: bool = False
    """It lies in the container that was asked for beside it."""
    km: float | None = None
    """How far from the position asked for."""

    def to_json(self) -> dict[str, Any]:
        """Return the fields that hold something."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class SearchCircle:
    """A circle that a name is looked for in first: degrees, km."""

    latitude: float
    longitude: float
    radius_km: float


class Lookup:
    """A store opened for reading. Use it from one thread at a time.

    Raises:
        PlacesSourceError: the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._connection = open_store(path)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def find(
        self, name: str, near: list[SearchCircle] | None = None, country: str | None = None, limit: int = 5
    ) -> list[Sight]:
        """Return what a name stands for: inside ``near`` first, then by prominence; close spellings where none fits.

        Args:
            name: the name alone, without its container.
            near: circles of which one should hold it.
            country: ISO code; only what lies there.
            limit: how many at most.
        """
        key = make_key(name[:200])
        if not key:
            return []
        rows = [(row, 1.0) for row in self._exact(key)] or self._close(key)
        hits = [self._sight(row, score, near or []) for row, score in rows]
        if country:
            hits = [hit for hit in hits if hit.country_code == country.upper()]
        hits.sort(key=lambda hit: (-hit.contained, -hit.score, _rank(hit), hit.source, hit.latitude, hit.longitude))
        return _drop_repeats(hits)[:limit]

    def resolve(self, text: str, limit: int = 5) -> list[Sight]:
        """Return what "Name, Container, Country" stands for; the words of a container may also follow without a comma.

        A name whose container is known is looked for in it, and answered from elsewhere only without one.
        """
        parts = [part.strip() for part in text.split(",") if part.strip()][:6]
        if not parts:
            return []
        if len(parts) == 1:
            return self.find(parts[0], limit=limit) or self._with_last_words(parts[0], limit)
        hits = self.find(parts[0], find_containers(parts[1:]), limit=limit * 4)
        held = [hit for hit in hits if hit.contained]
        return (held or ([] if find_containers(parts[1:]) else hits))[:limit]

    def prominent_near(self, latitude: float, longitude: float, radius_km: float = 0.5) -> Sight | None:
        """Return the nearest prominent sight within a radius (km) of a position (degrees)."""
        found = self.list_sights_near(latitude, longitude, radius_km)
        # A cathedral a little farther says more than the tablet beside it.
        return min(found, key=lambda sight: ((sight.km or 0.0) - 0.002 * sight.prominence, sight.name), default=None)

    def list_sights_near(self, latitude: float, longitude: float, radius_km: float) -> list[Sight]:
        """Return the prominent sights within a radius (km) of a position (degrees), each with its ``km``."""
        reach = round(radius_km / _KM_PER_DEGREE * MICRODEGREES)
        wide = round(reach / max(0.05, _compute_cosine(latitude)))
        y, x = round(latitude * MICRODEGREES), round(longitude * MICRODEGREES)
        rows = self._connection.execute(
            f"{_SELECT} JOIN positions ON positions.id = places.id WHERE south >= ? AND north <= ? AND west >= ? AND"
            " east <= ? AND kind = 'sight' AND prominence >= ? ORDER BY prominence DESC, places.id LIMIT ?",
            (y - reach, y + reach, x - wide, x + wide, _PROMINENT, _MOST_ROWS),
        ).fetchall()
        circle = [SearchCircle(latitude, longitude, radius_km)]
        found = [self._sight(row, 1.0, circle) for row in rows]
        return [sight for sight in found if sight.km is not None and sight.km <= radius_km]

    def _exact(self, key: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(
            f"{_SELECT} JOIN names ON names.place = places.id WHERE key = ? ORDER BY prominence DESC LIMIT ?",
            (key, _MOST_ROWS),
        ).fetchall()

    def _close(self, key: str) -> list[tuple[tuple[Any, ...], float]]:
        """Return rows of keys with few edits: of a name with one edit, one half is spelt correctly."""
        from rapidfuzz.distance import OSA

        if len(key) < _LEAST_SPELLING:
            return []
        most = max(1, len(key) // _EDIT_SHARE)
        middle = len(key) // 2
        across = key[: middle - 1] + key[middle] + key[middle - 1]  # the two letters between the halves, swapped
        found = self._beginning("key", key[:middle], len(key), most) + self._beginning("key", across, len(key), most)
        found += [(back[::-1], place) for back, place in self._beginning("back", key[middle:][::-1], len(key), most)]
        scored = {(OSA.distance(key, other, score_cutoff=most), place) for other, place in found}
        ordered = sorted((edits, place) for edits, place in scored if edits <= most)[:_MOST_SPELLINGS]
        best: dict[int, float] = {}
        for edits, place in ordered:
            best.setdefault(place, round(0.9 * (1 - edits / len(key)), 4))
        return [
            (row, score) for place, score in best.items()
            for row in self._connection.execute(f"{_SELECT} WHERE places.id = ?", (place,))
        ]  # fmt: skip

    def _beginning(self, column: str, half: str, letters: int, most: int) -> list[tuple[str, int]]:
        """Return names, forwards or backwards, that begin like this and have nearly as many letters: (name, place)."""
        return self._connection.execute(
            f"SELECT {column}, place FROM names WHERE {column} >= ? AND {column} < ?"
            f" AND length({column}) BETWEEN ? AND ? LIMIT ?",
            (half, half + _LAST, letters - most, letters + most, _MOST_CLOSE),
        ).fetchall()

    def _with_last_words(self, name: str, limit: int) -> list[Sight]:
        """ "Landstrasse Schaan": the last words may say where the first ones lie."""
        words = name.split()
        for cut in range(len(words) - 1, 0, -1):
            around = find_containers([" ".join(words[cut:])])
            held = (
                [hit for hit in self.find(" ".join(words[:cut]), around, limit=limit * 4) if hit.contained]
                if around
                else []
            )
            if held:
                return held[:limit]
        return []

    def _sight(self, row: tuple[Any, ...], score: float, near: list[SearchCircle]) -> Sight:
        name, kind, latitude, longitude, country, prominence, source = row
        away = [float(compute_great_circle_km((latitude, longitude), (one.latitude, one.longitude))) for one in near]
        contained = any(km <= one.radius_km * _REACH + _SLACK_KM for km, one in zip(away, near, strict=True))
        radius = RADIUS_KM[Kind(kind)]
        return Sight(
            name,
            kind,
            latitude,
            longitude,
            radius,
            country,
            prominence,
            source,
            score,
            contained,
            min(away, default=None),
        )


_SELECT = (
    "SELECT places.name, kind, latitude, longitude, country, prominence, sources.name FROM places"
    " JOIN sources ON sources.id = places.source"
)


def find_containers(names: list[str]) -> list[SearchCircle]:
    """Return the circles of what the words behind a name stand for, the narrowest part that is known alone."""
    for position, name in enumerate(names):
        entries = list(load_shipped().entries(make_key(name)))
        outer = [entry for other in names[position + 1 :] for entry in load_shipped().entries(make_key(other))]
        inside = [entry for entry in entries if any(set(entry.owners) & set(other.owners) for other in outer)]
        chosen: list[GazetteerEntry] = inside or entries
        if chosen:
            return [SearchCircle(entry.latitude, entry.longitude, entry.radius_km) for entry in chosen[:40]]
    return []


def _drop_repeats(hits: list[Sight]) -> list[Sight]:
    """Without the same place from another source or another piece of it: the same name within a kilometre."""
    kept: list[Sight] = []
    for hit in hits:
        same = (
            other for other in kept
            if make_key(other.name) == make_key(hit.name) and abs(other.latitude - hit.latitude) < 0.01
            and abs(other.longitude - hit.longitude) < 0.02
        )  # fmt: skip
        if next(same, None) is None:
            kept.append(hit)
    return kept


def _rank(hit: Sight) -> float:
    """Return the prominence, and of what lies in the container asked for also how near its middle; lower is better."""
    return -hit.prominence + (_PER_KM * hit.km if hit.contained and hit.km is not None else 0.0)


def _compute_cosine(latitude: float) -> float:
    return math.cos(math.radians(latitude))
