"""Parse steering messages: "not Europe", "only in Peru", "ignore the sign", "it is near the sea"."""

import re

from sextant.agent.chat.constraints import HALVES, PIN_KM, exclude, ignore, make_country_area, restrict_to
from sextant.atlas.names import find_place
from sextant.base.errors import WrongUse
from sextant.base.json_types import Json
from sextant.geo.countries import CONTINENTS, list_country_keys
from sextant.geo.spelling import fold

COAST_KM = 30.0  # what people call near the sea: more than an hour on foot
PLACE_KM = 50.0  # radius round a named town
DIVISION_KM = 250.0  # radius round a named state or province, for which we have no outline

# A no-break space keeps the "and" of a country's name from splitting it (see _parts).
_SPLIT = re.compile(r" *(?:[,;]|(?<!\bst)\.| and | but )(?: *(?:and|but) )? *", re.IGNORECASE)
_LEAD = re.compile(
    r"^(?:please|no|well|ok|okay|so|hmm|i (?:am|'m) sure|i think|i know|i believe|that|it(?: i|')?s|it is|it was|"
    r"this (?:is|was)|the photo (?:is|was)|must be|has to be|can be|could be|taken|definitely|surely|actually)\s+",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"^(?:it (?:isn't|wasn't|can't be|cannot be)|isn't|wasn't|not|never|exclude|without|rule out|leave out|anywhere but"
    r"|drop|no longer|can't be|cannot be|must not be)\s+(?:taken\s+)?(.+)$",
    re.IGNORECASE,
)
_ONLY = re.compile(r"^(?:only|just|restrict to|limit to|must be|somewhere|it is|it's|in)\s+(.+)$", re.IGNORECASE)
_IGNORE = re.compile(
    r"^(?:ignore|disregard|forget|discount|do(?:n't| not) trust)\s+(?:the|that|this|all)?\s*(.+)$", re.IGNORECASE
)
_COAST = re.compile(r"^(?:by|near|at|on|close to|next to)?\s*(?:the\s+)?(?:sea|coast|ocean|seaside|shore|beach)$")
_INLAND = re.compile(r"^(?:inland|far from the (?:sea|coast|ocean))$")
_NEAR = re.compile(r"^(?:near|close to|around|by)\s+(.+)$")
_HALF = re.compile(r"^(?:the\s+)?(northern|southern|eastern|western)\s+hemisphere$")
_IN = re.compile(r"^(?:in|inside|within|from|at|on)\s+")


def is_steering(text: str) -> bool:
    """Return whether a message is steering rather than a question."""
    if "?" in text or len(text) > 200:
        return False
    parts = _split_parts(text)
    return bool(parts) and all(_NOT.match(part) or _IGNORE.match(part) or _states_place(part) for part in parts)


def read_steering(text: str) -> list[Json]:
    """Read the constraints in a message, in order.

    Raises:
        WrongUse: the message names an unknown place, or states no constraint.
    """
    found: list[Json] = []
    before = None
    for part in _split_parts(text):
        if match := _IGNORE.match(part):
            found.append(ignore(match[1].strip().lower()))
            continue
        if match := _NOT.match(part):
            before = exclude
        elif match := _ONLY.match(part):
            before = restrict_to
        name = match[1] if match else part
        rule = before or restrict_to
        found.append(_make_constraint(rule is exclude, name))
    if not found:
        raise WrongUse(
            f"{text[:80]!r} does not rule anything out; say for example: not Europe, only in Peru, near the sea"
        )
    return found


def _make_constraint(negative: bool, name: str) -> Json:
    name = _IN.sub("", name.strip().lower())
    if _INLAND.match(name):
        negative, name = not negative, "the sea"
    area, called = parse_area(name)
    return exclude(area, f"not {called}") if negative else restrict_to(area, f"only {called}")


def parse_area(name: str) -> tuple[Json, str]:
    """Parse the name of a continent, hemisphere, coast, country or town into an area and its full name.

    Raises:
        WrongUse: the name is unknown.
    """
    plain = " ".join(name.lower().split()).strip(" .!")
    if _COAST.match(plain):
        return {"sea_within_km": COAST_KM}, f"within {COAST_KM:g} km of the sea"
    if match := _HALF.match(plain):
        return {"half": match[1]}, f"the {match[1]} hemisphere"
    near = _NEAR.match(plain)
    plain = _IN.sub("", near[1] if near else plain)
    key = fold(plain)
    for continent in CONTINENTS.values():
        if fold(continent) == key:
            return {"continent": continent}, continent
    if not near and (country := list_country_keys().get(key)):
        return make_country_area(country), country.name
    hits = find_place(plain, limit=1) if key else []
    if not hits or hits[0].score < 0.6:
        raise WrongUse(f"no continent, country or place is called {name[:60]!r}; name another, or draw it on the map")
    place = hits[0]
    km = DIVISION_KM if place.kind == "admin1" else PIN_KM if near else PLACE_KM
    called = ", ".join(part for part in (place.name, place.admin1, place.country_code) if part)
    return {"circle": [place.latitude, place.longitude, km]}, f"within {km:g} km of {called}"


def _states_place(part: str) -> bool:
    """Return whether a part without "not" states a place: "only in Peru", "near the sea", "the southern hemisphere"."""
    plain = part.lower()
    return bool(
        re.match(r"^(?:only|just|restrict to|limit to|somewhere|in|near|close to|by the|on the)\b", plain)
        or _COAST.match(plain)
        or _INLAND.match(plain)
        or _HALF.match(plain)
        or any(fold(plain) == fold(name) for name in (*CONTINENTS.values(), *HALVES))
        or fold(plain) in list_country_keys()
    )


def _split_parts(text: str) -> list[str]:
    text = " ".join(text.replace("’", "'").split())
    for name in list_country_keys():
        if " and " in name:
            text = re.sub(re.escape(name), name.replace(" and ", " and\u00a0"), text, flags=re.IGNORECASE)
    parts = []
    for part in _SPLIT.split(text):
        before = None
        while part and part != before:
            before, part = part, _LEAD.sub("", part).strip(" !")
        if part:
            parts.append(part)
    return parts
