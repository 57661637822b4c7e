"""Detect which importer a file needs, by its name and its first line."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sextant.atlas.gazetteer.feature import Alias, Feature, PlacesSourceError, UnreadableLine
from sextant.atlas.importers import geonames, osm, table, wikipedia
from sextant.atlas.importers.text import open_text, strip_endings


@dataclass(frozen=True)
class PlacesSource:
    """A file, how it is read, and under which licence it is published."""

    path: Path
    format: str
    licence: str
    read: Callable[[Path], Iterator[Feature | Alias | UnreadableLine]]
    adds_names: bool = False
    """Whether it only adds names to the features of an earlier file."""


def detect_source(path: Path) -> PlacesSource:
    """Return the source that a file is.

    Raises:
        PlacesSourceError: it is missing, or in no known format.
    """
    if not path.is_file():
        raise PlacesSourceError(f"{str(path)!r} is not a file; give a downloaded gazetteer such as allCountries.zip")
    name = strip_endings(path)
    if name.endswith((".osm.pbf", ".osm", ".pbf")):
        return PlacesSource(path, "OpenStreetMap", osm.LICENCE, osm.read_features)
    if name.endswith(".sql"):
        if "geo_tags" in name:
            return PlacesSource(path, "Wikipedia", wikipedia.LICENCE, wikipedia.read_features)
        raise PlacesSourceError(
            f"{str(path)!r} is a dump without positions; give the geo_tags dump, with the page dump beside it"
        )
    if "alternatenames" in name:
        return PlacesSource(path, "GeoNames names", geonames.LICENCE, geonames.read_aliases, adds_names=True)
    with open_text(path) as file:
        first = file.readline(100_000)
    if "\0" in first:
        raise PlacesSourceError(
            f"{str(path)!r} is not a known gazetteer; use GeoNames, Wikipedia or Wikidata files, .osm.pbf or CSV"
        )
    if first.count("\t") == geonames.COLUMNS - 1 and first.split("\t")[0].isdigit():
        return PlacesSource(path, "GeoNames", geonames.LICENCE, geonames.read_features)
    if table.is_wikidata(path):
        return PlacesSource(path, "Wikidata", table.WIKIDATA_LICENCE, table.read_features)
    return PlacesSource(path, "CSV", table.LICENCE, table.read_features)
