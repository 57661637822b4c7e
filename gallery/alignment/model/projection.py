"""The two map projections under the location encoder: positions to coordinates near the unit square.

Weights trained on one projection are noise on the other and nothing would complain, so the projection's name
is stored with the weights (``config.py``).
"""

import math
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

Projection = Literal["equal-earth", "mercator"]

# Šavrič, Patterson, Jenny (2018), "The Equal Earth map projection", equation 6.
_EQUAL_EARTH = (1.340264, -0.081106, 0.000893, 0.003796)
# GeoCLIP's scale: equal-earth x of the antimeridian on the equator comes out near 1.
_EQUAL_EARTH_SCALE = 66.50336 / 180
# The latitude at which Web Mercator's y reaches its x extent, 20037508.34 m; positions beyond it are moved to it.
MERCATOR_LIMIT_DEGREES = math.degrees(math.atan(math.sinh(math.pi)))


def project_equal_earth(positions: Tensor) -> Tensor:
    """Return Equal Earth as GeoCLIP feeds it: scaled and divided by 180, order (x, y).

    Args:
        positions: (..., 2) latitude and longitude in degrees.

    Returns:
        (..., 2) of (x, y), same dtype, x within ±1.0 and y within ±0.49.
    """
    a1, a2, a3, a4 = _EQUAL_EARTH
    latitude, longitude = torch.deg2rad(positions).unbind(-1)
    theta = torch.asin(math.sqrt(3) / 2 * torch.sin(latitude))
    slope = a1 + 3 * a2 * theta**2 + 7 * a3 * theta**6 + 9 * a4 * theta**8
    x = 2 * math.sqrt(3) * longitude * torch.cos(theta) / (3 * slope)
    y = a1 * theta + a2 * theta**3 + a3 * theta**7 + a4 * theta**9
    return torch.stack((x, y), dim=-1) * _EQUAL_EARTH_SCALE


def project_mercator(positions: Tensor) -> Tensor:
    """Return Web Mercator (EPSG:3857) divided by its extent as G3 feeds it, order (y, x).

    The poles lie at infinity there: latitudes beyond ±85.0511° are taken as that latitude.

    Args:
        positions: (..., 2) latitude and longitude in degrees.

    Returns:
        (..., 2) of (y, x), same dtype, both within ±1.
    """
    latitude, longitude = positions.unbind(-1)
    clamped = torch.deg2rad(latitude.clamp(-MERCATOR_LIMIT_DEGREES, MERCATOR_LIMIT_DEGREES))
    y = torch.asinh(torch.tan(clamped)) / math.pi
    return torch.stack((y, longitude / 180), dim=-1)


PROJECTIONS: dict[Projection, Callable[[Tensor], Tensor]] = {
    "equal-earth": project_equal_earth,
    "mercator": project_mercator,
}
