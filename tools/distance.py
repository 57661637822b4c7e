"""The distance tool."""

from typing import Any

from langchain_core.tools import tool
from pydantic import BaseModel, Field

from sextant.geo.sphere import compute_bearing_degrees, compute_great_circle_km


class Distance(BaseModel):
    """Two places, in degrees."""

    latitude_a: float = Field(ge=-90, le=90)
    longitude_a: float = Field(ge=-180, le=180)
    latitude_b: float = Field(ge=-90, le=90)
    longitude_b: float = Field(ge=-180, le=180)


@tool("distance", args_schema=Distance, response_format="content_and_artifact")
def distance(
    latitude_a: float, longitude_a: float, latitude_b: float, longitude_b: float
) -> tuple[str, dict[str, Any]]:
    """Great-circle distance between two places. Use it to see whether two candidates can be the same place."""
    a, b = (latitude_a, longitude_a), (latitude_b, longitude_b)
    kilometres, bearing = float(compute_great_circle_km(a, b)), float(compute_bearing_degrees(a, b))
    return f"{kilometres:.1f} km", {"distance_km": kilometres, "bearing_degrees": bearing}
