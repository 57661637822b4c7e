"""Draw the road, its furniture and its traffic."""

import numpy as np

from sextant.gallery.synthetic.canvas import Canvas, Colour, mix_colours, parse_colour, shade_colour
from sextant.gallery.synthetic.facts import Climate, CountryStyle
from sextant.gallery.synthetic.light import Light
from sextant.gallery.synthetic.nature import SNOW, draw_shadow

LANE = 3.2  # metres
LINE = 0.18  # metres, a little wider than life, to survive the scale
ASPHALT = parse_colour("#63656a")
PAINT = {"white": parse_colour("#eeeeea"), "yellow": parse_colour("#e8b923")}
POLES = {"wood": parse_colour("#6a5240"), "concrete": parse_colour("#b3afa6"), "steel": parse_colour("#8a9299")}
POLE_EVERY = 28.0  # metres
# Four cars in five leave the factory white, black, grey or silver (yearly colour reports of the paint makers).
CAR_COLOURS = ("#efefec", "#efefec", "#2e3236", "#2e3236", "#5a6068", "#5a6068", "#c0c4c8", "#8f1f24", "#27477a")
FAR = 220.0  # metres


def compute_lane_middle(country: CountryStyle, own: bool) -> float:
    """Return metres right of the middle of the road at which one's own or the oncoming lane runs."""
    return LANE / 2 * (-1 if country.drives_left == own else 1)


def draw_road(
    canvas: Canvas, country: CountryStyle, climate: Climate, light: Light, town: bool, rng: np.random.Generator
) -> None:
    """Draw asphalt, its lines, and what runs beside it: a pavement in towns, bare soil elsewhere."""
    wet = 0.9 if light.cloud > 0.7 and rng.random() < 0.5 else 1.0
    asphalt = shade_colour(mix_colours(ASPHALT, parse_colour(climate.soil), 0.18), wet * float(rng.uniform(0.97, 1.03)))
    if light.snow:
        asphalt = mix_colours(asphalt, SNOW, 0.35)
    shoulder = (
        mix_colours(parse_colour("#a9a59c"), parse_colour(climate.soil), 0.25) if town else parse_colour(climate.soil)
    )
    shoulder = mix_colours(shoulder, SNOW, 0.75) if light.snow else shoulder
    for near, far in ((1.0, 5.0), (5.0, 12.0), (12.0, 30.0), (30.0, 80.0), (80.0, FAR)):
        canvas.ground(-LANE - 3.0, LANE + 3.0, near, far, shoulder)
        canvas.ground(-LANE - 0.35, LANE + 0.35, near, far, asphalt)
    if light.snow and rng.random() < 0.5:
        return
    for side in (-1, 1):
        _draw_stripe(canvas, side * LANE, 1.0, FAR, PAINT[country.edge_line])
    dashed = bool(rng.random() < 0.6)
    for start in np.arange(float(rng.uniform(-6, 0)), 90, 9.0):
        _draw_stripe(canvas, 0.0, max(1.0, start), start + (4.0 if dashed else 9.0), PAINT[country.centre_line])
    if not dashed and country.centre_line == "yellow":
        _draw_stripe(canvas, 0.0, 1.0, FAR, asphalt, LINE / 3)


def _draw_stripe(canvas: Canvas, x: float, near: float, far: float, paint: Colour, width: float = LINE) -> None:
    if far > near:
        canvas.ground(x - width / 2, x + width / 2, near, far, paint)


def draw_car(
    canvas: Canvas, x: float, z: float, country: CountryStyle, rear: bool, light: Light, rng: np.random.Generator
) -> None:
    """Draw a car seen from behind or from the front, with its plate."""
    paint = parse_colour(CAR_COLOURS[int(rng.integers(len(CAR_COLOURS)))])
    draw_shadow(canvas, x, z, 1.4, 1.7, light, shade_colour(ASPHALT, 0.6))
    towards_us = 0.86 if x < canvas.camera_x else -0.86
    canvas.wall(x + towards_us, z, z + 4.0, 0.3, 1.0, shade_colour(paint, 0.7))
    for wheel in (-0.72, 0.72):
        canvas.upright(x + wheel - 0.13, 0, x + wheel + 0.13, 0.45, z, parse_colour("#1f2022"))
    canvas.upright(x - 0.88, 0.3, x + 0.88, 0.98, z, paint)
    roof = [(x - 0.86, 0.98, z), (x - 0.66, 1.5, z), (x + 0.66, 1.5, z), (x + 0.86, 0.98, z)]
    canvas.face(roof, shade_colour(paint, 0.92))
    glass = [(x - 0.72, 1.02, z), (x - 0.58, 1.42, z), (x + 0.58, 1.42, z), (x + 0.72, 1.02, z)]
    canvas.face(glass, parse_colour("#39434d"))
    lamp = parse_colour("#b3201f") if rear else parse_colour("#f7f2d8")
    for left in (-0.84, 0.58):
        canvas.upright(x + left, 0.68, x + left + 0.26, 0.88, z, lamp)
    half, low, high = (0.2, 0.42, 0.64) if country.plate_is_short else (0.34, 0.46, 0.62)
    # Front plates of countries with yellow ones at the back alone are not told apart: they are a few pixels.
    canvas.upright(x - half, low, x + half, high, z, parse_colour(country.plate_ground))
    ink = parse_colour(country.plate_letters)
    for left in np.arange(-half + 0.06, half - 0.06, 0.09):
        canvas.upright(x + left, low + 0.04, x + left + 0.05, high - 0.04, z, ink)


def draw_pole(canvas: Canvas, x: float, z: float, country: CountryStyle, light: Light) -> None:
    """Draw a pole of the distribution grid with its crossarm, and the wires to the next one."""
    post = POLES[country.pole]
    draw_shadow(canvas, x, z, 8.5, 0.25, light, parse_colour("#5a584f"))
    canvas.upright(x - 0.14, 0, x + 0.14, 8.5, z, post)
    canvas.upright(x - 0.9, 7.7, x + 0.9, 7.85, z, post)
    for offset in (-0.8, 0.0, 0.8):
        wire = [canvas.at(x + offset, 7.9, z), canvas.at(x + offset, 7.3, z + POLE_EVERY / 2)]
        wire.append(canvas.at(x + offset, 7.9, z + POLE_EVERY))
        canvas.draw.line(wire, fill=canvas.through_air(parse_colour("#3a3a3c"), z), width=1)


def draw_post_box(canvas: Canvas, x: float, z: float, paint: Colour) -> None:
    """Draw a public letter box on the pavement."""
    canvas.upright(x - 0.3, 0, x + 0.3, 1.3, z, paint)
    canvas.upright(x - 0.22, 0.95, x + 0.22, 1.03, z, parse_colour("#1c1c1e"))
    canvas.upright(x - 0.34, 1.3, x + 0.34, 1.42, z, shade_colour(paint, 0.8))


def draw_flag(canvas: Canvas, x: float, z: float, flag: tuple[str, ...]) -> None:
    """Draw a flag on a mast by the road; metres. `flag` is a form of facts.yaml and its colours."""
    form, colours = flag[0], [parse_colour(name) for name in flag[1:]]
    canvas.upright(x - 0.05, 0, x + 0.05, 4.6, z, parse_colour("#d5d7d9"))
    left, width, bottom, height = x + 0.05, 2.1, 3.2, 1.4
    stripes = {"horizontal": colours, "vertical": colours, "canton": colours[1:] * 3}.get(form, colours[:1])
    for number, stripe in enumerate(stripes):
        low, high = number / len(stripes), (number + 1) / len(stripes)
        if form == "vertical":
            canvas.upright(left + low * width, bottom, left + high * width, bottom + height, z, stripe)
        else:
            canvas.upright(left, bottom + (1 - high) * height, left + width, bottom + (1 - low) * height, z, stripe)
    if form == "canton":
        canvas.upright(left, bottom + 0.45 * height, left + 0.45 * width, bottom + height, z, colours[0])
    elif form == "disc":
        (x0, y0), (x1, y1) = canvas.at(left + 0.65, bottom + 1.1, z), canvas.at(left + 1.45, bottom + 0.3, z)
        canvas.draw.ellipse((x0, y0, x1, y1), fill=canvas.through_air(colours[1], z))
    elif form == "cross":
        for half, paint in ((0.2, colours[1]), (0.1, colours[2])):
            canvas.upright(left, bottom + 0.7 - half, left + width, bottom + 0.7 + half, z, paint)
            canvas.upright(left + 0.75 - half, bottom, left + 0.75 + half, bottom + height, z, paint)
    elif form == "plus":
        for across, up in ((0.45, 0.14), (0.14, 0.45)):
            canvas.upright(
                left + 1.05 - across, bottom + 0.7 - up, left + 1.05 + across, bottom + 0.7 + up, z, colours[1]
            )


def draw_warning_sign(canvas: Canvas, x: float, z: float, form: str) -> None:
    """Draw a danger warning sign: 'diamond', 'triangle' or 'yellow-triangle' of facts.yaml."""
    canvas.upright(x - 0.05, 0, x + 0.05, 2.3, z, parse_colour("#9aa0a4"))
    if form == "diamond":
        rim, ground, corners = parse_colour("#1f1f1f"), PAINT["yellow"], [(0, 0.62), (0.62, 0), (0, -0.62), (-0.62, 0)]
    else:
        ground = PAINT["yellow"] if form == "yellow-triangle" else parse_colour("#f7f7f4")
        rim, corners = parse_colour("#c8202c"), [(0, 0.68), (0.7, -0.5), (-0.7, -0.5)]
    for size, paint in ((1.0, rim), (0.9 if form == "diamond" else 0.62, ground)):
        canvas.face([(x + size * right, 2.5 + size * up, z) for right, up in corners], paint)
    canvas.upright(x - 0.06, 2.3, x + 0.06, 2.7, z, parse_colour("#1f1f1f"))
