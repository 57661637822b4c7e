"""Text in the photo becomes candidates of its own origin, through the one door."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from sextant.agent.nodes.signs import find_signs, look_up_texts, may_be_name, read_texts
from sextant.agent.settings import Settings
from sextant.agent.verification import Pool
from sextant.agent.world.sights import Sights
from sextant.atlas.gazetteer.add import add_source
from sextant.atlas.gazetteer.store import store_path
from tests.agent.verification.pools import LISBON, said

ROWS = (
    "name,latitude,longitude,type\nRua Augusta,38.7100,-9.1370,street\nRua Augusta,38.5,-8.9,street\n"
    "Old Curiosity Inn,51.5,-0.1,sight\n" + "".join(f"High Street,5{n}.5,-1.{n},street\n" for n in range(6))
)


@pytest.fixture
def deps(tmp_path):
    home = str(tmp_path / "home")
    (tmp_path / "own.csv").write_text(ROWS)
    add_source(store_path(home), tmp_path / "own.csv")
    sights, asked = Sights(home), []

    def ask(kind, request):
        assert kind == "signs" and json.loads(json.dumps(request)) == request
        asked.append(request["texts"])
        return json.loads(json.dumps(sights.look_up_signs(request)))

    return SimpleNamespace(settings=Settings(signs=True), ask=ask, asked=asked,
                           recipe=SimpleNamespace(verify="calibrated"))  # fmt: skip


def read_by_tool(*lines):
    quoted = "\n".join(['<quoted from="read_text">', *(f"| {line}" for line in lines), "</quoted>"])
    return [{"role": "tool", "name": "read_text", "content": quoted, "failed": False}]


def look_up(deps, transcripts, pool):
    return find_signs(look_up_texts(pool, transcripts, {}, deps))


def named(deps, transcript, pool=None):
    pool = Pool(said(LISBON)) if pool is None else pool
    return [(one.place, one.latitude, one.id) for one in look_up(deps, {"1.a.0": transcript}, pool)]


def test_the_street_near_an_answer_is_meant_of_two_namesakes(deps):
    assert named(deps, read_by_tool("RUA AUGUSTA", "24 h")) == [("Rua Augusta", 38.71, "1.a.0")]
    (sign,) = look_up(deps, {"b": read_by_tool("Rua Augusta")}, Pool(said(LISBON)))
    assert (sign.origin, sign.precision, sign.radius_km) == ("named", "street", 0.6)


def test_a_name_far_from_every_answer_counts_where_it_has_few_namesakes(deps):
    assert named(deps, read_by_tool("Old Curiosity Inn")) == [("Old Curiosity Inn", 51.5, "1.a.0")]
    assert named(deps, read_by_tool("High Street")) == []


def test_a_town_on_a_sign_needs_no_gazetteer_of_ones_own(deps, tmp_path):
    bare = Sights(str(tmp_path / "bare"))
    request = {"texts": ["Bludenz", "Exit 12", "Main Street"], "near": []}
    assert [(one["text"], one["kind"]) for one in bare.look_up_signs(request)["places"]] == [("Bludenz", "town")]


def test_what_a_reply_quotes_from_a_sign_counts_too(deps):
    turns = [{"role": "assistant", "content": 'The sign reads "Rua Augusta". 38.7, -9.1'}]
    assert named(deps, turns) == [("Rua Augusta", 38.71, "1.a.0")]


@pytest.mark.parametrize("transcript", [[], [{"role": "assistant", "content": "38.7, -9.1"}], read_by_tool("24", "A1")])
def test_without_text_nothing_is_asked(deps, transcript):
    assert named(deps, transcript) == [] and deps.asked == []


def test_runs_recorded_before_signs_ask_nothing(deps):
    deps.settings = replace(deps.settings, signs=False)
    assert named(deps, read_by_tool("Rua Augusta")) == [] and deps.asked == []


def test_a_tool_that_failed_read_nothing():
    turns = read_by_tool("Rua Augusta")
    assert read_texts([{**turns[0], "failed": True}], {}) == []
    assert read_texts(turns, {"clues": [{"text": "GARE DE LYON", "source": "read"}]}) == ["Rua Augusta", "GARE DE LYON"]


def test_numbers_and_single_words_of_three_letters_are_no_names():
    assert [text for text in ("BAR", "1234 56", "東京駅", "Bern", "x" * 90) if may_be_name(text)] == ["東京駅", "Bern"]


def test_the_place_that_an_answer_says_it_read_is_looked_up_without_quotation_marks():
    outcome = {"place": "Bludenz, Austria", "clues": [{"text": "a road sign for Bludenz", "source": "read"}]}
    assert "Bludenz" in read_texts([], outcome)
    seen = {**outcome, "clues": [{"text": "it looks like Bludenz", "source": "seen"}]}
    assert read_texts([], seen) == []
