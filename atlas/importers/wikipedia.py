"""Import Wikipedia's `geo_tags` and `page` dumps: articles with positions; CC BY-SA 4.0."""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sextant.atlas.gazetteer.feature import Feature, Kind, PlacesSourceError, UnreadableLine, is_valid_position
from sextant.atlas.importers.mysql import read_rows

LICENCE = "CC BY-SA 4.0, Wikipedia"
_TYPES = {
    "city": Kind.TOWN, "adm1st": Kind.REGION, "adm2nd": Kind.REGION, "adm3rd": Kind.REGION, "country": Kind.COUNTRY,
    "state": Kind.REGION, "river": Kind.WATER, "waterbody": Kind.WATER, "isle": Kind.REGION,
}  # fmt: skip
_TYPE_NAMES = ("", *_TYPES)
_PROMINENCE = 50  # an article of its own
_BRACKETS = re.compile(r"\s*\([^()]*\)$")


def read_features(path: Path) -> Iterator[Feature | UnreadableLine]:
    """Yield articles of namespace 0 with a primary position on Earth; the page dump lies beside the positions.

    Raises:
        PlacesSourceError: the page dump is missing.
    """
    pages = find_page_dump(path)
    order, latitudes, longitudes, types, countries, broken = _read_positions(path)
    yield from broken
    for row in read_rows(pages, "page", ("page_id", "page_namespace", "page_title", "page_is_redirect")):
        if isinstance(row, UnreadableLine):
            yield row
            continue
        if row[1] != "0" or row[3] == "1" or not row[0].isdigit():
            continue
        page = int(row[0])
        at = bisect_left(order, page)
        if at == len(order) or order[at] != page:
            continue
        title = row[2].replace("_", " ")
        short = _BRACKETS.sub("", title)
        shorter = short.partition(", ")[0]
        others = tuple(dict.fromkeys(name for name in (short, shorter) if name and name != title))
        kind = _TYPES.get(_TYPE_NAMES[types[at]], Kind.SIGHT)
        code = countries[at].decode() or None
        yield Feature(title, latitudes[at], longitudes[at], kind, code, 0, _PROMINENCE, others, page)


def find_page_dump(path: Path) -> Path:
    """Return the page dump that belongs to a dump of positions.

    Raises:
        PlacesSourceError: it does not lie beside it.
    """
    pages = path.with_name(path.name.replace("geo_tags", "page"))
    if pages == path or not pages.exists():
        raise PlacesSourceError(f"{str(path)!r} has positions without titles; put {pages.name!r} beside it")
    return pages


def _read_positions(
    path: Path,
) -> tuple[list[int], list[float], list[float], list[int], list[bytes], list[UnreadableLine]]:
    """Return columns by ascending page number; of several primary positions of a page the first."""
    numbers, latitudes, longitudes, types = array("q"), array("d"), array("d"), array("b")
    codes: list[bytes] = []
    known: dict[str, bytes] = {}
    broken: list[UnreadableLine] = []
    wanted = ("gt_page_id", "gt_globe", "gt_primary", "gt_lat", "gt_lon", "gt_type", "gt_country")
    for row in read_rows(path, "geo_tags", wanted):
        if isinstance(row, UnreadableLine):
            broken.append(row)
            continue
        if row[1] != "earth" or row[2] != "1":
            continue
        try:
            page, latitude, longitude = int(row[0]), float(row[3]), float(row[4])
        except ValueError:
            broken.append(UnreadableLine(0, f"position of page {row[0]} is not a number"))
            continue
        if not is_valid_position(latitude, longitude):
            continue
        numbers.append(page)
        latitudes.append(latitude)
        longitudes.append(longitude)
        types.append(_TYPE_NAMES.index(row[5]) if row[5] in _TYPE_NAMES else 0)
        codes.append(known.setdefault(row[6][:2], row[6][:2].encode("ascii", "ignore")))
    pages, first = np.unique(np.array(numbers, dtype=np.int64), return_index=True)
    picked = first.tolist()
    return (
        pages.tolist(), [latitudes[k] for k in picked], [longitudes[k] for k in picked], [types[k] for k in picked],
        [codes[k] for k in picked], broken,
    )  # fmt: skip
