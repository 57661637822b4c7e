"""Map links: the position that a link to a map service holds, as a labelled pair."""

import re
from urllib.parse import parse_qsl, unquote_plus, urlsplit

_NUMBER = r"[+\-\u2212]?\d{1,3}(?:\.\d{1,30})?"
_URL = re.compile(r"https?://[^\s<>\"`\]|]{3,2000}", re.IGNORECASE)
_PAIR = re.compile(rf"(?:loc:|geo:|point\.)?\s?({_NUMBER})\s?(?:[,~;]\s?|[_\s])({_NUMBER})(?![\d.]\d)")
# The parameters in which map services keep a marked point come before those of the middle of the map.
_MARKS = ("pt", "sp", "coordinate", "coordinates", "destination", "daddr", "viewpoint", "cbll", "loc", "location")
_QUERIES = ("q", "query", "address", "to", "whatshere[point]")
_MIDDLES = ("ll", "sll", "cp", "center", "centre", "c", "map", "at", "latlng", "latlon")
_LATITUDES = ("mlat", "lat", "latitude")
_LONGITUDES = ("mlon", "mlng", "lon", "lng", "long", "longitude")
_LONGITUDE_FIRST = re.compile(r"(?:^|\.)(?:(?:maps\.)?yandex\.[a-z.]{2,6}|2gis\.[a-z]{2,6}|kepler\.gl)$")
_X_AND_Y = re.compile(r"(?:^|\.)mapy\.(?:cz|com)$")
# Positions of these services lie up to a kilometre off WGS84, in a datum of their own.
_OTHER_DATUM = re.compile(r"(?:^|\.)(?:baidu\.com|amap\.com|gaode\.com|autonavi\.com|map\.qq\.com)$")
_GOOGLE_MARK = re.compile(rf"!3d({_NUMBER})!4d({_NUMBER})")
_GOOGLE_EMBED = re.compile(rf"!2d({_NUMBER})!3d({_NUMBER})")
_PATH = re.compile(rf"/(?:@|loc:)?({_NUMBER}),\s?({_NUMBER})")
_DECIMALS = re.compile(r"\d\.\d")
_HASH = re.compile(rf"(?:^|map=|/)\d{{1,2}}(?:\.\d{{1,3}})?/({_NUMBER})/({_NUMBER})")
_GEOHACK = re.compile(r"((?:\d{1,3}(?:\.\d{1,12})?_){1,3})([NS])_((?:\d{1,3}(?:\.\d{1,12})?_){1,3})([EW])")
_OSM_SHORT = re.compile(r"(?:osm\.org|openstreetmap\.org)/go/([A-Za-z0-9_@~-]{3,12})")
_OSM_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_~"


def rewrite_links(text: str) -> str:
    """Replace each map link by the position that it holds; a link without one stays."""
    return _URL.sub(lambda found: _read(found[0].rstrip("').,;")) or found[0], text)


def _read(link: str) -> str | None:
    try:
        parts = urlsplit(link)
        fields = {name.lower(): value.strip() for name, value in parse_qsl(parts.query.replace("&amp;", "&"))}
    except ValueError:
        return None
    host = (parts.hostname or "").lower()
    if _OTHER_DATUM.search(host):
        return " "
    if short := _OSM_SHORT.search(link):
        return _decode_osm_short(short[1])
    if _X_AND_Y.search(host) and "x" in fields and "y" in fields:
        return _write(fields["y"], fields["x"])
    # A link in another host's query ("?url=https://…") is not looked into.
    swapped = bool(_LONGITUDE_FIRST.search(host))
    path = unquote_plus(parts.path)
    return (
        _find_marked(fields, path, swapped)
        or _match(_HASH, unquote_plus(parts.fragment), swapped=False)
        or _find_first(fields, _MIDDLES, swapped)
        or _match(_PATH, path, swapped)
    )


def _find_marked(fields: dict[str, str], path: str, swapped: bool) -> str | None:
    """Return the point that the link marks."""
    latitude = next((fields[name] for name in _LATITUDES if name in fields), None)
    longitude = next((fields[name] for name in _LONGITUDES if name in fields), None)
    if latitude and longitude:
        return _write(latitude, longitude)
    if found := _GEOHACK.search(fields.get("params", "")):
        return f" {_join_degrees(found[1])} {found[2]}, {_join_degrees(found[3])} {found[4]} "
    mark = _match(_GOOGLE_MARK, path) or _match(_GOOGLE_EMBED, f"{path} {fields.get('pb', '')}", swapped=True)
    return mark or _find_first(fields, (*_MARKS, *_QUERIES), swapped) or _find_degrees(path)


def _find_degrees(path: str) -> str | None:
    """Return degrees, minutes and seconds in the path of a place: ``/place/41°54'10.1"N 12°29'47.0"E``."""
    found = re.search(r"/place/([^/@]{0,20}°[^/@]{0,60})", path)
    return f" {found[1]} " if found else None


def _find_first(fields: dict[str, str], names: tuple[str, ...], swapped: bool) -> str | None:
    for name in names:
        value = fields.get(name, "")
        if "°" in value:
            return f" {value} "
        if found := _match(_PAIR, value, swapped):
            return found
    return None


def _match(pattern: re.Pattern[str], text: str, swapped: bool = False) -> str | None:
    found = pattern.search(text)
    if found is None or _DECIMALS.search(found[0]) is None:
        return None
    return _write(found[2], found[1]) if swapped else _write(found[1], found[2])


def _write(latitude: str, longitude: str) -> str:
    return f" latitude: {latitude}, longitude: {longitude} "


def _join_degrees(parts: str) -> str:
    return "".join(f"{part}{mark}" for part, mark in zip(parts.strip("_").split("_"), "°'\"", strict=False))


def _decode_osm_short(code: str) -> str | None:
    """Decode an OpenStreetMap short link: a letter has three bits of longitude and three of latitude."""
    longitude = latitude = 0
    letters = code.replace("@", "~").rstrip("-")
    for letter in letters:
        if letter not in _OSM_ALPHABET:
            return None
        bits = _OSM_ALPHABET.index(letter)
        for shift in (5, 3, 1):
            longitude = longitude << 1 | bits >> shift & 1
            latitude = latitude << 1 | bits >> (shift - 1) & 1
    cells = 1 << 3 * len(letters)
    return _write(f"{(latitude + 0.5) / cells * 180 - 90:.6f}", f"{(longitude + 0.5) / cells * 360 - 180:.6f}")
