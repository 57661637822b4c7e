"""The client of open services against a loopback server that speaks their protocols, with faults."""

import contextlib
import socket

import pytest

from sextant.atlas.gazetteer.lookup import SearchCircle
from sextant.atlas.map_index.query import read_questions
from sextant.atlas.online import addresses
from sextant.atlas.online.addresses import NotPublic, resolve_host
from sextant.atlas.online.client import Limits, OnlineClient, OnlineError, collect_sent
from sextant.atlas.online.names import search_nominatim, search_photon
from sextant.atlas.online.overpass import describe_overpass, list_overpass_sights, search_overpass, write_query
from sextant.atlas.online.pictures import list_pictures, looks_at
from sextant.atlas.online.services import Endpoint, Service, read_services
from sextant.atlas.online.turns import Turns
from sextant.atlas.online.web import search_web
from sextant.atlas.online.wiki import list_articles
from sextant.base.errors import WrongUse
from tests.support.open_services import HERE, OpenServices, busy, large, page, redirect, remark, send, slow

CIRCLE = SearchCircle(*HERE, 2.0)
SERVICES = tuple(Service)


@pytest.fixture
def services():
    with OpenServices() as running:
        yield running


@pytest.fixture
def client(services, tmp_path):
    limits = Limits(seconds=0.4, reply_bytes=1_000_000, picture_bytes=1_000_000, patience_s=0.5)
    return OnlineClient(read_services(services.name(*SERVICES).split(",")), tmp_path / "online", limits)


def test_every_service_answers_in_the_terms_of_the_map_tools(client, services):
    (bakery, castle) = search_overpass(client, "bakery within 300 m of castle", CIRCLE, 6)
    assert (bakery.name, bakery.kind, bakery.source) == ("Bäckerei Krümel", "bakery", "overpass")
    assert castle.kind == "castle" and 0.2 < castle.km < 0.4
    lines = describe_overpass(client, *HERE, 200.0).list_lines()
    assert any(line.startswith("street: Städtle") for line in lines) and any("Bäckerei" in line for line in lines)
    assert {hit.name for hit in list_overpass_sights(client, *HERE, 2.0)} >= {"Schloss Vaduz"}
    for search in (search_nominatim, search_photon):
        (hit,) = search(client, "Bäckerei Krümel", CIRCLE, 6)
        assert (hit.name, hit.kind, round(hit.latitude, 3)) == ("Bäckerei Krümel", "bakery", 47.14), search
        assert "Vaduz" in hit.address
    (article,) = list_articles(client, *HERE, 2.0, 10)
    assert (article.name, article.km) == ("Vaduz Castle", 0.28)
    assert search_web(client, "Krümel", 5)[0].site == "example.org"
    for service, licence in (
        ("commons", "CC BY-SA 4.0, A. Painter"),
        ("panoramax", "CC-BY-SA-4.0"),
        ("mapillary", "CC BY-SA 4.0"),
    ):
        (found,) = list_pictures(client, Service(service), *HERE, 100.0, token="secret")
        assert found.licence == licence and found.metres < 50
        assert client.fetch_picture(found.service, found.url)[:2] == b"\xff\xd8"
    assert all(agent.startswith("sextant-geo/") for agent in services.agents)


def test_equal_questions_are_asked_once_and_what_is_sent_is_listed_without_secrets(client, services):
    with collect_sent() as sent:
        for _ in range(2):
            list_pictures(client, Service.MAPILLARY, *HERE, 100.0, token="MLY|secret")
    assert len(services.requests) == len(sent) == 1
    assert services.requests[0][1]["access_token"] == "MLY|secret"
    assert sent[0]["host"] == "127.0.0.1" and "bbox" in sent[0]["request"] and "secret" not in str(sent)


def test_a_busy_service_is_asked_again_after_the_time_it_names_or_left_alone(client, services, tmp_path):
    services.faults = [busy(0)]
    assert search_photon(client, "Krümel", None, 3)
    services.faults = [busy(120)]
    with pytest.raises(OnlineError, match="busy"):
        search_photon(client, "another", None, 3)
    asked = len(services.requests)
    with pytest.raises(OnlineError, match="asks for a pause"):
        search_photon(client, "a third", None, 3)
    with pytest.raises(OnlineError, match="asks for a pause"):  # nor does another process of the home
        search_photon(OnlineClient(client.endpoints, tmp_path / "online"), "a fourth", None, 3)
    assert len(services.requests) == asked


@pytest.mark.parametrize("said", ["inf", "nan", "1e99", "-5", "soon", "Wed, 21 Oct 2199 07:28:00 GMT"])
def test_a_busy_service_is_left_alone_for_a_day_at_most(client, services, said, tmp_path):
    def refuse(handler):
        send(handler, b"", "text/plain", 429, {"Retry-After": said})

    services.faults = [refuse] * 2
    with contextlib.suppress(OnlineError):
        search_photon(client, "Krümel", None, 3)
    pauses = [Turns(tmp_path / "online").find_pause_s(file.stem) for file in (tmp_path / "online").glob("*.until")]
    assert all(0 < seconds <= 86_400 for seconds in pauses) and pauses


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (remark(), "in time"),
        (page(), "JSON"),
        (large(), "larger"),
        (slow(2), "too long"),
        (redirect("http://127.0.0.2/"), "another server"),
    ],
)
def test_a_faulty_reply_is_one_line_and_is_not_kept(client, services, fault, words):
    services.faults = [fault]
    with pytest.raises(OnlineError, match=words):
        search_overpass(client, "castle", CIRCLE, 3)
    assert search_overpass(client, "castle", CIRCLE, 3)


def test_a_redirect_on_the_same_server_is_followed(client, services):
    services.faults = [redirect("/search?q=other&format=jsonv2")]
    assert search_nominatim(client, "Krümel", None, 3)


@pytest.mark.parametrize(
    ("azimuth", "shows"),
    [(0, True), (300, True), (61, False), (180, False), (-5, True), (None, True), ("N", True), (float("nan"), True)],
)
def test_pictures_that_look_away_from_the_place_are_left_out(azimuth, shows):
    """The picture was taken 33 m south of the place."""
    assert looks_at(HERE[0] - 0.0003, HERE[1], azimuth, *HERE) is shows


def test_pictures_that_look_away_are_not_listed(client, services, monkeypatch):
    south = {"geometry": {"coordinates": [HERE[1], HERE[0] - 0.0003]}, "assets": {"sd": {"href": "https://x/1.jpg"}}}
    away, towards = ({**south, "id": name, "properties": {"view:azimuth": at}} for name, at in (("a", 180), ("t", 5)))
    sphere = {
        **away,
        "id": "s",
        "properties": {"view:azimuth": 180, "pers:interior_orientation": {"field_of_view": 360}},
    }
    monkeypatch.setattr(services, "panoramax", lambda asked: {"features": [away, towards, sphere]})
    assert [one.id for one in list_pictures(client, Service.PANORAMAX, *HERE, 100.0)] == ["s", "t"]
    image = {"computed_geometry": {"coordinates": [HERE[1], HERE[0] - 0.0003]}, "thumb_1024_url": "https://x/1.jpg"}
    seen = [{**image, "id": "a", "compass_angle": 200.0}, {**image, "id": "t", "compass_angle": 340.0}]
    monkeypatch.setattr(services, "mapillary", lambda asked: {"data": seen})
    assert [one.id for one in list_pictures(client, Service.MAPILLARY, *HERE, 100.0, token="x")] == ["t"]


def test_pictures_of_other_hosts_are_not_fetched(client, services):
    for url in (
        "http://127.0.0.1:1/x.jpg",
        "https://evil.example/x.jpg",
        "file:///etc/passwd",
        "http://upload.wikimedia.org/x",
    ):
        with pytest.raises(OnlineError, match="another host"):
            client.fetch_picture(Service.COMMONS, url)
    assert not services.requests


def test_only_https_or_this_machine_may_be_named():
    for bad in (
        "searxng",
        "overpass=http://example.org",
        "photon=http://10.0.0.1",
        "commons=https://u:p@x.org",
        "photon=ftp://x",
        "x",
    ):
        with pytest.raises(WrongUse, match="--online"):
            read_services([bad])
    assert read_services(["photon=http://localhost:80/"])[Service.PHOTON].base == "http://localhost:80"


def test_names_that_lead_into_a_private_network_are_not_asked(monkeypatch):
    led = {
        "ok.example": "93.184.216.34",
        "evil.example": "10.0.0.7",
        "rebound.example": "127.0.0.1",
        "six.example": "fd00::1",
        "meta.example": "169.254.169.254",
    }
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda host, port, **_: [(0, 0, 0, "", (led[host], port))])
    for host, address in led.items():
        endpoint = Endpoint(Service.PHOTON, f"https://{host}", named=True)
        if host == "ok.example":
            assert resolve_host(host, 443, endpoint) == address
        else:
            with pytest.raises(NotPublic, match=address):
                resolve_host(host, 443, endpoint)
    assert issubclass(socket.gaierror, OSError)


def test_questions_are_written_so_that_foreign_text_stays_inside_its_quotes():
    query = write_query(read_questions('x"];out;//\\ (a)')[-1], CIRCLE)
    assert '\\"' in query and query.count('"') - query.count('\\"') == 4
    crossing = write_query(read_questions("Städtle / Aeulestrasse")[0], CIRCLE)
    assert "node(w.a)(w.b)" in crossing and "^Aeulestrasse$" in crossing
    beside = write_query(read_questions("church within 100 m of railway station")[0], CIRCLE)
    assert '["railway"="station"](around:2000' in beside and "(around.c0:100)" in beside


def test_turns_keep_the_pause_over_all_clients(tmp_path, monkeypatch):
    waited = []
    monkeypatch.setattr("sextant.atlas.online.turns.time.sleep", waited.append)
    for _ in range(3):
        Turns(tmp_path).wait("nominatim", 5.0)
    assert len(waited) == 2 and all(4 < seconds <= 5 for seconds in waited)
