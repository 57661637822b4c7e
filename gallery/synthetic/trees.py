"""Draw trees: one small drawing for each kind that climate.yaml names."""

from collections.abc import Callable
from math import cos, pi, sin

import numpy as np

from sextant.gallery.synthetic.canvas import Canvas, Colour, Point, mix_colours, parse_colour, shade_colour
from sextant.gallery.synthetic.facts import Climate
from sextant.gallery.synthetic.light import Light
from sextant.gallery.synthetic.nature import SNOW

Random = np.random.Generator

BARK = parse_colour("#5f4a38")


def draw_tree(canvas: Canvas, x: float, z: float, climate: Climate, light: Light, rng: Random) -> None:
    """Draw a tree of the climate at a place in metres."""
    kinds, shares = zip(*climate.trees.items(), strict=True)
    kind = kinds[int(rng.choice(len(kinds), p=np.array(shares) / sum(shares)))]
    leaf = shade_colour(parse_colour(climate.leaves[int(rng.integers(len(climate.leaves)))]), rng.uniform(0.95, 1.05))
    if light.snow:
        leaf = mix_colours(leaf, SNOW, 0.35)
    foot = canvas.at(x, 0, z)
    _TREES[kind](canvas, foot, canvas.scale(z), z, leaf, rng)


Drawer = Callable[[Canvas, Point, float, float, Colour, Random], None]


def _draw_trunk(canvas: Canvas, foot: Point, height: float, width: float, z: float, bark: Colour) -> None:
    x, y = foot
    canvas.draw.rectangle((x - width / 2, y - height, x + width / 2, y), fill=canvas.through_air(bark, z))


def _draw_crown(canvas: Canvas, centre: Point, across: float, up: float, z: float, leaf: Colour, rng: Random) -> None:
    """Draw a round crown of leaf clumps, darker below and lighter above."""
    x, y = centre
    canvas.draw.ellipse((x - across, y - up, x + across, y + up), fill=canvas.through_air(shade_colour(leaf, 0.75), z))
    for turn in rng.uniform(0, 2 * pi, 14):
        left, top = x + 0.65 * across * cos(turn), y + 0.65 * up * sin(turn)
        reach = 0.42 * rng.uniform(0.7, 1.1)
        tone = canvas.through_air(shade_colour(leaf, 0.95 - 0.22 * sin(turn) + rng.uniform(-0.06, 0.06)), z)
        canvas.draw.ellipse(
            (left - reach * across, top - reach * up, left + reach * across, top + reach * up), fill=tone
        )


def _draw_broadleaf(canvas: Canvas, foot: Point, metre: float, z: float, leaf: Colour, rng: Random) -> None:
    height, spread = metre * rng.uniform(6, 10), metre * rng.uniform(2.2, 3.6)
    _draw_trunk(canvas, foot, height * 0.6, 0.4 * metre, z, BARK)
    _draw_crown(canvas, (foot[0], foot[1] - height * 0.65), spread, height * 0.36, z, leaf, rng)


def _draw_jungle(canvas: Canvas, foot: Point, metre: float, z: float, leaf: Colour, rng: Random) -> None:
    height = metre * rng.uniform(8, 14)
    _draw_trunk(canvas, foot, height * 0.7, 0.5 * metre, z, BARK)
    for level in (0.35, 0.6, 0.85):
        spread = metre * rng.uniform(2.0, 3.8)
        _draw_crown(
            canvas, (foot[0] + metre * rng.uniform(-1, 1), foot[1] - height * level), spread, height * 0.2, z, leaf, rng
        )


def _draw_conifer(canvas: Canvas, foot: Point, metre: float, z: float, leaf: Colour, rng: Random) -> None:
    x, y = foot
    height, spread = metre * rng.uniform(7, 14), metre * rng.uniform(1.4, 2.2)
    _draw_trunk(canvas, foot, height * 0.2, 0.35 * metre, z, BARK)
    for level in np.linspace(0.1, 0.75, 6):
        half, base = spread * (1.05 - level), y - height * level
        tone = canvas.through_air(shade_colour(leaf, 0.8 + 0.3 * level), z)
        canvas.draw.polygon([(x - half, base), (x + half, base), (x, base - height * 0.3)], fill=tone)


def _draw_birch(canvas: Canvas, foot: Point, metre: float, z: float, leaf: Colour, rng: Random) -> None:
    height = metre * rng.uniform(7, 11)
    _draw_trunk(canvas, foot, height * 0.9, 0.25 * metre, z, parse_colour("#e6e4dc"))
    _draw_crown(canvas, (foot[0], foot[1] - height * 0.68), metre * 1.5, height * 0.36, z, shade_colour(leaf, 1.2), rng)


def _draw_poplar(canvas: Canvas, foot: Point, metre: float, z: float, leaf: Colour, rng: Random) -> None:
    height = metre * rng.uniform(8, 13)
    _draw_trunk(canvas, foot, height * 0.3, 0.35 * metre, z, BARK)
    _draw_crown(canvas, (foot[0], foot[1] - height * 0.58), metre * 1.1, height * 0.45, z, leaf, rng)


def _draw_cypress(canvas: Canvas, foot: Point, metre: float, z: float, leaf: Colour, rng: Random) -> None:
    height = metre * rng.uniform(6, 11)
    _draw_crown(canvas, (foot[0], foot[1] - height * 0.5), metre * 0.7, height * 0.5, z, shade_colour(leaf, 0.7), rng)


def _draw_stonepine(canvas: Canvas, foot: Point, metre: float, z: float, leaf: Colour, rng: Random) -> None:
    height = metre * rng.uniform(7, 10)
    _draw_trunk(canvas, foot, height * 0.85, 0.4 * metre, z, parse_colour("#7a5844"))
    _draw_crown(canvas, (foot[0], foot[1] - height * 0.9), metre * 3.2, height * 0.16, z, shade_colour(leaf, 0.85), rng)


def _draw_acacia(canvas: Canvas, foot: Point, metre: float, z: float, leaf: Colour, rng: Random) -> None:
    x, y = foot
    height = metre * rng.uniform(4.5, 7)
    bark = canvas.through_air(BARK, z)
    for lean in (-1.4, -0.5, 0.6, 1.5):
        canvas.draw.line([(x, y), (x + lean * metre, y - height)], fill=bark, width=max(1, int(0.22 * metre)))
    _draw_crown(canvas, (x, y - height), metre * 3.6, height * 0.13, z, leaf, rng)


def _draw_olive(canvas: Canvas, foot: Point, metre: float, z: float, leaf: Colour, rng: Random) -> None:
    height = metre * rng.uniform(3.5, 5)
    _draw_trunk(canvas, foot, height * 0.5, 0.5 * metre, z, parse_colour("#6f6252"))
    _draw_crown(
        canvas,
        (foot[0], foot[1] - height * 0.65),
        metre * 2,
        height * 0.35,
        z,
        mix_colours(leaf, parse_colour("#a3ad92"), 0.5),
        rng,
    )


def _draw_gum(canvas: Canvas, foot: Point, metre: float, z: float, leaf: Colour, rng: Random) -> None:
    height = metre * rng.uniform(8, 13)
    _draw_trunk(canvas, foot, height * 0.9, 0.35 * metre, z, parse_colour("#c9bba6"))
    for level in (0.6, 0.8, 0.95):
        centre = foot[0] + metre * rng.uniform(-1.3, 1.3), foot[1] - height * level
        _draw_crown(canvas, centre, metre * 1.6, height * 0.12, z, mix_colours(leaf, parse_colour("#8a9a84"), 0.4), rng)


def _draw_shrub(canvas: Canvas, foot: Point, metre: float, z: float, leaf: Colour, rng: Random) -> None:
    height = metre * rng.uniform(0.8, 1.8)
    _draw_crown(canvas, (foot[0], foot[1] - height * 0.5), metre * rng.uniform(0.8, 1.6), height * 0.5, z, leaf, rng)


def _draw_cactus(canvas: Canvas, foot: Point, metre: float, z: float, leaf: Colour, rng: Random) -> None:
    x, y = foot
    height, width = metre * rng.uniform(2, 4), 0.35 * metre
    _draw_trunk(canvas, foot, height, width, z, leaf)
    for side in (-1, 1):
        elbow = y - height * rng.uniform(0.35, 0.6)
        _draw_trunk(canvas, (x + side * metre * 0.8, elbow), height * 0.35, width, z, leaf)
        canvas.draw.line(
            [(x, elbow), (x + side * metre * 0.8, elbow)], fill=canvas.through_air(leaf, z), width=max(1, int(width))
        )


def _draw_palm(canvas: Canvas, foot: Point, metre: float, z: float, leaf: Colour, rng: Random) -> None:
    x, y = foot
    height, lean = metre * rng.uniform(6, 11), metre * rng.uniform(-1.5, 1.5)
    bark = canvas.through_air(parse_colour("#8a7458"), z)
    canvas.draw.line(
        [(x, y), (x + lean * 0.3, y - height * 0.5), (x + lean, y - height)], fill=bark, width=max(1, int(0.32 * metre))
    )
    for turn in np.linspace(-0.35, pi + 0.35, 10) + rng.uniform(-0.12, 0.12, 10):
        out, up = metre * 2.6 * cos(turn), metre * 1.7 * sin(turn)
        top = x + lean, y - height
        middle = top[0] + out * 0.6, top[1] - up
        tip = top[0] + out, top[1] - up * 0.4 + metre * 0.9
        tone = canvas.through_air(shade_colour(leaf, 0.85 + 0.3 * sin(turn)), z)
        canvas.draw.line([top, middle, tip], fill=tone, width=max(1, int(0.4 * metre)), joint="curve")


_TREES: dict[str, Drawer] = {
    "broadleaf": _draw_broadleaf,
    "jungle": _draw_jungle,
    "conifer": _draw_conifer,
    "birch": _draw_birch,
    "poplar": _draw_poplar,
    "cypress": _draw_cypress,
    "stonepine": _draw_stonepine,
    "acacia": _draw_acacia,
    "olive": _draw_olive,
    "gum": _draw_gum,
    "shrub": _draw_shrub,
    "cactus": _draw_cactus,
    "palm": _draw_palm,
    "datepalm": _draw_palm,
}
