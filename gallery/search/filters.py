"""Filters: which photos of a gallery may be references. All conditions apply together, near and far alike."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sextant.gallery.search.areas import SearchArea
from sextant.geo.sphere import compute_great_circle_km

DUPLICATE_BITS = 6  # of 64: at most this far apart, perceptual hashes are of the same picture scaled or recompressed
DUPLICATE_COSINE = 0.98


@dataclass(frozen=True)
class Filters:
    """Conditions on references.

    Attributes:
        exclude_authors: photographers whose photos stay out.
        exclude_sha256: files that stay out.
        query_phash: the query's perceptual hash, which near-duplicates are told by (16 hexadecimal digits).
        duplicate_bits: photos whose perceptual hash differs from the query's in at most this many bits are excluded.
        duplicate_cosine: photos at least this similar to the query stay out.
        inside: positions must lie in one of these areas.
        outside: positions must lie in none of these.
        countries: ISO codes; only photos taken there.
        exclude_countries: ISO codes; no photos taken there.
        away_from: (latitude, longitude) in degrees that photos must be ``min_km`` away from.
        min_km: see ``away_from``.
        distinct_km: one photo per place: photos closer than this to a better one are excluded.
    """

    exclude_authors: tuple[str, ...] = ()
    exclude_sha256: tuple[str, ...] = ()
    query_phash: str | None = None
    duplicate_bits: int | None = None
    duplicate_cosine: float | None = None
    inside: tuple[SearchArea, ...] = ()
    outside: tuple[SearchArea, ...] = ()
    countries: tuple[str, ...] = ()
    exclude_countries: tuple[str, ...] = ()
    away_from: tuple[float, float] | None = None
    min_km: float = 0.0
    distinct_km: float | None = None

    @property
    def narrow(self) -> bool:
        """Whether only a chosen part of the world remains, in which the gallery's outliers say nothing of the rest."""
        return bool(self.inside or self.countries)

    @property
    def open(self) -> bool:
        """Whether every photo passes."""
        return self == Filters(query_phash=self.query_phash)

    def sql(self) -> str | None:
        """Return the conditions a database can check beforehand; ``passes`` checks all of them exactly."""
        conditions = []
        if self.exclude_authors:
            conditions.append(f"(author IS NULL OR author NOT IN ({_quote(self.exclude_authors)}))")
        if self.exclude_sha256:
            conditions.append(f"sha256 NOT IN ({_quote(self.exclude_sha256)})")
        if self.countries:
            conditions.append(f"country_code IN ({_quote(self.countries)})")
        if self.exclude_countries:
            conditions.append(f"(country_code IS NULL OR country_code NOT IN ({_quote(self.exclude_countries)}))")
        if self.inside:
            conditions.append("(" + " OR ".join(area.sql() for area in self.inside) + ")")
        return " AND ".join(conditions) or None

    def passes(self, rows: pa.Table) -> NDArray[np.bool_]:
        """Return which rows (metadata columns) pass all filters but ``distinct_km`` and the duplicate rules."""
        good = np.ones(rows.num_rows, dtype=bool)
        good &= ~_make_membership_test(rows, "author", self.exclude_authors)
        good &= ~_make_membership_test(rows, "sha256", self.exclude_sha256)
        good &= ~_make_membership_test(rows, "country_code", self.exclude_countries)
        if self.countries:
            good &= _make_membership_test(rows, "country_code", self.countries)
        latitudes, longitudes = rows["latitude"].to_numpy(), rows["longitude"].to_numpy()
        if self.inside:
            good &= np.any([area.holds(latitudes, longitudes) for area in self.inside], axis=0)
        for area in self.outside:
            good &= ~area.holds(latitudes, longitudes)
        if self.away_from is not None and rows.num_rows:
            good &= compute_great_circle_km(np.column_stack([latitudes, longitudes]), self.away_from) >= self.min_km
        return good

    def duplicates(self, rows: pa.Table) -> NDArray[np.bool_]:
        """Return which rows are near-duplicates of the query, by perceptual hash or by cosine."""
        same = np.zeros(rows.num_rows, dtype=bool)
        if self.duplicate_bits is not None and self.query_phash is not None:
            bits = [measure_phash_distance(self.query_phash, phash) for phash in rows["phash"].to_pylist()]
            same |= np.array([value is not None and value <= self.duplicate_bits for value in bits], dtype=bool)
        if self.duplicate_cosine is not None:
            same |= rows["similarity"].to_numpy() >= self.duplicate_cosine
        return same

    def distinct(self, rows: pa.Table, count: int) -> list[int]:
        """Return indexes of the first ``count`` rows of which no two lie within ``distinct_km`` of each other."""
        if self.distinct_km is None:
            return list(range(min(count, rows.num_rows)))
        positions = np.column_stack([rows["latitude"].to_numpy(), rows["longitude"].to_numpy()])
        kept: list[int] = []
        for index in range(rows.num_rows):
            if len(kept) == count:
                break
            if not kept or float(np.min(compute_great_circle_km(positions[kept], positions[index]))) > self.distinct_km:
                kept.append(index)
        return kept


def measure_phash_distance(a: str | None, b: str | None) -> int | None:
    """Return in how many of their 64 bits two perceptual hashes differ; None if one is missing."""
    return (int(a, 16) ^ int(b, 16)).bit_count() if a and b else None


def _make_membership_test(rows: pa.Table, column: str, values: tuple[str, ...]) -> NDArray[np.bool_]:
    if not values:
        return np.zeros(rows.num_rows, dtype=bool)
    wanted = frozenset(values)
    return np.fromiter((value in wanted for value in rows[column].to_pylist()), dtype=bool, count=rows.num_rows)


def _quote(values: tuple[str, ...]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)
