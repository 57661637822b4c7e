"""The world with one dot a photo, drawn from the shipped outlines: no tiles, nothing fetched."""

from collections.abc import Sequence
from functools import lru_cache
from html import escape

from sextant.base.json_types import Json
from sextant.geo.borders import outlines

WIDTH, HEIGHT = 1000, 440
NORTH, SOUTH = 84.0, -60.0  # Antarctica has no photos and takes a quarter of the map

# Errors by class, the colours' names in the page's style sheet.
CLASSES = ((25.0, "hit", "under 25 km"), (200.0, "near", "25 to 200 km"), (2500.0, "far", "200 to 2,500 km"))
LOST, UNANSWERED = ("lost", "over 2,500 km"), ("none", "no answer")


def class_of(distance_km: float | None) -> tuple[str, str]:
    """The class of an error and its words."""
    if distance_km is None:
        return UNANSWERED
    return next(((name, words) for below, name, words in CLASSES if distance_km < below), LOST)


def legend() -> list[tuple[str, str]]:
    """All classes and their words, best first."""
    return [*((name, words) for _, name, words in CLASSES), LOST, UNANSWERED]


def error_map(lines: Sequence[Json]) -> str:
    """Every photo at its true place, coloured by its error; the pointer reads which and how far."""
    order = [name for name, _ in legend()]
    ranked = sorted(lines, key=lambda line: (-order.index(class_of(line["distance_km"])[0]), line["image"]))
    dots = []
    for line in ranked:
        name, _ = class_of(line["distance_km"])
        away = "no answer" if line["distance_km"] is None else f"{line['distance_km']:,.1f} km off"
        dots.append(dot(line["latitude"], line["longitude"], name, f"{line['image']}: {away}"))
    return drawn(dots, "World map of errors")


def dot(latitude: float, longitude: float, name: str, words: str) -> str:
    """One photo on the map."""
    x, y = place(latitude, longitude)
    return f'<circle class="{name}" cx="{x:.1f}" cy="{y:.1f}" r="3.2"><title>{escape(words)}</title></circle>'


def drawn(dots: Sequence[str], title: str) -> str:
    """The map with these dots."""
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title, quote=True)}"'
    return f'<svg class="map" xmlns="http://www.w3.org/2000/svg" {box}>{_land()}<g>{"".join(dots)}</g></svg>'


def place(latitude: float, longitude: float) -> tuple[float, float]:
    """Pixels of a position in degrees, plate carrée."""
    kept = min(max(latitude, SOUTH), NORTH)
    return (longitude + 180) / 360 * WIDTH, (NORTH - kept) / (NORTH - SOUTH) * HEIGHT


@lru_cache(maxsize=1)
def _land() -> str:
    rings = []
    for feature in outlines(tolerance_degrees=0.3)["features"]:
        for polygon in feature["geometry"]["coordinates"]:
            corners = [place(latitude, longitude) for longitude, latitude, *_ in polygon[0]]
            if max(y for _, y in corners) > min(y for _, y in corners):
                rings.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "Z")
    return f'<path class="land" d="{"".join(rings)}"/>'
