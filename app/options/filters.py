"""Options that select which gallery photos may be references, and the Filters they make."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sextant.base.errors import WrongUse

if TYPE_CHECKING:
    from sextant.gallery.search.areas import SearchArea
    from sextant.gallery.search.filters import Filters

Command = TypeVar("Command", bound=Callable[..., Any])


def add_filter_options(command: Command) -> Command:
    """Add the options for authors, near-duplicates, areas, countries, distance and distinct places."""
    area = "Box south,west,north,east in degrees, or a GeoJSON file."
    options = [
        click.option(
            "--exclude-author",
            "authors",
            multiple=True,
            metavar="NAME",
            help="Exclude this photographer's photos (repeatable).",
        ),
        click.option("--exclude-duplicates", is_flag=True, help="Exclude near-duplicates of the photo, and list them."),
        click.option("--inside", multiple=True, metavar="AREA", help=f"Only photos taken in AREA. {area}"),
        click.option("--outside", multiple=True, metavar="AREA", help="Exclude photos taken in AREA."),
        click.option("--country", "countries", multiple=True, metavar="CODE", help="Only photos of this country."),
        click.option(
            "--exclude-country",
            "exclude_countries",
            multiple=True,
            metavar="CODE",
            help="Exclude photos of this country.",
        ),
        click.option("--away-from", metavar="LAT,LON,KM", help="Only photos at least KM kilometres from a position."),
        click.option(
            "--distinct-km",
            type=click.FloatRange(0),
            help="Show only one of several photos closer together than this, in km.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def make_filters(options: dict[str, Any], phash: str | None) -> "Filters":
    """Make Filters of parsed options; ``phash`` is the query photo's.

    Raises:
        WrongUse: an area, a position or a country code is invalid.
    """
    from sextant.gallery.search.filters import DUPLICATE_BITS, DUPLICATE_COSINE, Filters

    duplicates = options["exclude_duplicates"]
    place = _parse_numbers(options["away_from"], 3, "--away-from", "LAT,LON,KM") if options["away_from"] else None
    return Filters(
        exclude_authors=tuple(options["authors"]),
        query_phash=phash,
        duplicate_bits=DUPLICATE_BITS if duplicates else None,
        duplicate_cosine=DUPLICATE_COSINE if duplicates else None,
        inside=tuple(_read_area(text) for text in options["inside"]),
        outside=tuple(_read_area(text) for text in options["outside"]),
        countries=tuple(_parse_code(text) for text in options["countries"]),
        exclude_countries=tuple(_parse_code(text) for text in options["exclude_countries"]),
        away_from=(place[0], place[1]) if place else None,
        min_km=place[2] if place else 0.0,
        distinct_km=options["distinct_km"],
    )


def _read_area(text: str) -> "SearchArea":
    from pathlib import Path

    from sextant.gallery.search.areas import SearchArea

    if Path(text).is_file():
        return SearchArea.from_geojson(Path(text).read_text(encoding="utf-8"))
    south, west, north, east = _parse_numbers(text, 4, "area", "south,west,north,east, or name a GeoJSON file")
    return SearchArea.from_box(south, west, north, east)


def _parse_numbers(text: str, count: int, name: str, form: str) -> list[float]:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) != count:
        raise WrongUse(f"invalid {name} {text!r}: expected {form}")
    return values


def _parse_code(text: str) -> str:
    if len(text) != 2 or not text.isalpha():
        raise WrongUse(f"invalid country code {text!r}: expected two letters, such as FR")
    return text.upper()
