from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from langchain_core.tools import ToolException

from sextant.base.errors import WrongUse
from sextant.geo.sphere import compute_great_circle_km
from sextant.tools.sun import (
    compute_band,
    compute_subsolar_point,
    compute_sun_positions,
    read_time,
    sun_position,
    where_is_sun_at,
)

GOLDEN = (39.742476, -105.1786)
SPA_TIME = datetime(2003, 10, 17, 12, 30, 30, tzinfo=timezone(timedelta(hours=-7)))


def test_declination_is_that_of_meeus_example_25a() -> None:
    assert compute_subsolar_point(datetime(1992, 10, 13, tzinfo=UTC))[0] == pytest.approx(-7.78507, abs=1e-4)


def test_elevation_and_azimuth_are_those_of_the_nrel_solar_position_example() -> None:
    # Reda and Andreas (2004): zenith 50.11162 with refraction of about 0.016, azimuth 194.34024.
    elevation, azimuth = compute_sun_positions(GOLDEN, SPA_TIME)
    assert elevation == pytest.approx(90 - 50.11162 - 0.016, abs=0.01)
    assert azimuth == pytest.approx(194.34024, abs=0.01)


def test_at_the_june_solstice_the_sun_stands_over_the_tropic_of_cancer() -> None:
    assert compute_subsolar_point(datetime(2024, 6, 20, 20, 51, tzinfo=UTC))[0] == pytest.approx(23.436, abs=0.003)


def test_the_sun_is_overhead_where_it_is_overhead() -> None:
    now = datetime(2024, 3, 3, 5, tzinfo=UTC)
    assert compute_sun_positions(compute_subsolar_point(now), now)[0] == pytest.approx(90, abs=1e-3)


def test_positions_broadcast() -> None:
    assert compute_sun_positions(np.zeros((4, 3, 2)), SPA_TIME).shape == (4, 3, 2)


@pytest.mark.parametrize("place", [GOLDEN, (-33.87, 151.21), (64.1, -21.9), (1.3, 103.8), (-17.8, 179.5)])
def test_the_patch_holds_the_place_it_was_seen_from(place: tuple[float, float]) -> None:
    time = datetime(2024, 5, 4, 22, tzinfo=UTC)
    time = next(
        time + timedelta(hours=h)
        for h in range(24)
        if 15 < compute_sun_positions(place, time + timedelta(hours=h))[0] < 75
    )
    elevation, azimuth = compute_sun_positions(place, time)
    found = compute_band(float(elevation), float(azimuth), time, tolerance=3)
    assert found is not None
    assert compute_great_circle_km(found.centre, place) <= found.radius_km
    assert found.latitudes[0] - 1 <= place[0] <= found.latitudes[1] + 1


def test_without_an_azimuth_it_is_a_ring() -> None:
    elevation, _ = compute_sun_positions(GOLDEN, SPA_TIME)
    found = compute_band(float(elevation), None, SPA_TIME, tolerance=2)
    assert found is not None
    assert found.inner_km <= compute_great_circle_km(found.centre, GOLDEN) <= found.radius_km
    assert found.radius_km - found.inner_km == pytest.approx(4 * 111.195, rel=1e-3)


def test_a_direction_where_the_sun_never_is_has_no_patch() -> None:
    # In June even the pole sees the sun at 23 degrees when it stands due south, so nobody sees it set there.
    assert compute_band(-1, 179.0, datetime(2024, 6, 21, 12, tzinfo=UTC), tolerance=1) is None


@pytest.mark.parametrize("text", ["noon", "2024-06-21T12:00:00", "0001-01-01T00:00:00Z", "2024-13-01T00:00:00Z"])
def test_a_time_that_is_unclear_is_refused(text: str) -> None:
    with pytest.raises(WrongUse, match="time"):
        read_time(text)


def test_the_tools_speak_in_one_line() -> None:
    text = sun_position.invoke({"latitude": GOLDEN[0], "longitude": GOLDEN[1], "time": SPA_TIME.isoformat()})
    assert text.startswith("elevation 39.9 degrees, azimuth 194.3 degrees")
    text = where_is_sun_at.invoke({"elevation": 39.9, "azimuth": 194.3, "time": SPA_TIME.isoformat()})
    assert "within" in text and "latitudes" in text
    with pytest.raises(ToolException, match="offset"):
        where_is_sun_at.invoke({"elevation": 39.9, "time": "2024-06-21T12:00:00"})
