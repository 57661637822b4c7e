"""Draw houses along the road, some with shops."""

from dataclasses import dataclass

import numpy as np

from sextant.gallery.synthetic.canvas import Canvas, Colour, mix_colours, parse_colour, shade_colour
from sextant.gallery.synthetic.facts import CountryStyle, Houses
from sextant.gallery.synthetic.lettering import draw_sign_text
from sextant.gallery.synthetic.light import Light
from sextant.gallery.synthetic.nature import SNOW

STOREY = 3.0  # metres
WINDOW_EVERY = 3.2  # metres of facade
GLASS = parse_colour("#4a5866")
RISE = {"gable": 0.45, "steep": 0.75, "hip": 0.35, "shed": 0.15}  # of half the depth of the house
SIGN_COLOURS = (  # ground and ink; the plain white board is the commonest
    ("#f4f1e8", "#7a1f1f"),
    ("#f4f1e8", "#7a1f1f"),
    ("#f4f1e8", "#7a1f1f"),
    ("#1f4f8f", "#f7f7f2"),
    ("#f4f1e8", "#7a1f1f"),
    ("#b3262b", "#fdf6e3"),
)


@dataclass(frozen=True)
class House:
    """A box beside the road; metres. `side` is -1 left of the road and 1 right of it."""

    side: int
    front: float
    near: float
    far: float
    depth: float
    storeys: int
    style: Houses
    wall: Colour
    roof: Colour

    @property
    def height(self) -> float:
        return self.storeys * STOREY + 0.4


def plan_house(side: int, front: float, near: float, country: CountryStyle, rng: np.random.Generator) -> House:
    """Plan a house in one of the country's styles, its near corner given in metres."""
    style = country.houses[0] if len(country.houses) == 1 or rng.random() < 0.72 else country.houses[-1]
    storeys = int(rng.integers(style.storeys[0], style.storeys[1] + 1))
    length = float(rng.uniform(7, 13)) * (2.0 if storeys >= 5 else 1.0)
    wall = shade_colour(parse_colour(style.walls[int(rng.integers(len(style.walls)))]), float(rng.uniform(0.98, 1.02)))
    roof = parse_colour(style.roofs[int(rng.integers(len(style.roofs)))])
    return House(side, front, near, near + length, float(rng.uniform(8, 11)), storeys, style, wall, roof)


def draw_house(canvas: Canvas, house: House, light: Light, rng: np.random.Generator) -> None:
    """Draw the end towards the camera, the side along the road, the windows and the roof."""
    lit = light.sun_from_left == (house.side > 0)
    contrast = 0.25 * (1 - light.cloud)
    front_wall = shade_colour(house.wall, 1.04 if lit else 1.0 - contrast)
    end_wall = shade_colour(house.wall, 0.92)
    x, back = house.side * house.front, house.side * (house.front + house.depth)
    canvas.upright(min(x, back), 0, max(x, back), house.height, house.near, end_wall)
    _draw_roof(canvas, house, end_wall, mix_colours(house.roof, SNOW, 0.8) if light.snow else house.roof)
    canvas.wall(x, house.near, house.far, 0, house.height, front_wall)
    _draw_windows(canvas, house, front_wall, rng)


def _draw_roof(canvas: Canvas, house: House, end_wall: Colour, tiles: Colour) -> None:
    x, back, top = house.side * house.front, house.side * (house.front + house.depth), house.height
    if house.style.roof == "flat":
        canvas.wall(x - 0.15 * house.side, house.near, house.far, top - 0.2, top + 0.5, tiles)
        canvas.upright(min(x, back), top - 0.2, max(x, back), top + 0.5, house.near, shade_colour(tiles, 0.9))
        return
    ridge_x = (x + back) / 2 if house.style.roof != "shed" else back
    ridge_y = top + RISE[house.style.roof] * house.depth / 2
    inset = 0.3 * (house.far - house.near) if house.style.roof == "hip" else 0.0
    eave = x - 0.4 * house.side
    end = [(x, top, house.near), (ridge_x, ridge_y, house.near + inset), (back, top, house.near)]
    canvas.face(end, shade_colour(tiles, 0.8) if inset else end_wall)
    slope = [(eave, top - 0.1, house.near), (eave, top - 0.1, house.far)]
    ridge = [(ridge_x, ridge_y, house.far - inset), (ridge_x, ridge_y, house.near + inset)]
    canvas.face(slope + ridge, tiles)


def _draw_windows(canvas: Canvas, house: House, wall: Colour, rng: np.random.Generator) -> None:
    x = house.side * (house.front - 0.02)
    count = max(1, int((house.far - house.near) / WINDOW_EVERY))
    starts = np.linspace(house.near, house.far, count + 1)[:-1] + 0.9
    frame = shade_colour(wall, 1.12) if sum(wall) < 520 else shade_colour(wall, 0.85)
    for storey in range(house.storeys):
        sill = storey * STOREY + 0.9
        for start in starts:
            canvas.wall(x, start - 0.12, start + 1.32, sill - 0.12, sill + 1.52, frame)
            canvas.wall(x, start, start + 1.2, sill, sill + 1.4, shade_colour(GLASS, rng.uniform(0.85, 1.15)))


def draw_shop(canvas: Canvas, house: House, country: CountryStyle, rng: np.random.Generator) -> None:
    """Draw a shop window with an awning along the ground floor, and a sign across the pavement."""
    ground, ink = (parse_colour(name) for name in SIGN_COLOURS[int(rng.integers(len(SIGN_COLOURS)))])
    x = house.side * (house.front - 0.05)
    far = min(house.far, house.near + 8)
    canvas.wall(x, house.near + 0.5, far - 0.5, 0.3, 2.5, shade_colour(GLASS, 0.8))
    out = house.side * (house.front - 1.3)
    awning = [(x, 3.0, house.near + 0.3), (x, 3.0, far - 0.3), (out, 2.5, far - 0.3), (out, 2.5, house.near + 0.3)]
    canvas.face(awning, ground)
    text = draw_sign_text(country, rng)
    width = min(3.4, max(1.6, 0.75 * text.width / text.height * 1.4))
    bottom, z = 3.2, house.near + 0.2
    inner, outer = sorted((x, x - house.side * width))
    canvas.upright(inner - 0.08, bottom - 0.08, outer + 0.08, bottom + 1.08, z, shade_colour(ground, 0.7))
    canvas.upright(inner, bottom, outer, bottom + 1.0, z, ground)
    canvas.stamp(text, inner + 0.12, bottom + 0.06, outer - 0.12, bottom + 0.94, z, ink)
