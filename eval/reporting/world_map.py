"""Draw a world map with one dot per photo, coloured by its error."""

from collections.abc import Sequence

from sextant.base.documents.record import EvaluationRecord
from sextant.geo.svg_map import draw_dot, draw_svg, make_world_window

NORTH, SOUTH = 84.0, -60.0  # Antarctica has no photos and takes a quarter of the map
BELT = make_world_window(1000.0, SOUTH, NORTH)

# Errors by class, the colours' names in the page's style sheet.
CLASSES = ((25.0, "hit", "under 25 km"), (200.0, "near", "25 to 200 km"), (2500.0, "far", "200 to 2,500 km"))
LOST, UNANSWERED = ("lost", "over 2,500 km"), ("none", "no answer")


def classify_error(distance_km: float | None) -> tuple[str, str]:
    """Return the class of an error and its label."""
    if distance_km is None:
        return UNANSWERED
    return next(((name, words) for below, name, words in CLASSES if distance_km < below), LOST)


def list_legend() -> list[tuple[str, str]]:
    """Return all classes and their words, best first."""
    return [*((name, words) for _, name, words in CLASSES), LOST, UNANSWERED]


def draw_error_map(lines: Sequence[EvaluationRecord]) -> str:
    """Draw every photo at its true place, coloured by its error; the pointer reads which and how far."""
    order = [name for name, _ in list_legend()]
    ranked = sorted(lines, key=lambda line: (-order.index(classify_error(line["distance_km"])[0]), line["image"]))
    dots = []
    for line in ranked:
        name, _ = classify_error(line["distance_km"])
        away = "no answer" if line["distance_km"] is None else f"{line['distance_km']:,.1f} km off"
        dots.append(draw_photo_dot(line, name, f"{line['image']}: {away}"))
    return draw_photo_map(dots, "World map of errors")


def draw_photo_dot(line: EvaluationRecord, kind: str, words: str) -> str:
    """Draw one photo on the map; beyond the belt that is drawn it stands at its edge."""
    latitude = min(max(line["latitude"], SOUTH), NORTH)
    return draw_dot(BELT, {"latitude": latitude, "longitude": line["longitude"]}, 3.2, kind, words)


def draw_photo_map(dots: Sequence[str], title: str) -> str:
    """Draw the map with these dots."""
    return draw_svg(BELT, dots, title)
