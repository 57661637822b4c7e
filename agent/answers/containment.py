"""Tell whether one place of the gazetteer lies in another."""

from sextant.atlas.shipped import GazetteerEntry, load_shipped
from sextant.geo.sphere import compute_great_circle_km


def is_inside_either(a: GazetteerEntry, b: GazetteerEntry) -> bool:
    """Return whether one of two entries lies in the other."""
    return holds(a, b) or holds(b, a)


def holds(outer: GazetteerEntry, inner: GazetteerEntry) -> bool:
    """Return whether an entry lies in another, as far as their columns tell."""
    if outer is inner:
        return False
    if outer.kind == "country":
        return inner.kind != "country" and any(owner in outer.owners for owner in inner.owners)
    if outer.kind == "region" and (inner.kind == "division" or not outer.owners):
        return inner.kind in ("town", "division", "country") and _lies_within(outer, inner, 1.0)
    if outer.kind == "division":
        if inner.kind in ("country", "division") or outer.owners[0] not in inner.owners:
            return False
        if inner.kind == "region":
            return (outer.owners[0], outer.division) in load_shipped().divisions_around(inner)
        return inner.division == outer.division
    if inner.kind in ("country", "division") or not set(outer.owners) & set(inner.owners):
        return False
    if outer.kind in ("region", "county"):
        return _lies_within(outer, inner, 1.5)
    return inner.kind == "town" and inner.population < outer.population and _lies_within(outer, inner, 1.5)


def _lies_within(outer: GazetteerEntry, inner: GazetteerEntry, times: float) -> bool:
    if abs(outer.latitude - inner.latitude) * 111 > outer.radius_km * times + 10:
        return False
    apart = compute_great_circle_km((outer.latitude, outer.longitude), (inner.latitude, inner.longitude))
    return float(apart) <= outer.radius_km * times + 10
