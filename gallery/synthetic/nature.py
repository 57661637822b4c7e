"""Draw sky, distant country, ground and shadows."""

from math import pi, radians, tan

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from sextant.gallery.synthetic.canvas import Canvas, Colour, mix_colours, parse_colour, shade_colour
from sextant.gallery.synthetic.facts import Climate
from sextant.gallery.synthetic.light import Light

SNOW = parse_colour("#eef1f4")


def draw_sky(canvas: Canvas, light: Light, rng: np.random.Generator) -> None:
    """Draw a gradient from the zenith to the horizon, with soft clouds."""
    horizon = max(2, int(canvas.horizon))
    ramp = np.linspace(0, 1, horizon)[:, None] ** 1.3
    column = np.array(light.zenith) * (1 - ramp) + np.array(light.air) * ramp
    canvas.image.paste(Image.fromarray(column.astype(np.uint8)[:, None]).resize((canvas.width, horizon)))
    mask = Image.new("L", (canvas.width // 4, horizon // 4 + 1))
    pen = ImageDraw.Draw(mask)
    for _ in range(int(3 + 30 * light.cloud)):
        x, y, reach = rng.uniform(0, mask.width), rng.uniform(0, mask.height), rng.uniform(6, 26)
        pen.ellipse((x - reach, y - reach / 4, x + reach, y + reach / 4), fill=int(rng.uniform(90, 220)))
    soft = mask.filter(ImageFilter.GaussianBlur(3)).resize((canvas.width, horizon))
    white = mix_colours(parse_colour("#ffffff"), parse_colour("#9aa0a6"), 0.8 * light.cloud)
    canvas.image.paste(white, (0, 0), soft)


def draw_relief(canvas: Canvas, height: float, climate: Climate, light: Light, rng: np.random.Generator) -> None:
    """Draw ranges on the horizon, the farther the higher and paler; the highest under snow."""
    for distance, share in ((9.0, 1.0), (5.0, 0.55), (2.5, 0.25)):
        top = share * height * rng.uniform(0.7, 1.1) * canvas.height * 0.3 + 3
        steps = np.linspace(0, 1, 65)
        waves = np.zeros_like(steps)
        for frequency in (1, 2, 4, 7, 13, 27):
            waves += np.sin(2 * pi * (steps * frequency + rng.random())) / frequency**0.9
        ridge = canvas.horizon - top * (0.6 + 0.3 * waves)
        body = mix_colours(
            parse_colour(climate.leaves[0]), parse_colour(climate.soil), 0.25 if climate.density > 0.5 else 0.75
        )
        base = mix_colours(
            SNOW if light.snow else body, light.air, min(0.85, 0.07 * distance + 0.15 + 0.3 * light.haze)
        )
        points = list(zip(steps * canvas.width, ridge, strict=True))
        floor = [(canvas.width, canvas.horizon + 2), (0, canvas.horizon + 2)]
        canvas.draw.polygon(points + floor, fill=base)
        if share == 1.0 and height >= 0.7:
            snow_line = canvas.horizon - top * 0.75
            caps = [(x, min(y, snow_line)) for x, y in points]
            jagged = [(x, snow_line + rng.uniform(-4, 4) if y < snow_line else y) for x, y in points]
            canvas.draw.polygon(caps + jagged[::-1], fill=mix_colours(SNOW, light.air, 0.25))


def draw_ground(canvas: Canvas, climate: Climate, light: Light, rng: np.random.Generator) -> None:
    """Open ground to the horizon, in patches of what grows and what lies bare."""
    green, bare = parse_colour(climate.grass), parse_colour(climate.soil)
    base = SNOW if light.snow else mix_colours(green, bare, 0.15 if climate.density > 0.6 else 0.5)
    canvas.draw.rectangle((0, canvas.horizon, canvas.width, canvas.height), fill=canvas.through_air(base, 150))
    for near, far in ((60, 150), (25, 60), (12, 25), (6, 12), (2.5, 6)):
        canvas.ground(-400, 400, near, far, shade_colour(base, rng.uniform(0.98, 1.02)))
    for _ in range(60):
        x, z = rng.uniform(-40, 40), rng.uniform(4, 60)
        tint = mix_colours(base, bare if rng.random() < 0.5 else green, 0.15 if light.snow else 0.6)
        (left, bottom), (_, top) = canvas.at(x, 0, z), canvas.at(x, 0, z + 0.8)
        right = left + canvas.scale(z) * rng.uniform(0.5, 3)
        canvas.draw.ellipse(
            (left, top, right, bottom), fill=canvas.through_air(shade_colour(tint, rng.uniform(0.9, 1.1)), z)
        )


def draw_shadow(canvas: Canvas, x: float, z: float, height: float, width: float, light: Light, base: Colour) -> None:
    """Draw the ground shadow of a thing of a height and width in metres; none under clouds."""
    if light.cloud > 0.4:
        return
    length = min(25.0, height / tan(radians(light.sun_degrees)))
    away = length if light.sun_from_left else -length
    half = width / 2
    corners = [(x - half, 0.0, z), (x + half, 0.0, z), (x + half + away, 0.0, z + 0.6), (x - half + away, 0.0, z + 0.6)]
    canvas.face(corners, base)
