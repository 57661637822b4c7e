"""Notations of formats: well-known text, KML and XML, LaTeX, wiki templates, geo: URIs, NMEA, ISO 6709, aviation."""

import re

from sextant.agent.answers.notations.axis_words import find_axis_of_key

_NUMBER = r"[+\-\u2212\u2013]?\d{1,3}(?:[.,]\d{1,30})?"
_POINT = r"([+\-\u2212]?\d{1,3}(?:\.\d{1,30})?)"
_LAT = r"(?:lat(?:itud(?:e|ine)?)?)"
_LON = r"(?:lon(?:g(?:itud(?:e|ine)?)?)?|lng)"

_WKT = re.compile(rf"(?i:POINT)\s?(?i:Z|M|ZM)?\s?\(\s{{0,3}}{_POINT}[\s,]{{1,3}}{_POINT}[^()]{{0,40}}\)")
_KML = re.compile(rf"<coordinates>\s{{0,9}}{_POINT}\s?,\s?{_POINT}[^<>]{{0,40}}</coordinates>", re.IGNORECASE)
_XML = re.compile(
    rf"<\s?(?:\w{{1,20}}:)?([^\W\d]{{2,20}})(?:\s[^<>]{{0,60}})?>\s{{0,9}}({_NUMBER}[^<>]{{0,20}})</[^<>]{{1,30}}>"
)
_XML_ATTRIBUTE = re.compile(rf"""\b(?:data-)?({_LAT}|{_LON})\s?=\s?["']({_NUMBER})["']""", re.IGNORECASE)
_RDF = re.compile(rf"""\b\w{{1,20}}:({_LAT}|{_LON})\s{{1,3}}["']?({_NUMBER})["']?""", re.IGNORECASE)
_LONGITUDE_FIRST = re.compile(
    rf"\bLngLat\s?\(\s?{_POINT}\s?,\s?{_POINT}\s?\)|\bfromLonLat\(\[\s?{_POINT}\s?,\s?{_POINT}\s?\]\)"
)
_ORDER_AFTER = re.compile(
    rf"{_POINT}°?\s?[,;/ ]\s?{_POINT}°?\s?[)\]]?\s{{0,2}}[(\[]\s?(?:{_LON})\s?[,/]\s?(?:{_LAT})\s?[)\]]", re.IGNORECASE
)
_LABEL_AFTER = re.compile(rf"({_NUMBER}°?)\s?\(\s?({_LAT}|{_LON})\s?\)", re.IGNORECASE)
_DOTTED_LABEL = re.compile(r"\b(lat|lon|long|lng)\.(?=\s{0,2}[:=]?\s{0,2}[+\-\u2212]?\d)", re.IGNORECASE)
_GEO_URI = re.compile(rf"\bgeo:{_POINT},{_POINT}(?:,{_POINT})?(?:\?q={_POINT},{_POINT})?", re.IGNORECASE)
_PLUS_MINUS = re.compile(r"\s{0,2}\(?\s?(?:±|\+/[-−]|\\pm)\s?\d{1,4}(?:[.,]\d{1,12})?\s?(?:°|km\b|m\b)?\s?\)?")
_SPACED_MINUS = re.compile(
    r"([:=(,;][ \t]{0,3})[-\u2212\u2013][ \t](?=\d{1,3}(?:[.,]\d{1,30})?°?(?!\d|\s?°?\s?[NE]\b))"
)
_PIPED = re.compile(r"\{\{\s?coord\s?\|([^{}]{3,120})", re.IGNORECASE)
_NMEA = re.compile(r"(\d{2})(\d{2}\.\d{1,8}),([NS]),(\d{3})(\d{2}\.\d{1,8}),([EW])")
_PACKED = re.compile(
    r"(?<![\w.])(\d{2})(\d{2})(\d{2}(?:\.\d{1,4})?)?\s?([NS])[\s,/]{0,2}(\d{3})(\d{2})(\d{2}(?:\.\d{1,4})?)?\s?([EW])(?!\w)"
)
_ISO_6709 = re.compile(
    r"(?<![\w.])([+-])(\d{2})(\d{2})(\d{2}(?:\.\d{1,4})?)?([+-])(\d{3})(\d{2})(\d{2}(?:\.\d{1,4})?)?(?:[+-]\d{1,5}(?:\.\d{1,4})?)?/"
)
_LETTERED = re.compile(r"(?<!\w)([+-]?\d{1,3})\s?d\s?(\d{1,2})\s?m\s?(?:(\d{1,2}(?:\.\d{1,6})?)\s?s\b)?")
_AVIATION = re.compile(
    r"(?<![\d-])(\d{1,2})-(\d{1,2}(?:\.\d{1,6})?)(?:-(\d{1,2}(?:\.\d{1,6})?))?\s?([NS])[\s,/;]{1,3}"
    r"(\d{1,3})-(\d{1,2}(?:\.\d{1,6})?)(?:-(\d{1,2}(?:\.\d{1,6})?))?\s?([EW])(?![^\W\d_])"
)
_LATEX = re.compile(r"\\(?:mathrm|text|textrm|mathit|mathbf|operatorname|mbox)\s?\{([^{}]{0,40})\}")
_LATEX_SPACE = re.compile(r"\\[,;:! ]|\\quad|\\left|\\right|\$")
_ANGLE_MACRO = re.compile(
    r"\\ang\{([+-]?\d{1,3}(?:\.\d{1,12})?)(?:;(\d{1,2}(?:\.\d{1,6})?))?(?:;(\d{1,2}(?:\.\d{1,6})?))?\}"
)
_CJK = re.compile(r"(\d°?度?)\s?([北南东東西])(?![纬緯经經京海部])")
_CJK_LETTER = {"北": "N", "南": "S", "东": "E", "東": "E", "西": "W"}
# Words run together in these languages: no boundary before them.
_CJK_SIDES = {
    **dict.fromkeys(("北纬", "北緯", "북위"), "N"), **dict.fromkeys(("南纬", "南緯", "남위"), "S"),
    **dict.fromkeys(("东经", "東経", "東經", "동경"), "E"), **dict.fromkeys(("西经", "西経", "西經", "서경"), "W"),
}  # fmt: skip
_CJK_SIDE = re.compile(rf"(?:{'|'.join(_CJK_SIDES)})(?=\s?[:：]?\s?\d)")
_LISTED = re.compile(
    rf"((?:coordinates?|coords|position|location|gps)['\"]?\s?:)\s{{0,3}}\n\s{{0,8}}-\s{_POINT}\s{{0,3}}\n\s{{0,8}}-\s{_POINT}(?![\d.])",
    re.IGNORECASE,
)
_POINTED = re.compile(r"(?<![\w.])([NSEW]?\s?)(\d{1,3})\.(\d{2})['′](\d{2}(?:\.\d{1,4})?)[\"″]")
_KOREAN_PARTS = re.compile(r"(\d{1,3})\s?도\s?(\d{1,2}(?:\.\d{1,6})?)\s?분(?:\s?(\d{1,2}(?:\.\d{1,6})?)\s?초)?")
_KOREAN_DEGREES = re.compile(r"(\d)\s?도(?![^\W\d_])")


def rewrite_markup(text: str) -> str:
    """Rewrite the notations of formats as labelled pairs or degrees with a hemisphere."""
    if "±" in text or "+/" in text or "\\pm" in text:
        text = _PLUS_MINUS.sub(" ", text)
    if "\\" in text:
        text = _rewrite_latex(text)
    if "<" in text:
        text = _rewrite_tags(text)
    if "(" in text:
        text = _WKT.sub(lambda found: _format_pair(found[2], found[1]), text)
        text = _LONGITUDE_FIRST.sub(lambda found: _format_pair(found[2] or found[4], found[1] or found[3]), text)
    text = _ORDER_AFTER.sub(lambda found: _format_pair(found[2], found[1]), text)
    text = _GEO_URI.sub(_rewrite_geo_uri, text)
    text = _RDF.sub(lambda found: f"{_find_axis(found[1])}: {found[2]}", text)
    text = _PIPED.sub(_rewrite_piped, text)
    text = _rewrite_packed(text)
    text = _LISTED.sub(r"\1 \2, \3", text)
    text = _POINTED.sub(lambda found: f"{found[1]}{_format_sexagesimal(found[2], found[3], found[4])}", text)
    text = _SPACED_MINUS.sub(r"\1-", text)
    return text if text.isascii() else _rewrite_cjk(text)


def rewrite_labels(text: str) -> str:
    """Write "41.9 (latitude)" and "Lat. 41.9" as "latitude: 41.9"."""
    lower = text.lower()
    if not any(word in lower for word in ("lat", "lon", "lng")):
        return text
    text = _LABEL_AFTER.sub(lambda found: f"{_find_axis(found[2])}: {found[1]}", text)
    return _DOTTED_LABEL.sub(r"\1 ", text)


def _format_pair(latitude: str, longitude: str) -> str:
    return f" latitude: {latitude}, longitude: {longitude} "


def _find_axis(word: str) -> str:
    return "latitude" if word.lower().startswith("lat") else "longitude"


def _rewrite_latex(text: str) -> str:
    text = _ANGLE_MACRO.sub(lambda found: _format_sexagesimal(*found.groups()), text)
    text = _LATEX.sub(r"\1", text.replace("\\degree", "°").replace("^{\\circ}", "°").replace("^\\circ", "°"))
    return _LATEX_SPACE.sub(
        " ", text.replace("^{\\prime\\prime}", '"').replace("^{\\prime}", "'").replace("\\prime", "'")
    )


def _rewrite_tags(text: str) -> str:
    text = _KML.sub(lambda found: _format_pair(found[2], found[1]), text)
    text = _XML_ATTRIBUTE.sub(lambda found: f" {_find_axis(found[1])}: {found[2]}, ", text)
    return _XML.sub(_rewrite_tag, text)


def _rewrite_tag(found: re.Match[str]) -> str:
    name = found[1].lower()
    axis = _find_axis(name) if re.fullmatch(f"{_LAT}|{_LON}", name) else find_axis_of_key(name)
    return f" {axis}: {found[2]}, " if axis else found[0]


def _rewrite_geo_uri(found: re.Match[str]) -> str:
    """Write the point of a geo URI; ``geo:0,0?q=41.9,12.5`` marks the second point."""
    return _format_pair(found[4], found[5]) if found[4] else _format_pair(found[1], found[2])


def _rewrite_piped(found: re.Match[str]) -> str:
    """Read the parts of a wiki's ``coord`` template up to the second hemisphere."""
    parts = [part.strip() for part in found[1].split("|")]
    angles: list[str] = []
    numbers: list[str] = []
    for part in parts:
        if part in {"N", "S", "E", "W"} and numbers:
            angles.append(f"{_format_sexagesimal(*numbers[:3])}{part}")
            numbers = []
        elif re.fullmatch(_NUMBER, part):
            numbers.append(part)
        else:
            break
    if len(angles) == 2:
        return f" {angles[0]}, {angles[1]} "
    return _format_pair(numbers[0], numbers[1]) if len(numbers) == 2 and not angles else found[0]


def _rewrite_packed(text: str) -> str:
    """Write degrees, minutes and seconds that stand without marks between them with their marks."""
    text = _NMEA.sub(lambda found: f" {found[1]}°{found[2]}'{found[3]} {found[4]}°{found[5]}'{found[6]} ", text)
    text = _LETTERED.sub(lambda found: _format_sexagesimal(*found.groups()), text)
    text = _PACKED.sub(_rewrite_packed_pair, text)
    text = _ISO_6709.sub(
        lambda found: (
            f" {_format_sexagesimal(*found.groups()[1:4])}{'S' if found[1] == '-' else 'N'}, "
            f"{_format_sexagesimal(*found.groups()[5:8])}{'W' if found[5] == '-' else 'E'} "
        ),
        text,
    )
    return _rewrite_aviation(text) if "-" in text else text


def _rewrite_packed_pair(found: re.Match[str]) -> str:
    parts = found.groups()
    if any(part and float(part) >= 60 for part in (*parts[1:3], *parts[5:7])):
        return found[0]
    return f" {_format_sexagesimal(*parts[:3])}{parts[3]}, {_format_sexagesimal(*parts[4:7])}{parts[7]} "


def _format_sexagesimal(degrees: str, minutes: str | None = None, seconds: str | None = None) -> str:
    return f"{degrees}°" + (f"{minutes}'" if minutes else "") + (f'{seconds}"' if seconds else "")


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


def _rewrite_cjk(text: str) -> str:
    text = _CJK_SIDE.sub(lambda found: f" {_CJK_SIDES[found[0]]} ", text)
    text = _KOREAN_PARTS.sub(lambda found: _format_sexagesimal(*found.groups()), text)
    text = _KOREAN_DEGREES.sub(r"\1°", text)
    return _CJK.sub(lambda found: f"{found[1]} {_CJK_LETTER[found[2]]}", text)
