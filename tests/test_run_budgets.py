"""Money, tokens and dry runs, through the real command line and a real server."""

import json

import pytest

from tests.support.cli import sextant
from tests.support.model_script import Reply
from tests.support.model_server import ModelServer

SAID = Reply(text=json.dumps({"latitude": 38.7, "longitude": -9.1, "confidence": 0.5}), usage=(1_000, 100))
KEY = {"OPENAI_API_KEY": "sk-test-1234567890"}


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def locate(server, query, gallery, home, *more):
    address = ("--model", "openai:mine", "--base-url", server.base_url)
    return sextant(
        "locate",
        query,
        "--gallery",
        gallery,
        *address,
        "--verify",
        "density",
        "--json",
        "--quiet",
        *more,
        home=home,
        env=KEY,
    )


def test_money_with_an_unknown_price_is_refused_with_the_way_out(query, gallery, home):
    with ModelServer(lambda asked: SAID) as server:
        ran = locate(server, query, gallery, home, "--max-usd", "1")
    assert ran.code == 2 and server.count == 0
    assert "'openai:mine'" in ran.error and "--price" in ran.error


def test_money_with_a_stated_price_is_never_overshot(query, gallery, home):
    with ModelServer(lambda asked: SAID) as server:
        ran = locate(server, query, gallery, home, "--max-usd", "0.05", "--price", "2/8")
    spent = ran.json["spent"]
    assert spent["usd"] == pytest.approx(server.count * (1_000 * 2 + 100 * 8) / 1e6)
    assert 0 < spent["usd"] <= 0.05


def test_an_unknown_price_is_null_and_never_nothing(query, gallery, home):
    with ModelServer(lambda asked: SAID) as server:
        ran = locate(server, query, gallery, home)
    assert ran.json["spent"]["usd"] is None
    assert ran.json["spent"]["tokens"] == server.count * 1_100


def test_a_dry_run_prints_the_cost_and_asks_nothing(query, gallery, home):
    with ModelServer(lambda asked: SAID) as server:
        ran = locate(server, query, gallery, home, "--dry-run", "--preset", "g3", "--price", "2.5/10")
    assert ran.code == 0 and server.count == 0
    assert ran.json["each"]["first_round"]["calls"] == 40
    assert ran.json["each"]["at_most"]["usd"] > 0
    assert not (home / "runs").exists()


def test_a_dead_model_leaves_the_answer_of_the_gallery_and_exit_code_1(query, gallery, home):
    with ModelServer(lambda asked: SAID) as server:
        pass
    ran = locate(server, query, gallery, home)
    assert ran.code == 1
    assert ran.json["best"]["country_code"] == "PT"
    assert server.base_url in ran.error and "similar photos alone" in ran.error


def test_a_wrong_key_is_named_without_being_shown(query, gallery, home):
    from tests.support.model_script import Fault

    with ModelServer(lambda asked: Fault("bad_key")) as server:
        ran = locate(server, query, gallery, home)
    assert ran.code == 1
    assert "OPENAI_API_KEY" in ran.error
    assert KEY["OPENAI_API_KEY"] not in ran.out + ran.err
    assert server.count <= 4, "a key that is wrong once is wrong in every later round"
