"""Import GeoNames' `allCountries` and `alternateNamesV2`: tab-separated, as in its readme; CC BY 4.0."""

import math
from collections.abc import Iterator
from pathlib import Path

from sextant.atlas.gazetteer.feature import Alias, Feature, Kind, UnreadableLine, is_valid_position
from sextant.atlas.importers.text import open_text, read_lines

LICENCE = "CC BY 4.0, GeoNames (geonames.org)"
COLUMNS, NAME_COLUMNS = 19, 10
_CLASSES = {
    "A": Kind.REGION, "H": Kind.WATER, "L": Kind.SIGHT, "P": Kind.TOWN, "R": Kind.STREET, "S": Kind.SIGHT,
    "T": Kind.SIGHT, "V": Kind.SIGHT,
}  # fmt: skip
_CODES = {"PPLX": Kind.QUARTER, "PCLI": Kind.COUNTRY, "RGN": Kind.REGION, "ISL": Kind.REGION, "MTS": Kind.REGION}
# Feature codes of what people travel to see.
_SIGHT_CODES = (
    "MNMT CSTL MUS PAL RUIN TMPL CH MSQE HSTS ANS AMTH SQR BDG OPRA THTR STDM ZOO PRK RESN FLLS VLC ARCH PYR PYRS TOWR"
    " UNIV AIRP RSTN"
)
_SIGHTS = frozenset(_SIGHT_CODES.split())
_NO_NAMES = {"link", "post", "iata", "icao", "faac", "tcid", "unlc", "wkdt", "phon", "abbr", "fr_1793"}


def read_features(path: Path) -> Iterator[Feature | UnreadableLine]:
    """Yield the features of `allCountries.txt`, or of the file of one country."""
    with open_text(path) as file:
        for number, line in enumerate(read_lines(file), 1):
            fields = line.split("\t")
            if len(fields) != COLUMNS:
                if line.strip():
                    yield UnreadableLine(number, f"{len(fields)} columns instead of {COLUMNS}")
                continue
            yield _make_feature(fields, number)


def read_aliases(path: Path) -> Iterator[Alias | UnreadableLine]:
    """Yield the alternate names of `alternateNamesV2.txt`; a link to an article counts as prominence."""
    with open_text(path) as file:
        for number, line in enumerate(read_lines(file), 1):
            fields = line.split("\t")
            if len(fields) < 4 or not fields[1].isdigit():
                if line.strip():
                    yield UnreadableLine(number, "no geonameid in the second column")
                continue
            historic = len(fields) > 7 and fields[7] == "1"
            if fields[2] == "link":
                yield Alias(int(fields[1]), None, 15 if "wikipedia" in fields[3] else 0)
            elif fields[2] not in _NO_NAMES and fields[3].strip() and not historic:
                yield Alias(int(fields[1]), fields[3])


def _make_feature(fields: list[str], number: int) -> Feature | UnreadableLine:
    try:
        latitude, longitude = float(fields[4]), float(fields[5])
        ref, population = int(fields[0]), int(fields[14] or 0)
    except ValueError:
        return UnreadableLine(number, "geonameid, latitude, longitude or population is not a number")
    if not fields[1].strip() or not is_valid_position(latitude, longitude):
        return UnreadableLine(number, "no name or no position")
    others = tuple(name for name in (fields[2], *fields[3].split(",")) if name and name != fields[1])
    kind = _CODES.get(fields[7], _CLASSES.get(fields[6], Kind.SIGHT))
    prominence = min(60, 3 * len(others)) + round(4 * math.log10(population + 1)) + 20 * (fields[7] in _SIGHTS)
    return Feature(
        fields[1], latitude, longitude, kind, fields[8] or None, population, min(prominence, 100), others, ref
    )  # fmt: skip
