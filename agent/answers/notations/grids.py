"""Grid codes: plus codes, MGRS, UTM and geohashes, as a labelled pair."""

import re
from functools import cache
from typing import Any

_PLUS_CODE = re.compile(r"(?<![\w+])([23456789CFGHJMPQRVWX]{8}\+[23456789CFGHJMPQRVWX]{2,5})(?!\w)")
_MGRS = re.compile(r"(?<![\w.])(\d{1,2}[C-HJ-NP-X])\s?([A-HJ-NP-Z][A-HJ-NP-V])\s?(\d{5})\s?(\d{5})(?!\w)")
_UTM = re.compile(
    r"(?<![\w.])(?:zone\s)?(\d{1,2})\s?([C-HJ-NP-X])[,;:]?\s{1,3}(?:E(?:asting)?\s?[:=]?\s?)?(\d{6}(?:\.\d{1,6})?)\s?m?\s?E?[,;\s]{1,3}"
    r"(?:N(?:orthing)?\s?[:=]?\s?)?(\d{6,7}(?:\.\d{1,6})?)\s?m?\s?N?(?!\w)"
)
_GEOHASH = re.compile(r"\bgeo-?hash\W{1,6}([0-9bcdefghjkmnpqrstuvwxyz]{5,12})\b", re.IGNORECASE)
_BASE32 = "0123456789bcdefghjkmnpqrstuvwxyz"


def rewrite_grids(text: str) -> str:
    """Replace each code that names a cell of a grid by the middle of the cell."""
    if "+" in text:
        text = _rewrite_plus_codes(text)
    text = _MGRS.sub(lambda found: _convert_mgrs("".join(found.groups())) or found[0], text)
    text = _UTM.sub(lambda found: _convert_utm(found) or found[0], text)
    return _GEOHASH.sub(lambda found: _decode_geohash(found[1].lower()), text)


def _format_pair(latitude: str, longitude: str) -> str:
    return f" latitude: {latitude}, longitude: {longitude} "


def _rewrite_plus_codes(text: str) -> str:
    from openlocationcode import openlocationcode

    def write(found: re.Match[str]) -> str:
        if not openlocationcode.isFull(found[1]):
            return found[0]
        area = openlocationcode.decode(found[1])
        return _format_pair(f"{area.latitudeCenter:.6f}", f"{area.longitudeCenter:.6f}")

    return _PLUS_CODE.sub(write, text)


def _convert_mgrs(code: str) -> str | None:
    import mgrs

    try:
        latitude, longitude = mgrs.MGRS().toLatLon(code)
    except mgrs.MGRSError:
        return None
    return _format_pair(f"{latitude:.6f}", f"{longitude:.6f}")


def _convert_utm(found: re.Match[str]) -> str | None:
    zone, band, easting, northing = int(found[1]), found[2], float(found[3]), float(found[4])
    if not 1 <= zone <= 60 or not 100_000 <= easting <= 900_000:
        return None
    longitude, latitude = _load_utm(zone, band >= "N").transform(easting, northing)
    return _format_pair(f"{latitude:.6f}", f"{longitude:.6f}") if abs(latitude) <= 84 else None


@cache
def _load_utm(zone: int, north: bool) -> Any:
    from pyproj import Transformer

    return Transformer.from_crs((32600 if north else 32700) + zone, 4326, always_xy=True)


def _decode_geohash(code: str) -> str:
    """Return the middle of a geohash's cell: bits alternate between longitude and latitude and halve the range."""
    ends = [[-180.0, 180.0], [-90.0, 90.0]]
    bits = [(_BASE32.index(letter) >> shift) & 1 for letter in code for shift in range(4, -1, -1)]
    for number, bit in enumerate(bits):
        low, high = ends[number % 2]
        ends[number % 2] = [(low + high) / 2, high] if bit else [low, (low + high) / 2]
    longitude, latitude = (sum(pair) / 2 for pair in ends)
    return _format_pair(f"{latitude:.6f}", f"{longitude:.6f}")
