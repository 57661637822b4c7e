"""Hour and weather of a scene: height of the sun, colour of the light, snow."""

from dataclasses import dataclass
from math import asin, cos, degrees, pi, radians, sin

import numpy as np

from sextant.gallery.synthetic.canvas import Colour, mix_colours, parse_colour
from sextant.gallery.synthetic.facts import Climate

OBLIQUITY_DEGREES = 23.44  # of the ecliptic
LOWEST_SUN_DEGREES = 5.0  # lower, and nobody takes the photo
FAIR_WEATHER = 0.35  # exponent on the share of clear skies: people take photos when the weather is good


@dataclass(frozen=True)
class Light:
    """Weather and sun of one scene. Shares from 0 to 1."""

    sun_degrees: float
    sun_from_left: bool
    cloud: float
    haze: float
    snow: bool
    zenith: Colour
    air: Colour

    @property
    def warmth(self) -> float:
        """How golden the light is: high for a low sun without clouds."""
        return max(0.0, 1 - self.sun_degrees / 30) * (1 - self.cloud)


def draw_light(latitude: float, climate: Climate, rng: np.random.Generator) -> Light:
    """Draw a day and an hour at a latitude in degrees, and the weather the climate allows."""
    snow = bool(rng.random() < climate.snow)
    sun = _draw_sun(latitude, snow, rng)
    clear = bool(rng.random() < climate.clear**FAIR_WEATHER)
    cloud = float(rng.uniform(0.0, 0.1) if clear else rng.uniform(0.6, 0.8))
    haze = min(1.0, climate.haze * float(rng.uniform(0.8, 1.2)) + 0.1 * cloud)
    blue = mix_colours(parse_colour("#3f86d0"), parse_colour("#6fa4d8"), 1 - min(1.0, sun / 60) ** 0.5)
    zenith = mix_colours(blue, parse_colour("#b4bac0"), cloud)
    pale = mix_colours(parse_colour("#cfe2ef"), parse_colour("#f3d9b0"), max(0.0, 1 - sun / 12) * (1 - cloud))
    air = mix_colours(
        mix_colours(pale, parse_colour("#cdd0d2"), cloud),
        mix_colours(choose_dust_colour(climate), parse_colour("#e4e0d8"), 0.5),
        0.6 * haze,
    )
    return Light(sun, bool(rng.random() < 0.5), cloud, haze, snow, zenith, air)


def choose_dust_colour(climate: Climate) -> Colour:
    """Return the colour of what hangs in the air."""
    return mix_colours(parse_colour(climate.soil), parse_colour("#ffffff"), 0.45)


def compute_sun_elevation(latitude: float, day: float, hour: float) -> float:
    """Return degrees of the sun above the horizon at a solar hour of a day of the year (1 = 1 January).

    Declination by Cooper (Solar Energy 12, 1969), within a degree.
    """
    declination = radians(OBLIQUITY_DEGREES) * sin(2 * pi * (284 + day) / 365)
    turn = radians(15 * (hour - 12))
    phi = radians(latitude)
    return degrees(asin(sin(phi) * sin(declination) + cos(phi) * cos(declination) * cos(turn)))


def _draw_sun(latitude: float, winter: bool, rng: np.random.Generator) -> float:
    """Draw an hour with daylight; take noon of midsummer if the sun does not rise."""
    for _ in range(8):
        midwinter = 15 if latitude >= 0 else 198
        day = midwinter + rng.uniform(-45, 60) if winter else rng.uniform(1, 365)
        elevation = compute_sun_elevation(latitude, float(day), float(rng.uniform(9, 16)))
        if elevation >= LOWEST_SUN_DEGREES:
            return elevation
    return LOWEST_SUN_DEGREES
