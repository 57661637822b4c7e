"""The two sun tools: the sun's position at a place and time, and the places that fit an observed position.

Low-precision solar coordinates of Meeus, Astronomical Algorithms (2nd ed., chapter 25), as NOAA's solar calculator
uses them: good to about 0.01 degrees between 1800 and 2200. Refraction is left out; at the horizon it lifts the sun
by half a degree. Angles are degrees, azimuths clockwise from north.
"""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from langchain_core.tools import ToolException, tool
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, Field

from sextant.base.errors import WrongUse
from sextant.geo.sphere import compute_great_circle_km, find_weighted_centre, normalise_longitude

_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
_GRID_DEGREES = 1.0
_KM_PER_DEGREE = 111.195  # of a great circle, with the mean radius of geo.sphere


@dataclass(frozen=True)
class Band:
    """Places where the sun is at an elevation and azimuth: a patch of the Earth, or a ring if the azimuth is unknown.

    Positions are degrees. ``centre`` and ``radius_km`` enclose the patch; a ring lies between ``inner_km`` and
    ``radius_km`` round the point where the sun is overhead. ``latitudes`` are the southern and northern limits.
    """

    centre: tuple[float, float]
    radius_km: float
    inner_km: float
    latitudes: tuple[float, float]


def compute_subsolar_point(time: datetime) -> tuple[float, float]:
    """Compute the (latitude, longitude) where the sun is overhead, in degrees.

    Args:
        time: with a time zone.
    """
    days = (time - _J2000).total_seconds() / 86400
    century = days / 36525
    mean_longitude = 280.46646 + century * (36000.76983 + century * 0.0003032)
    anomaly = np.radians(357.52911 + century * (35999.05029 - century * 0.0001537))
    centre = (
        (1.914602 - century * (0.004817 + century * 0.000014)) * np.sin(anomaly)
        + (0.019993 - century * 0.000101) * np.sin(2 * anomaly)
        + 0.000289 * np.sin(3 * anomaly)
    )
    node = np.radians(125.04 - 1934.136 * century)
    apparent = np.radians(mean_longitude + centre - 0.00569 - 0.00478 * np.sin(node))
    obliquity = np.radians(23.4392911 - century * (0.0130042 + century * 1.64e-7) + 0.00256 * np.cos(node))
    declination = np.degrees(np.arcsin(np.sin(obliquity) * np.sin(apparent)))
    ascension = np.degrees(np.arctan2(np.cos(obliquity) * np.sin(apparent), np.cos(apparent)))
    sidereal = 280.46061837 + 360.98564736629 * days  # Meeus, chapter 12
    return float(declination), float(normalise_longitude(ascension - sidereal))


def compute_sun_positions(positions: ArrayLike, time: datetime) -> NDArray[np.float64]:
    """Compute elevation and azimuth of the sun.

    Args:
        positions: (..., 2) latitude and longitude, degrees.
        time: with a time zone.

    Returns:
        (..., 2) elevation above the horizon, without refraction, and azimuth from 0 to 360, degrees.
    """
    declination, noon_longitude = np.radians(compute_subsolar_point(time))
    latitude, longitude = np.moveaxis(np.radians(np.asarray(positions, dtype=float)), -1, 0)
    hour = longitude - noon_longitude
    elevation = np.arcsin(
        np.clip(
            np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(hour), -1.0, 1.0
        )
    )
    azimuth = np.arctan2(
        -np.sin(hour) * np.cos(declination),
        np.cos(latitude) * np.sin(declination) - np.sin(latitude) * np.cos(declination) * np.cos(hour),
    )
    return np.stack([np.degrees(elevation), np.degrees(azimuth) % 360], axis=-1)


def compute_band(elevation: float, azimuth: float | None, time: datetime, tolerance: float) -> Band | None:
    """Compute where the sun has an elevation and azimuth, each within ``tolerance`` degrees; None if nowhere.

    Without an azimuth, the result is the ring of equal elevation. The patch is searched on a grid of one degree.
    """
    overhead = compute_subsolar_point(time)
    if azimuth is None:
        outer, inner = (max(0.0, 90 - elevation + sign * tolerance) * _KM_PER_DEGREE for sign in (1, -1))
        reach = outer / _KM_PER_DEGREE
        return Band(overhead, outer, inner, (max(-90.0, overhead[0] - reach), min(90.0, overhead[0] + reach)))
    latitudes = np.arange(-90 + _GRID_DEGREES / 2, 90, _GRID_DEGREES)
    longitudes = np.arange(-180 + _GRID_DEGREES / 2, 180, _GRID_DEGREES)
    grid = np.stack(np.meshgrid(latitudes, longitudes, indexing="ij"), axis=-1).reshape(-1, 2)
    seen = compute_sun_positions(grid, time)
    off = np.abs((seen[:, 1] - azimuth + 180) % 360 - 180)
    # Near the zenith the azimuth hardly matters, so compare the angle on the sky.
    fits = (np.abs(seen[:, 0] - elevation) <= tolerance) & (off * np.cos(np.radians(seen[:, 0])) <= tolerance)
    if not fits.any():
        return None
    places = grid[fits]
    centre = find_weighted_centre(places, np.cos(np.radians(places[:, 0])))
    radius = float(compute_great_circle_km(centre, places).max()) + _GRID_DEGREES * _KM_PER_DEGREE / 2
    return Band(centre, radius, 0.0, (float(places[:, 0].min()), float(places[:, 0].max())))


def read_time(text: str) -> datetime:
    """Parse an ISO 8601 time with its offset from UTC.

    Raises:
        WrongUse: the time is invalid or has no offset; without one, the sun's position could be half a day off.
    """
    try:
        time = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError as error:
        raise WrongUse(f"time {text!r} is not ISO 8601; write for example 2024-06-21T12:00:00+00:00") from error
    if time.tzinfo is None:
        raise WrongUse(f"time {text!r} has no offset from UTC; write for example 2024-06-21T12:00:00+00:00")
    if not 1800 <= time.year <= 2200:
        raise WrongUse(f"time {text!r} is outside the years 1800 to 2200, for which the formula holds")
    return time


class SunPosition(BaseModel):
    """A place and a time."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    time: str = Field(max_length=40, description="ISO 8601 with offset, as 2024-06-21T12:00:00+00:00")


@tool("sun_position", args_schema=SunPosition, response_format="content_and_artifact")
def sun_position(latitude: float, longitude: float, time: str) -> tuple[str, dict[str, Any]]:
    """Elevation and azimuth of the sun at a place and time. Use it to test a place against the shadows you see."""
    elevation, azimuth = (float(angle) for angle in compute_sun_positions((latitude, longitude), _read_time(time)))
    content = f"elevation {elevation:.1f} degrees, azimuth {azimuth:.1f} degrees (clockwise from north)"
    if elevation > 0:
        content += f"; a post throws a shadow {1 / np.tan(np.radians(elevation)):.2f} times its height"
    return content, {"elevation_degrees": elevation, "azimuth_degrees": azimuth}


class SunSeen(BaseModel):
    """How the sun stands in the photo, and when."""

    elevation: float = Field(ge=-1, le=90, description="degrees above the horizon; arctan(height / shadow length)")
    azimuth: float | None = Field(default=None, ge=0, le=360, description="degrees clockwise from north, if known")
    time: str = Field(max_length=40, description="ISO 8601 with offset, as 2024-06-21T12:00:00+00:00")
    tolerance: float = Field(default=5.0, ge=1, le=30, description="how unsure both angles are, degrees")


@tool("where_is_sun_at", args_schema=SunSeen, response_format="content_and_artifact")
def where_is_sun_at(
    elevation: float, time: str, azimuth: float | None = None, tolerance: float = 5.0
) -> tuple[str, dict[str, Any]]:
    """From where on Earth the sun is seen at this elevation and azimuth at this time. Use it only with a time you
    know; without an azimuth it gives a ring."""
    found = compute_band(elevation, azimuth, _read_time(time), tolerance)
    if found is None:
        raise ToolException(f"nowhere is the sun at elevation {elevation} and azimuth {azimuth} then; check the time")
    south, north = found.latitudes
    place = f"({found.centre[0]:.1f}, {found.centre[1]:.1f})"
    if azimuth is None:
        content = f"on a ring {found.inner_km:.0f} to {found.radius_km:.0f} km from {place}"
    else:
        content = f"within {found.radius_km:.0f} km of {place}"
    return f"{content}; latitudes {south:.0f} to {north:.0f}", asdict(found)


def _read_time(text: str) -> datetime:
    try:
        return read_time(text)
    except WrongUse as error:
        raise ToolException(str(error)) from error
