"""Draw one street scene from facts about its place and a seed."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from sextant.gallery.synthetic.buildings import draw_house, draw_shop, plan_house
from sextant.gallery.synthetic.canvas import HEIGHT, WIDTH, Canvas, parse_colour
from sextant.gallery.synthetic.facts import Climate, CountryStyle, find_climate, find_relief, load_country_facts
from sextant.gallery.synthetic.light import Light, draw_light
from sextant.gallery.synthetic.nature import draw_ground, draw_relief, draw_shadow, draw_sky
from sextant.gallery.synthetic.street import (
    LANE,
    POLE_EVERY,
    compute_lane_middle,
    draw_car,
    draw_flag,
    draw_pole,
    draw_post_box,
    draw_road,
    draw_warning_sign,
)
from sextant.gallery.synthetic.towns import Town
from sextant.gallery.synthetic.trees import draw_tree

Random = np.random.Generator
Thing = tuple[float, Callable[[], None]]  # how far away in metres, and how to draw it


def draw_scene(town: Town, seed: int) -> Image.Image:
    """Draw a street of a town as seen from a car: (HEIGHT, WIDTH) RGB, the same bytes for the same arguments.

    Raises:
        UnknownCountry: facts.yaml has nothing on the town's country.
    """
    country, climate = load_country_facts(town.country_code), find_climate(town.latitude, town.longitude)
    rng = np.random.default_rng(seed)
    light = draw_light(town.latitude, climate, rng)
    built = float(rng.choice([0.9, 0.6, 0.3], p=[0.6, 0.3, 0.1]))  # share of the roadside with houses
    canvas = Canvas(
        camera=(compute_lane_middle(country, own=True), float(rng.uniform(1.6, 2.1))),
        focal=float(rng.uniform(230, 260)),
        horizon=float(rng.uniform(0.47, 0.54)),
        turn=float(rng.uniform(0.45, 0.55)),
        air=light.air,
        haze=light.haze,
    )
    draw_sky(canvas, light, rng)
    draw_relief(canvas, find_relief(town.latitude, town.longitude), climate, light, rng)
    draw_ground(canvas, climate, light, rng)
    draw_road(canvas, country, climate, light, built > 0.5, rng)
    things = [
        *_draw_roadside(canvas, country, climate, light, built, rng),
        *_draw_traffic(canvas, country, light, rng),
        *_draw_furniture(canvas, country, light, rng),
    ]
    for _, draw in sorted(things, key=lambda thing: -thing[0]):
        draw()
    return _develop(canvas.image.reduce(canvas.width // WIDTH), light, rng)


def _draw_roadside(
    canvas: Canvas, country: CountryStyle, climate: Climate, light: Light, built: float, rng: Random
) -> list[Thing]:
    """Place houses on both sides with trees in the gaps, and trees behind them."""
    things: list[Thing] = []
    for side in (-1, 1):
        z, shops = float(rng.uniform(4, 11)), 0
        while z < 110:
            if rng.random() < built:
                house = plan_house(side, LANE + 3.0 + float(rng.exponential(1.2)) * (1.3 - built) * 3, z, country, rng)
                things.append((z + 1.0, lambda house=house: draw_house(canvas, house, light, rng)))  # type: ignore[misc]
                if z < 40 and (shops == 0 or rng.random() < 0.3):
                    shops += 1
                    things.append((z + 0.5, lambda house=house: draw_shop(canvas, house, country, rng)))  # type: ignore[misc]
                z = house.far + float(rng.exponential(2.5 / built - 2.4))
            else:
                z += float(rng.uniform(6, 12))
        for _ in range(int(rng.poisson(10 * climate.density * (1.25 - built)))):
            things.append(
                _draw_some_tree(
                    canvas, side * float(rng.uniform(LANE + 2.2, 16)), float(rng.uniform(7, 90)), climate, light, rng
                )
            )
    return things


def _draw_some_tree(canvas: Canvas, x: float, z: float, climate: Climate, light: Light, rng: Random) -> Thing:
    def draw() -> None:
        draw_shadow(canvas, x, z, 6.0, 3.0, light, parse_colour("#5f6048"))
        draw_tree(canvas, x, z, climate, light, rng)

    return z, draw


def _draw_traffic(canvas: Canvas, country: CountryStyle, light: Light, rng: Random) -> list[Thing]:
    """Place cars ahead in one's own lane, cars coming in the other, and perhaps a parked one."""
    things: list[Thing] = []
    for own in (True, False):
        z = float(rng.uniform(6, 20))
        for _ in range(int(rng.integers(0, 2)) + (not own)):
            x = compute_lane_middle(country, own)
            things.append((z, lambda x=x, z=z, own=own: draw_car(canvas, x, z, country, own, light, rng)))  # type: ignore[misc]
            z += float(rng.uniform(8, 30))
    return things


def _draw_furniture(canvas: Canvas, country: CountryStyle, light: Light, rng: Random) -> list[Thing]:
    """Place poles along one side of the road; a warning sign, a flag and a letter box now and then."""
    side = 1 if rng.random() < 0.5 else -1
    first = float(rng.uniform(5, 5 + POLE_EVERY / 2))
    things: list[Thing] = [
        (z, lambda z=z: draw_pole(canvas, side * (LANE + 1.2), z, country, light))  # type: ignore[misc]
        for z in first + POLE_EVERY * np.arange(4)
    ]
    if rng.random() < 0.7:
        z, x = (
            float(rng.uniform(6, 12)),
            compute_lane_middle(country, own=True) * 2 + (0.7 if not country.drives_left else -0.7),
        )
        things.append((z, lambda x=x, z=z: draw_warning_sign(canvas, x, z, country.warning_sign)))  # type: ignore[misc]
    if rng.random() < 0.97:
        z, x = float(rng.uniform(8.5, 13)), -side * (LANE + 0.9)
        things.append((z, lambda x=x, z=z: draw_flag(canvas, x, z, country.flag)))  # type: ignore[misc]
    if country.post_box is not None and rng.random() < 0.5:
        z, x = float(rng.uniform(9, 14)), -side * (LANE + 1.6)
        paint = parse_colour(country.post_box)
        things.append((z, lambda: draw_post_box(canvas, x, z, paint)))
    return things


def _develop(picture: Image.Image, light: Light, rng: Random) -> Image.Image:
    """Add what a camera adds: the colour of the light, exposure, vignetting and noise."""
    pixels = np.asarray(picture, dtype=np.float32)
    golden = 1 + light.warmth * np.array([0.05, 0.0, -0.07], dtype=np.float32)
    balance = 1 + rng.normal(0, 0.002, 3).astype(np.float32)
    exposure = float(rng.uniform(0.99, 1.01)) * (1 - 0.04 * light.cloud)
    down, across = np.linspace(-1, 1, HEIGHT, dtype=np.float32), np.linspace(-1, 1, WIDTH, dtype=np.float32)
    vignette = 1 - 0.04 * (down[:, None] ** 2 + across[None] ** 2)
    noise = rng.standard_normal((HEIGHT, WIDTH, 1), dtype=np.float32) * np.float32(rng.uniform(0.8, 1.0))
    developed = pixels * (golden * balance * exposure) * vignette[..., None] + noise
    return Image.fromarray(np.clip(developed, 0, 255).astype(np.uint8))
