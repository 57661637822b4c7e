"""Precision cap: coarsen or redact places before output. All output passes through ``coarsen``.

A cap snaps positions to a grid cell or the country, widens regions so that they keep their probability, drops names
that are too fine, and rounds coordinates in texts. It is idempotent.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from sextant.base.documents.answer import PrecisionCap
from sextant.base.errors import WrongUse
from sextant.base.json_types import Json
from sextant.geo.borders import OFF_THE_COAST_KM, find_country, find_inner_position
from sextant.geo.caps import compute_cap_area_km2, draw_caps
from sextant.geo.sphere import compute_great_circle_km

Cap = Literal["country", "region", "city", "street"]
CAPS: tuple[Cap, ...] = ("country", "region", "city", "street")

# Cell size in degrees of latitude and longitude: about 1,100 km (at sea, outside any country), 220, 22 and 1.1 km.
CELL_DEGREES: Mapping[Cap, float] = {"country": 10.0, "region": 2.0, "city": 0.2, "street": 0.01}
# The smallest radius in km whose probability each cap shows.
FINEST_KM: Mapping[Cap, float] = {"country": 750.0, "region": 200.0, "city": 25.0, "street": 1.0}
WITHHELD = "(withheld: it may say more than the precision cap allows)"

# Two decimals of a degree are about 1 km, a minute about 2 km. Letters may adjoin: IMG_N38.7139.jpg.
_DECIMAL = re.compile(r"(?<![\d.,])[-+−]?\d{1,3}[.,]\d{2,}(?!\d)")
_SEXAGESIMAL = re.compile(r"\d{1,3}\s*[°º]\s*\d{1,2}(?:[.,]\d+)?\s*['′’](?:\s*\d{1,2}(?:[.,]\d+)?\s*[\"″”])?\s*[NSEW]?")
_NAMES: Mapping[Cap, tuple[str, ...]] = {
    "country": ("place", "admin1", "sight"), "region": ("place", "sight"), "city": ("sight",), "street": (),
}  # fmt: skip


@dataclass(frozen=True)
class Policy:
    """The finest scale that may be shown: ``cap`` everywhere, ``countries`` (by ISO code) where they are coarser.

    ``cap`` None sets no cap. ``reason`` is shown with every coarsened answer.
    """

    cap: Cap | None = None
    reason: str = ""
    countries: Mapping[str, Cap] = field(default_factory=dict)

    def at(self, country_code: str | None) -> Cap | None:
        """Return the cap in a country: the coarser of the policy's own and the country's."""
        here = self.countries.get(country_code or "")
        known = [cap for cap in (self.cap, here) if cap is not None]
        return min(known, key=CAPS.index) if known else None

    @property
    def coarsest(self) -> Cap | None:
        """Return the coarsest cap of all countries. It applies to free text and pictures, whose place is unknown."""
        known = [cap for cap in (self.cap, *self.countries.values()) if cap is not None]
        return min(known, key=CAPS.index) if known else None

    @property
    def withholds_words(self) -> bool:
        """Return whether texts by models and signs are withheld, since they can name a street in any form."""
        return self.coarsest is not None and self.coarsest != "street"

    def to_json(self) -> PrecisionCap | None:
        """Convert the policy to JSON for display; None when it sets no cap."""
        if self.coarsest is None:
            return None
        return {"cap": self.cap, "countries": dict(sorted(self.countries.items())), "reason": self.reason}


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    precision: Cap | None = None
    reason: str = ""
    countries: dict[str, Cap] = {}


def load_policy(precision: str | None, file: str | None = None) -> Policy:
    """Load the policy from ``--precision`` and a policy file; the coarser of the two applies.

    The file is YAML: ``precision``, ``reason``, and ``countries`` (ISO code to cap).

    Raises:
        WrongUse: the cap is unknown, or the file is not a policy.
    """
    if precision is not None and precision not in CAPS:
        raise WrongUse(f"precision {precision!r} is unknown; choose from: {', '.join(CAPS)}")
    given = Policy(precision, f"--precision {precision}" if precision else "")
    if file is None:
        return given
    try:
        # The base loader keeps every scalar as text; other loaders read Norway's code NO as false.
        read = _File.model_validate(yaml.load(Path(file).read_text(encoding="utf-8"), Loader=yaml.BaseLoader))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        reason = " ".join(said.split())[:200]
        raise WrongUse(
            f"policy file {file!r} cannot be used: {reason}; its keys are precision, reason, countries"
        ) from error
    caps = [cap for cap in (given.cap, read.precision) if cap is not None]
    cap = min(caps, key=CAPS.index) if caps else None
    reason = read.reason or f"the policy {Path(file).name}"
    return Policy(cap, reason, {code.upper(): one for code, one in read.countries.items()})


def snap_position(latitude: float, longitude: float, policy: Policy) -> tuple[float, float]:
    """Snap a position as the policy requires: to the country's inner position or the middle of a cell."""
    here = latitude, longitude
    # The middle of a cell can lie in another country with a coarser cap, so snap again until nothing changes.
    for _ in range(3):
        there = _snap_once(*here, policy)
        if there == here:
            break
        here = there
    return here


def _snap_once(latitude: float, longitude: float, policy: Policy) -> tuple[float, float]:
    here = _find_country_key(latitude, longitude)
    cap = policy.at(here[1] if here else None)
    if cap is None:
        return latitude, longitude
    if cap == "country" and here:
        return _find_inner_position(here[0])
    step = CELL_DEGREES[cap]
    return _snap_to_cell(latitude, step, 90.0), _snap_to_cell(longitude, step, 180.0)


def coarsen(value: Any, policy: Policy) -> Any:
    """Coarsen a copy of a JSON value to the scale that the policy allows. Idempotent."""
    if policy.coarsest is None:
        return value
    if isinstance(value, dict):
        return _coarsen_dict(value, policy)
    if isinstance(value, list | tuple):
        return [coarsen(item, policy) for item in value]
    return redact_coordinates(value, policy) if isinstance(value, str) else value


def redact_coordinates(text: str, policy: Policy) -> str:
    """Round coordinates in a text to the coarsest cap's cell."""
    cap = policy.coarsest
    if cap is None:
        return text
    digits = {"country": 0, "region": 0, "city": 1, "street": 2}[cap]

    def round_match(match: re.Match[str]) -> str:
        number = match[0].replace("−", "-").replace(",", ".")
        return match[0] if len(number.partition(".")[2]) <= digits else f"{float(number):.{digits}f}"

    return _DECIMAL.sub(round_match, _SEXAGESIMAL.sub("(withheld)", text))


def redact_words(value: Any, policy: Policy, keys: frozenset[str]) -> Any:
    """Withhold the texts under ``keys`` when the policy withholds words."""
    if not policy.withholds_words:
        return value
    if isinstance(value, dict):
        return {
            name: (WITHHELD if isinstance(item, str) and item else item if isinstance(item, str) else None)
            if name in keys
            else redact_words(item, policy, keys)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact_words(item, policy, keys) for item in value]
    return value


def _coarsen_dict(value: Json, policy: Policy) -> Json:
    if isinstance(value.get("parts"), list) and value["parts"]:
        return _coarsen_region(value, policy)
    if _is_position(value):
        return _coarsen_position(value, policy)
    if value.get("type") in ("Polygon", "MultiPolygon", "Point", "LineString") and "coordinates" in value:
        return {"type": value["type"], "coordinates": []}
    coarse = {name: coarsen(item, policy) for name, item in value.items()}
    for name, item in value.items():
        if name.startswith(("latitude", "longitude")) and isinstance(item, int | float):
            coarse[name] = _snap_to_cell(item, CELL_DEGREES[policy.coarsest or "street"], 180.0)
    if "probability" in value and isinstance(value["probability"], dict):
        coarse["probability"] = _coarsen_probability(value["probability"], policy.coarsest)
    if isinstance(value.get("best"), dict) and isinstance(value.get("probability"), dict):
        cap = policy.at(value["best"].get("country_code"))
        coarse["probability"] = _coarsen_probability(value["probability"], cap)
        coarse["coverage"] = _coarsen_coverage(value.get("coverage"), cap)
    return coarse


def _coarsen_position(value: Json, policy: Policy) -> Json:
    exact = value["latitude"], value["longitude"]
    key = _find_country_key(*exact)
    cap = policy.at(key[1] if key else None)
    rest = {name: coarsen(item, policy) for name, item in value.items() if name not in ("latitude", "longitude")}
    latitude, longitude = snap_position(*exact, policy)
    coarse: Json = {name: rest.get(name) for name in value}
    coarse |= {"latitude": latitude, "longitude": longitude}
    if cap is None:
        return coarse
    for name in _NAMES[cap]:
        if name in coarse:
            coarse[name] = None
    if "origin" in value and cap != "street":
        # A candidate's place name is text by the model.
        coarse |= {name: None for name in ("place",) if name in value}
    coarse.pop("evidence", None)  # a drawing of both photos shows the place
    if value.get("origin") in ("nearest", "scene") or "similarity" in value:
        coarse |= {name: None for name in ("id",) if name in value}
    if "radius_km" in value and value["radius_km"] is not None:
        coarse["radius_km"] = _widen(value["radius_km"], exact, (latitude, longitude), cap)
    if isinstance(value.get("probability"), dict):
        coarse["probability"] = _coarsen_probability(value["probability"], cap)
    return coarse


def _coarsen_region(value: Json, policy: Policy) -> Json:
    parts = [_coarsen_position(part, policy) for part in value["parts"]]
    merged: dict[tuple[float, float], Json] = {}
    for part in parts:
        key = part["latitude"], part["longitude"]
        old = merged.get(key)
        if old is None:
            merged[key] = part
            continue
        merged[key] = {**old, "radius_km": max(old["radius_km"], part["radius_km"])}
    parts = list(merged.values())
    circles = [(part["latitude"], part["longitude"], part["radius_km"]) for part in parts]
    coarse: Json = {"probability": value.get("probability"), "parts": parts}
    coarse |= {"latitude": circles[0][0], "longitude": circles[0][1]}
    coarse |= {"radius_km": circles[0][2]} if len(parts) == 1 else {"geojson": draw_caps(circles)}
    if "area_km2" in value:
        coarse["area_km2"] = float(f"{sum(compute_cap_area_km2(circle[2]) for circle in circles):.2g}")
    return coarse


def _widen(radius_km: float, exact: tuple[float, float], shown: tuple[float, float], cap: Cap) -> float:
    """Widen a radius so that the circle around the shown position covers the exact one; round it up to two digits."""
    needed = max(
        radius_km + float(compute_great_circle_km(exact, shown)), CELL_DEGREES[cap] * 78.6 if cap != "country" else 0
    )
    if exact == shown:
        needed = radius_km  # already coarsened
    digits = 10 ** (math.floor(math.log10(max(needed, 1.0))) - 1)
    return float(math.ceil(round(needed / digits, 9)) * digits)


def _coarsen_probability(value: Json, cap: Cap | None) -> Json:
    if cap is None:
        return dict(value)
    return {radius: share if float(radius) >= FINEST_KM[cap] else None for radius, share in value.items()}


def _coarsen_coverage(value: Json | None, cap: Cap | None) -> Json | None:
    if value is None or cap in (None, "street", "city"):
        return value
    return None


def _is_position(value: Json) -> bool:
    found = [value.get(name) for name in ("latitude", "longitude")]
    if not all(isinstance(item, int | float) and not isinstance(item, bool) for item in found):
        return False
    return bool(abs(found[0]) <= 90 and abs(found[1]) <= 180)  # type: ignore[arg-type]


def _snap_to_cell(degrees: float, step: float, limit: float) -> float:
    """Snap a value to the middle of its cell; a middle stays as it is."""
    cells = round(2 * limit / step)
    number = min(max(math.floor((degrees + limit) / step + 1e-9), 0), cells - 1)
    return round(-limit + (number + 0.5) * step, 6)


@lru_cache(maxsize=20_000)
def _find_country_key(latitude: float, longitude: float) -> tuple[str, str | None] | None:
    country = find_country(latitude, longitude, OFF_THE_COAST_KM)
    return (country.natural_earth or country.name, country.code) if country else None


@lru_cache(maxsize=512)
def _find_inner_position(name: str) -> tuple[float, float]:
    latitude, longitude = find_inner_position(name)
    return round(latitude, 2), round(longitude, 2)
