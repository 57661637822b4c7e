"""A run names the sight at its answer from the gazetteer of the home, and replays without it."""

from tests.support.cli import sextant
from tests.support.model_script import Reply
from tests.support.model_server import ModelServer


def test_the_sight_is_recorded_and_replayed_without_the_gazetteer(gallery, query, tmp_path):
    home = tmp_path / "home"
    plain = sextant("locate", query, "--gallery", gallery, "--json", home=home).json
    assert "sight" not in plain["best"]
    at = f"{plain['best']['latitude'] + 0.001},{plain['best']['longitude']}"
    (tmp_path / "own.csv").write_text(f"name,latitude,longitude,type\nThe Old Mill,{at},mill\n")
    assert sextant("places", "add", tmp_path / "own.csv", home=home).code == 0
    answer = sextant("locate", query, "--gallery", gallery, "--json", home=home).json
    assert answer["best"] == {**plain["best"], "sight": "The Old Mill"}
    for path in home.glob("places.sqlite*"):
        path.unlink()
    replayed = sextant("replay", answer["run"], "--json", home=home)
    assert replayed.code == 0, replayed.err
    assert "The Old Mill" in replayed.out


def test_a_sign_that_a_reply_quotes_is_a_candidate_and_replays_without_the_gazetteer(query, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-1234567890")
    home = tmp_path / "home"
    (tmp_path / "own.csv").write_text(
        "name,latitude,longitude,type\nRua Augusta,38.71,-9.137,street\nLying Street,35.7,139.7,street\n"
    )
    assert sextant("places", "add", tmp_path / "own.csv", home=home).code == 0
    text = 'The sign reads "Rua Augusta", a poster says "Lying Street". {"latitude": 38.72, "longitude": -9.14}'
    with ModelServer(lambda asked: Reply(text=text)) as server:
        where = ("--model", "openai:scripted", "--base-url", server.base_url, "--preset", "img2loc", "--verify")
        ran = sextant("locate", query, *where, "calibrated", "--json", "--max-calls", "2", home=home)
    assert ran.code == 0, ran.err
    signs = {item["place"]: item for item in ran.json["candidates"] if item["origin"] == "named"}
    assert set(signs) == {"Rua Augusta", "Lying Street"}
    assert signs["Lying Street"]["score"] == 0 < signs["Rua Augusta"]["score"]
    assert abs(ran.json["best"]["latitude"] - 38.72) < 0.2
    for path in home.glob("places.sqlite*"):
        path.unlink()
    replayed = sextant("replay", ran.json["run"], "--json", home=home)
    assert replayed.code == 0, replayed.err
    assert "Lying Street" in replayed.out
