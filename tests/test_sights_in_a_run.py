"""A run names the sight at its answer from the gazetteer of the home, and replays without it."""

from tests.support.cli import sextant


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
