"""Rewrite foreign notations of coordinates into those that the parser reads.

Well-known text, KML, XML tags, LaTeX, map links, aviation notation, plus codes, MGRS, geohashes, UTM; hemispheres and
labels that stand apart from their number, or in other languages. Every rule is a bounded pattern, applied only where
its sign occurs, so that rewriting is linear in the text.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import unquote

_NUMBER = r"[+\-\u2212\u2013]?\d{1,3}(?:[.,]\d{1,30})?"
_POINT = r"([+\-\u2212]?\d{1,3}(?:\.\d{1,30})?)"
_LAT = r"(?:lat(?:itud(?:e|ine)?)?)"
_LON = r"(?:lon(?:g(?:itud(?:e|ine)?)?)?|lng)"


def _format_pair(latitude: str, longitude: str) -> str:
    return f" latitude: {latitude}, longitude: {longitude} "


# Words for the hemispheres, and for latitude and longitude, in languages whose words the reader does not know itself.
_HEMISPHERES = {
    "N": r"nördliche[rn]?|noorder|nordlig|norr|nord|norte|north(?:ern)?|kuzey"
    r"|северн\w{1,4}|північн\w{1,4}|północn\w{1,4}",
    "S": r"südliche[rn]?|zuider|sydlig|söder|sud|sur|sul|south(?:ern)?|güney"
    r"|южн\w{1,4}|південн\w{1,4}|południow\w{1,4}",
    "E": r"östliche[rn]?|ooster|østlig|öster|este|est|leste|east(?:ern)?|doğu"
    r"|восточн\w{1,4}|східн\w{1,4}|wschodni\w{0,4}",
    "W": r"westliche[rn]?|wester|vestlig|väster|ouest|oeste|ovest|west(?:ern)?|batı"
    r"|западн\w{1,4}|західн\w{1,4}|zachodni\w{0,4}",
}
_LETTER = {re.compile(rf"(?:{words})", re.IGNORECASE): letter for letter, words in _HEMISPHERES.items()}
_ANY = "|".join(_HEMISPHERES.values())
_LENGTHS = (
    r"breite|länge|breedte|lengte|bredd(?:e|en)?|längd(?:en)?|lengde|latitud(?:e|ine)?|longitud(?:e|ine)?"
    r"|широты|долготы|довготи|enlem|boylam|szerokości(?: geograficznej)?|długości(?: geograficznej)?"
)
_NUMBER_END = r"""(?P<number>\d["'°\u2032\u2033\u00ba]{0,2})"""
# "33,87° südlicher Breite"
_INFLECTED = re.compile(rf"{_NUMBER_END}\s{{0,3}}(?P<word>{_ANY})\s{{0,2}}(?:{_LENGTHS})(?![^\W\d_])", re.IGNORECASE)
# "33,45° de latitud sur"
_REVERSED = re.compile(
    rf"{_NUMBER_END}\s{{0,3}}(?:(?:de|di|da|of|en)\s)?(?:{_LENGTHS})\s(?P<word>{_ANY})(?![^\W\d_])", re.IGNORECASE
)
# "33.87 (South)", "37.8, South;", "$33.87°$ S"
_APART = re.compile(
    rf"{_NUMBER_END}(?:\s{{0,2}}\(\s?(?P<word>{_ANY}|[NSEW])\s?\)|\s?,\s?(?P<bare>{_ANY})(?=\s{{0,2}}(?:[;,.)\n]|$)))",
    re.IGNORECASE,
)
# "South latitude: 37.8"
_BEFORE = re.compile(
    rf"(?<![^\W\d_])(?P<word>{_ANY})\s(?P<label>{_LAT}|{_LON})\s{{0,2}}[:=]?\s{{0,2}}(?P<number>\d{{1,3}}(?:[.,]\d{{1,30}})?°?)",
    re.IGNORECASE,
)
# "33.87°南", "北纬" and its kind are known; 위도 and others are labels.
_CJK = re.compile(r"(\d°?)\s?([北南东東西])(?![纬緯经經京海部])")
_CJK_LETTER = {"北": "N", "南": "S", "东": "E", "東": "E", "西": "W"}
_KOREAN = {"북위": " N", "남위": " S", "동경": " E", "서경": " W"}
_LABELS = {
    "latitude": (
        "위도|خط العرض|دائرة العرض|عرض جغرافیایی|अक्षांश|ละติจูด|enlem|szerokość(?: geograficzna)?|zeměpisná šířka|šířka"
        "|γεωγραφικό πλάτος|πλάτος|vĩ độ|lintang|szélesség|leveysaste|leveyspiiri|קו רוחב"
        "|breddgrad|breddegrad|latitudin[ei]"
    ),
    "longitude": (
        "경도|خط الطول|طول جغرافیایی|देशांतर|ลองจิจูด|boylam|długość(?: geograficzna)?|zeměpisná délka|délka|довгота"
        "|γεωγραφικό μήκος|μήκος|kinh độ|bujur|hosszúság|pituusaste|pituuspiiri|קו אורך"
        "|längdgrad|lengdegrad|longitudin[ei]"
    ),
}
_LABEL_WORDS = {
    name: re.compile(rf"(?<![^\W\d_])(?:{words})(?![^\W\d_])", re.IGNORECASE) for name, words in _LABELS.items()
}

_PLAIN_LABELS = ("enlem", "boylam", "lintang", "bujur", "leveys", "pituus", "degrad", "latitudin", "longitudin")
_DIGIT = re.compile(r"\d")
# A decimal number with a word, a bracket or a comma close behind it: where a hemisphere may stand.
_NUMBER_AND_WORD = re.compile(r"""\d["'°\u2032\u2033\u00ba]{0,2}(?:\s{0,3}\(|\s?,\s?[^\W\d_]|\s{0,3}[^\W\d_]{3})""")

_WKT = re.compile(rf"(?i:POINT)\s?(?i:Z|M|ZM)?\s?\(\s{{0,3}}{_POINT}[\s,]{{1,3}}{_POINT}[^()]{{0,40}}\)")
_KML = re.compile(rf"<coordinates>\s{{0,9}}{_POINT}\s?,\s?{_POINT}[^<>]{{0,40}}</coordinates>", re.IGNORECASE)
_XML = re.compile(
    rf"<\s?(?:\w{{1,20}}:)?({_LAT}|{_LON})(?:\s[^<>]{{0,60}})?>\s{{0,9}}({_NUMBER}[^<>]{{0,20}})</[^<>]{{1,30}}>",
    re.IGNORECASE,
)
_XML_ATTRIBUTES = re.compile(rf"""\blat\s?=\s?["']{_POINT}["']\s{{1,9}}lon\s?=\s?["']{_POINT}["']""", re.IGNORECASE)
_ORDER_AFTER = re.compile(
    rf"{_POINT}°?\s?[,;/ ]\s?{_POINT}°?\s?[)\]]?\s{{0,2}}[(\[]\s?(?:{_LON})\s?[,/]\s?(?:{_LAT})\s?[)\]]", re.IGNORECASE
)
_LABEL_AFTER = re.compile(rf"({_NUMBER}°?)\s?\(\s?({_LAT}|{_LON})\s?\)", re.IGNORECASE)
_DOTTED_LABEL = re.compile(r"\b(lat|lon|long|lng)\.(?=\s{0,2}[:=]?\s{0,2}[+\-\u2212]?\d)", re.IGNORECASE)
_AVIATION = re.compile(
    r"(?<![\d-])(\d{1,2})-(\d{1,2}(?:\.\d{1,6})?)(?:-(\d{1,2}(?:\.\d{1,6})?))?\s?([NS])[\s,/;]{1,3}"
    r"(\d{1,3})-(\d{1,2}(?:\.\d{1,6})?)(?:-(\d{1,2}(?:\.\d{1,6})?))?\s?([EW])(?![^\W\d_])"
)
_LATEX = re.compile(r"\\(?:mathrm|text|textrm|mathit|mathbf|operatorname|mbox)\s?\{([^{}]{0,40})\}")
_LATEX_SPACE = re.compile(r"\\[,;:! ]|\\quad|\\left|\\right|\$")
_GOOGLE = re.compile(rf"!3d{_POINT}!4d{_POINT}")
_AT = re.compile(
    rf"(?:/@|[?&/](?:q|ll|query|center|daddr|destination|cp|sll)=(?:loc:)?){_POINT}[,~+ ]\s?{_POINT}", re.IGNORECASE
)
_OSM = re.compile(rf"#map=\d{{1,2}}(?:\.\d{{1,3}})?/{_POINT}/{_POINT}")
_MARKER = re.compile(rf"[?&]m?lat=({_NUMBER})&(?:amp;)?m?lo?ng?=({_NUMBER})", re.IGNORECASE)
_PLUS_CODE = re.compile(r"(?<![\w+])([23456789CFGHJMPQRVWX]{8}\+[23456789CFGHJMPQRVWX]{2,5})(?!\w)")
_MGRS = re.compile(r"(?<![\w.])(\d{1,2}[C-HJ-NP-X])\s?([A-HJ-NP-Z][A-HJ-NP-V])\s?(\d{5})\s?(\d{5})(?!\w)")
_UTM = re.compile(
    r"(?<![\w.])(?:zone\s)?(\d{1,2})\s?([C-HJ-NP-X])[,;:]?\s{1,3}(?:E(?:asting)?\s?[:=]?\s?)?(\d{6}(?:\.\d{1,6})?)\s?m?\s?E?[,;\s]{1,3}"
    r"(?:N(?:orthing)?\s?[:=]?\s?)?(\d{6,7}(?:\.\d{1,6})?)\s?m?\s?N?(?!\w)"
)
_GEOHASH = re.compile(r"\bgeo-?hash\W{1,6}([0-9bcdefghjkmnpqrstuvwxyz]{5,12})\b", re.IGNORECASE)
_BASE32 = "0123456789bcdefghjkmnpqrstuvwxyz"


def rewrite_notations(text: str) -> str:
    """Rewrite every notation that the reader does not know; text without any comes back as it is."""
    if _DIGIT.search(text) is None:
        return text
    for sign, rule in _RULES:
        if sign is None or sign in text:
            text = rule(text)
    return text


def _rewrite_links(text: str) -> str:
    if "%2C" in text or "%2c" in text:
        text = re.sub(r"\S{1,2000}%2[Cc]\S{0,2000}", lambda link: unquote(link[0]), text)
    for pattern in (_GOOGLE, _AT, _OSM, _MARKER):
        text = pattern.sub(lambda found: _format_pair(found[1], found[2]), text)
    return text


def _rewrite_latex(text: str) -> str:
    text = _LATEX.sub(r"\1", text.replace("\\degree", "°").replace("^{\\circ}", "°").replace("^\\circ", "°"))
    return _LATEX_SPACE.sub(
        " ", text.replace("^{\\prime\\prime}", '"').replace("^{\\prime}", "'").replace("\\prime", "'")
    )


def _strip_markup(text: str) -> str:
    text = _KML.sub(lambda found: _format_pair(found[2], found[1]), text)
    text = _XML_ATTRIBUTES.sub(lambda found: _format_pair(found[1], found[2]), text)
    return _XML.sub(lambda found: f" {_find_axis(found[1])}: {found[2]}, ", text)


def _find_axis(word: str) -> str:
    return "latitude" if word.lower().startswith("lat") else "longitude"


def _rewrite_aviation(text: str) -> str:
    """Read "46-13.4N 004-26.2E" as degrees and minutes; "30-40N 5-8E" stays a range."""

    def write(found: re.Match[str]) -> str:
        low, high, south = found[1], found[2], found[3]
        west_low, west_high = found[5], found[6]
        exact = bool(south) or "." in high + west_high or float(high) < float(low) or float(west_high) < float(west_low)
        padded = west_low.startswith("0") and len(west_low) == 3
        if not (exact or padded) or float(high) >= 60 or float(west_high) >= 60:
            return found[0]
        seconds = [f'{part}"' if part else "" for part in (found[3], found[7])]
        return f"{low}°{high}'{seconds[0]}{found[4]} {int(west_low)}°{west_high}'{seconds[1]}{found[8]}"

    return _AVIATION.sub(write, text)


def _rewrite_hemispheres(text: str) -> str:
    if _NUMBER_AND_WORD.search(text) is None and "titud" not in text:
        return text
    for pattern in (_INFLECTED, _REVERSED):
        text = pattern.sub(lambda found: f"{found['number']} {_find_letter(found['word'])}", text)
    text = _APART.sub(lambda found: f"{found['number']} {_find_letter(found['word'] or found['bare'])}", text)
    if "titud" not in text:
        return text
    return _BEFORE.sub(
        lambda found: f"{_find_axis(found['label'])}: {found['number']} {_find_letter(found['word'])}", text
    )


def _find_letter(word: str) -> str:
    if len(word) == 1:
        return word.upper()
    return next(letter for pattern, letter in _LETTER.items() if pattern.fullmatch(word))


def _translate_words(text: str) -> str:
    if text.isascii():
        return text
    text = _CJK.sub(lambda found: f"{found[1]} {_CJK_LETTER[found[2]]}", text)
    for word, letter in _KOREAN.items():
        text = text.replace(word, letter)
    return text


def _rewrite_labels(text: str) -> str:
    lower = text.lower()
    if not text.isascii() or any(word in lower for word in _PLAIN_LABELS):
        for name, pattern in _LABEL_WORDS.items():
            text = pattern.sub(name, text)
    if not any(word in lower for word in ("lat", "lon", "lng")):
        return text
    text = _LABEL_AFTER.sub(lambda found: f"{_find_axis(found[2])}: {found[1]}", text)
    return _DOTTED_LABEL.sub(r"\1 ", text)


def _rewrite_plus_codes(text: str) -> str:
    from openlocationcode import openlocationcode

    def write(found: re.Match[str]) -> str:
        if not openlocationcode.isFull(found[1]):
            return found[0]
        area = openlocationcode.decode(found[1])
        return _format_pair(f"{area.latitudeCenter:.6f}", f"{area.longitudeCenter:.6f}")

    return _PLUS_CODE.sub(write, text)


def _rewrite_grids(text: str) -> str:
    text = _MGRS.sub(lambda found: _convert_mgrs("".join(found.groups())) or found[0], text)
    return _UTM.sub(lambda found: _convert_utm(found) or found[0], text)


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


def _rewrite_geohashes(text: str) -> str:
    return _GEOHASH.sub(lambda found: _decode_geohash(found[1].lower()), text)


def _decode_geohash(code: str) -> str:
    """Return the middle of a geohash's cell: bits alternate between longitude and latitude and halve the range."""
    ends = [[-180.0, 180.0], [-90.0, 90.0]]
    bits = [(_BASE32.index(letter) >> shift) & 1 for letter in code for shift in range(4, -1, -1)]
    for number, bit in enumerate(bits):
        low, high = ends[number % 2]
        ends[number % 2] = [(low + high) / 2, high] if bit else [low, (low + high) / 2]
    longitude, latitude = (sum(pair) / 2 for pair in ends)
    return _format_pair(f"{latitude:.6f}", f"{longitude:.6f}")


_RULES: tuple[tuple[str | None, Callable[[str], str]], ...] = (
    ("http", _rewrite_links),
    ("\\", _rewrite_latex),
    ("<", _strip_markup),
    ("(", lambda text: _WKT.sub(lambda found: _format_pair(found[2], found[1]), text)),
    (None, lambda text: _ORDER_AFTER.sub(lambda found: _format_pair(found[2], found[1]), text)),
    ("-", _rewrite_aviation),
    ("+", _rewrite_plus_codes),
    (None, _rewrite_grids),
    ("eo", _rewrite_geohashes),
    (None, _translate_words),
    (None, _rewrite_labels),
    (None, _rewrite_hemispheres),
)
