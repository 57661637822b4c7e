"""The page of a library: a map, and a table that sorts and filters. One file that opens offline."""

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from sextant.agent.answer_words import format_place_name
from sextant.app.library.outputs.kml import name_thumbnail
from sextant.app.library.outputs.placed import PlacedPhoto
from sextant.app.render.pages import TEMPLATES, render_page
from sextant.base.json_types import Json
from sextant.base.printable import make_printable
from sextant.geo.svg_map import draw_land, make_world_window

EMBEDDED = 3_000  # photos whose thumbnails are part of the page; those of larger libraries lie beside it
MOST_DOTS = 10_000  # of the map: more make every zoom take seconds
_WIDTH = 2_000.0  # pixels of the map that outlines are drawn for, so that coasts stay fine when zoomed in


class PageWriter:
    """Collects the rows of the page."""

    def __init__(self, folder: Path, embed: bool) -> None:
        """Begin a page.

        Args:
            folder: the library's, which holds the thumbnails.
            embed: make the thumbnails part of the page.
        """
        self._folder, self._embed = folder, embed
        self._rows: list[str] = []  # as JSON: 100,000 rows take 30 MB so, ten times as much as objects

    def add(self, photo: PlacedPhoto) -> None:
        """Add a photo's row."""
        best = photo.best
        row: dict[str, Any] = {"f": make_printable(photo.name), "s": photo.status, "h": make_printable(photo.headline)}
        if best:
            row |= {"a": round(best["latitude"], 5), "o": round(best["longitude"], 5)}
            row |= {
                "n": make_printable(format_place_name(best)),
                "p": photo.probability["25"],
                "q": photo.probability["200"],
            }
            row |= {"k": (photo.get_region("90") or {}).get("area_km2")}
        if photo.own["latitude"] is not None:
            row |= {"m": photo.own["verdict"], "d": photo.own["distance_km"], "g": photo.own["source"]}
        if photo.joint:
            row |= {"j": photo.joint["p_25_km"], "v": photo.joint["moved_km"], "x": not photo.joint["fits"]}
        thumbnail = name_thumbnail(photo)
        if thumbnail and (self._folder / thumbnail).is_file():
            content = (self._folder / thumbnail).read_bytes() if self._embed else b""
            row["t"] = base64.b64encode(content).decode() if self._embed else thumbnail
        self._rows.append(write_row(row))

    def render(self) -> str:
        """Return the page. Nothing in it is fetched; texts are set as text, never as markup."""
        return render_library_page(self._rows, self._embed)


def write_row(row: Json) -> str:
    """Return a row as it stands in the page."""
    # "<" is the one character by which a text in a script could end it.
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return text.encode("utf-8", "backslashreplace").decode()


def render_library_page(rows: Sequence[str], embed: bool, most_dots: int = MOST_DOTS) -> str:
    """Return the page of these rows, each as `write_row` returns it."""
    script = (TEMPLATES / "library.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    window = make_world_window(_WIDTH, -60.0, 85.0)
    return render_page(
        "library",
        count=len(rows),
        land=Markup(draw_land(window)),
        width=_WIDTH,
        height=window.height,
        data=Markup(f"[{','.join(rows)}]"),
        script=Markup(script),
        digest=digest,
        embed=embed,
        most_dots=most_dots,
    )
