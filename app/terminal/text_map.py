"""Draw a map in characters: land and sea, the answer, its rival, the similar photos."""

import numpy as np

from sextant.base.json_types import Document, Json
from sextant.geo.borders import find_countries

COLUMNS, ROWS = 72, 22
LEAST_DEGREES = 12.0  # a map narrower than this shows nothing to know a place by


def draw_text_map(photo: Document) -> str:
    """Draw a map of the answer, its rival and the nearest photos; A answer, R rival, * similar photo."""
    answer = photo["answer"]
    if answer["best"] is None:
        return "No answer to draw yet."
    marks = [(item, "*") for item in photo["nearest"]]
    marks += [(answer["rival"], "R")] if answer["rival"] else []
    marks.append((answer["best"], "A"))
    shown = [place for place, letter in marks if letter != "*"] + photo["nearest"][:5]
    west, south, east, north = _compute_box(shown)
    longitudes = west + (np.arange(COLUMNS) + 0.5) * (east - west) / COLUMNS
    latitudes = north - (np.arange(ROWS) + 0.5) * (north - south) / ROWS
    cells = np.stack(np.broadcast_arrays(latitudes[:, None], longitudes[None, :]), axis=-1).reshape(-1, 2)
    grid = np.array(["·" if country else " " for country in find_countries(cells)], dtype=object).reshape(ROWS, COLUMNS)
    for place, letter in marks:
        row = int((north - place["latitude"]) / (north - south) * ROWS)
        column = int((place["longitude"] - west) / (east - west) * COLUMNS)
        if 0 <= row < ROWS and 0 <= column < COLUMNS:
            grid[row, column] = letter
    lines = ["".join(row).rstrip() for row in grid]
    frame = f"{north:.0f}° to {south:.0f}° latitude, {west:.0f}° to {east:.0f}° longitude"
    return "\n".join([*lines, f"A answer   R rival   * similar photo   · land      {frame}"])


def _compute_box(places: list[Json]) -> tuple[float, float, float, float]:
    latitudes = [place["latitude"] for place in places]
    longitudes = [place["longitude"] for place in places]
    middle = (min(latitudes) + max(latitudes)) / 2, (min(longitudes) + max(longitudes)) / 2
    tall = max(max(latitudes) - min(latitudes), (max(longitudes) - min(longitudes)) / 2, LEAST_DEGREES) * 1.3
    south, north = max(middle[0] - tall / 2, -90.0), min(middle[0] + tall / 2, 90.0)
    return max(middle[1] - tall, -180.0), south, min(middle[1] + tall, 180.0), north
