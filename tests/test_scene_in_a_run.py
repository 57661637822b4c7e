"""A gallery photo of the same scene places the answer, with a drawing as evidence; the run replays."""

import csv
import io

import pytest
from PIL import Image

from tests.gallery.scenes.test_scenes import draw_facade, look_aside
from tests.support.cli import sextant
from tests.support.serving import Server

pytest.importorskip("cv2")
HERE, THERE = (38.7139, -9.1394), (59.9127, 10.7461)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A home with a gallery of six walls, one of them at HERE, and another view of that wall."""
    root = tmp_path_factory.mktemp("walls")
    photos = root / "photos"
    photos.mkdir()
    with (root / "metadata.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["image", "latitude", "longitude"])
        for seed in range(1, 7):
            draw_facade(seed).save(photos / f"{seed}.jpg", quality=90)
            latitude, longitude = HERE if seed == 4 else (THERE[0] + seed / 10, THERE[1])
            rows.writerow([f"{seed}.jpg", latitude, longitude])
    query = root / "query.jpg"
    look_aside(draw_facade(4)).save(query, quality=90)
    home = root / "home"
    table = ("--metadata", root / "metadata.csv")
    built = sextant("gallery", "build", photos, "--out", root / "gallery", "--encoder", "builtin", *table, home=home)
    assert built.code == 0, built.err
    return root, home, query


def test_the_answer_is_at_the_reference_of_the_same_scene(world):
    root, home, query = world
    ran = sextant("locate", query, "--gallery", root / "gallery", "--json", home=home)
    assert ran.code == 0, ran.err
    best = ran.json["best"]
    assert (round(best["latitude"], 3), round(best["longitude"], 3)) == (38.714, -9.139)
    (scene,) = (one for one in ran.json["candidates"] if one["origin"] == "scene")
    assert scene["id"].endswith("4.jpg") and scene["confidence"] > 0.95 and scene["inliers"] > 30
    (drawn,) = (home / "blobs").rglob(f"{scene['evidence']}*")
    assert Image.open(io.BytesIO(drawn.read_bytes())).width > 1000
    replayed = sextant("replay", ran.json["run"], "--json", home=home)
    assert replayed.code == 0, replayed.err


def test_none_is_compared_when_that_is_switched_off(world):
    root, home, query = world
    ran = sextant("locate", query, "--gallery", root / "gallery", "--compare-scenes", 0, "--json", home=home)
    assert not any(one["origin"] == "scene" for one in ran.json["candidates"])


def test_the_drawing_is_shown_on_the_page_and_in_the_case_file(world):
    root, _, query = world
    args = ("--gallery", root / "gallery")
    with Server(*args, home=root / "served") as server:
        session = server.session()
        server.say(session, "where?", query).raise_for_status()
        server.settled(session)
        drawn = server.http.get(f"/api/sessions/{session}/photos/1/matches/1")
        assert Image.open(io.BytesIO(drawn.content)).width > 1000
        assert server.http.get(f"/api/sessions/{session}/photos/1/matches/2").status_code == 404
        assert "data:image/jpeg;base64," in server.http.get(f"/api/sessions/{session}/export/html").text
    with Server(*args, "--precision", "city", home=root / "served") as server:
        assert server.http.get(f"/api/sessions/{session}/photos/1/matches/1").status_code == 403
        assert "data:image/jpeg" not in server.http.get(f"/api/sessions/{session}/export/html").text
