"""A place that was only named becomes a sight where the home has a gazetteer, through the one door."""

from types import SimpleNamespace

import pytest

from sextant.agent.nodes.answer import name_sight
from sextant.agent.nodes.named_sights import list_finer_names, refine_outcome
from sextant.agent.nodes.verify import make_answer_candidates, read_outcome
from sextant.agent.settings import Settings
from sextant.agent.world.sights import Sights
from sextant.atlas.gazetteer.add import add_source
from sextant.atlas.gazetteer.store import store_path
from tests.atlas.gazetteer.samples import geonames_zip

BRANCH = {"id": "1.plain.0", "round": 1, "variant": "plain", "sample": 0, "temperature": None, "fill": {}}


@pytest.fixture
def deps(tmp_path):
    home = str(tmp_path / "home")
    add_source(store_path(home), geonames_zip(tmp_path))
    sights, asked = Sights(home), []

    def ask(kind, request):
        asked.append(request["name"])
        assert kind == "sight"
        return sights.look_up(request)

    return SimpleNamespace(settings=Settings(gazetteer=True), ask=ask, asked=asked)


def outcome(text):
    return read_outcome([{"role": "assistant", "content": text}])


@pytest.mark.parametrize(
    ("text", "latitude", "longitude"),
    [
        ("The photo was taken at the **Plaza de Armas in Cusco, Peru**.", -13.51668, -71.97878),
        ("Plaza de Armas, Lima, Peru", -12.04596, -77.03054),
        (
            '{"latitude": null, "place": "Eiffel Tower, Paris", "country": "France"}',
            48.8584,
            2.29448,
        ),
    ],
)
def test_the_town_s_centre_becomes_the_sight(deps, text, latitude, longitude):
    found = refine_outcome(outcome(text), deps)
    assert (found["latitude"], found["longitude"], found["precision"]) == (latitude, longitude, "sight")
    assert found["radius_km"] < 1 and found["how"].endswith("gazetteer")
    candidate = make_answer_candidates(found, BRANCH, "m")[0]
    assert (candidate.precision, candidate.radius_km) == ("sight", found["radius_km"])


@pytest.mark.parametrize(
    "text",
    ["Plaza de Armas, Arequipa, Peru", "Cusco, Peru", "48.85, 2.35", "I cannot tell.", "Louvre, Paris, France"],
)
def test_what_the_gazetteer_does_not_hold_there_stays_as_it_was(deps, text):
    assert refine_outcome(outcome(text), deps) == outcome(text)


def test_without_a_gazetteer_nothing_is_asked(deps):
    deps.settings = Settings()
    refine_outcome(outcome("Plaza de Armas, Cusco, Peru"), deps)
    assert deps.asked == []


def test_the_sight_at_the_answer_is_named(deps):
    assert name_sight({"latitude": 48.8585, "longitude": 2.2945}, deps) == "Tour Eiffel"
    assert name_sight({"latitude": 48.9, "longitude": 2.3}, deps) is None


def test_a_home_without_the_file_has_no_sights(tmp_path):
    request = {"name": "Eiffel Tower", "latitude": 48.9, "longitude": 2.3, "radius_km": 10.0}
    assert Sights(str(tmp_path)).look_up(request) == {"sight": None}


def test_names_before_the_last_part_of_an_address_may_be_sights():
    assert list_finer_names("Plaza de Armas in Cusco, Peru") == ["Plaza de Armas", "Cusco"]
    assert list_finer_names("Cusco") == []
