"""The clients against real servers, where somebody has set some up (docs/tools.md says how); else skipped.

``TEST_NOMINATIM`` is the address of a Nominatim over the extract of Liechtenstein, ``TEST_STAC`` of a STAC server
below ``/api`` that holds a picture within 50 m of 47.1410, 9.5215.
"""

import os

import pytest

from sextant.atlas.gazetteer.lookup import SearchCircle
from sextant.atlas.online.client import OnlineClient
from sextant.atlas.online.names import search_nominatim
from sextant.atlas.online.pictures import list_pictures
from sextant.atlas.online.services import Service, read_services
from sextant.geo.sphere import compute_great_circle_km
from tests.support.open_services import HERE

pytestmark = pytest.mark.slow


def make_client(service, folder):
    address = os.environ.get(f"TEST_{'STAC' if service is Service.PANORAMAX else service.upper()}")
    if not address:
        pytest.skip(f"no real {service} here; name its address in TEST_NOMINATIM or TEST_STAC")
    return OnlineClient(read_services([f"{service}={address}"]), folder / "online")


@pytest.mark.parametrize(
    ("question", "kind", "place", "km"),
    [
        ("Städtle 32, Vaduz", "museum", (47.1393, 9.5222), 0.1),
        ("Burg Gutenberg, Balzers", "building", (47.0656, 9.5000), 0.2),
        ("Bahnhof Schaan-Vaduz", "railway station", (47.1685, 9.5083), 0.2),
    ],
)
def test_a_real_nominatim_finds_names_and_addresses(question, kind, place, km, tmp_path):
    hits = search_nominatim(make_client(Service.NOMINATIM, tmp_path), question, None, 3)
    assert hits[0].kind == kind and float(compute_great_circle_km((hits[0].latitude, hits[0].longitude), place)) < km


def test_a_real_nominatim_stays_inside_the_circle_and_says_nothing_of_nonsense(tmp_path):
    client = make_client(Service.NOMINATIM, tmp_path)
    hits = search_nominatim(client, "Landstrasse", SearchCircle(47.165, 9.51, 3.0), 5)
    assert hits and all(hit.name == "Landstrasse" and hit.km < 5 for hit in hits)
    assert search_nominatim(client, "nothing of the kind", None, 3) == []


def test_a_real_stac_server_lists_the_pictures_near_a_place(tmp_path):
    found = list_pictures(make_client(Service.PANORAMAX, tmp_path), Service.PANORAMAX, *HERE, 50.0)
    assert found and all(one.metres <= 50 and one.url.startswith("http") and one.licence for one in found)
    assert [one.metres for one in found] == sorted(one.metres for one in found)
