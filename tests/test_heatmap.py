"""An encoder that knows places, from training to the heat map of a located photo, through the command line."""

import json

import pytest
from PIL import Image

from tests.support.cli import sextant


@pytest.fixture(scope="module")
def aligned(photos, tmp_path_factory):
    """A small alignment trained on the small gallery's photos, and the gallery built with it."""
    folder = tmp_path_factory.mktemp("aligned")
    table = photos.parent / "metadata.csv"
    trained = sextant(
        *("align", "train", photos, "--metadata", table, "--backbone", "builtin", "--out", folder / "geo"),
        *("--epochs", "2", "--batch", "8", "--min-file-bytes", "0", "--validation", "0", "--quiet"),
        home=folder / "home",
    )
    assert trained.code == 0, trained.err
    built = sextant(
        *("gallery", "build", photos, "--metadata", table, "--encoder", f"aligned:{folder / 'geo'}"),
        *("--out", folder / "gallery", "--quiet"),
        home=folder / "home",
    )
    assert built.code == 0, built.err
    return folder / "gallery"


@pytest.mark.slow
def test_a_heat_map_is_written_and_its_peaks_are_candidates(aligned, query, tmp_path):
    ran = sextant(
        *("locate", query, "--gallery", aligned, "--heatmap", tmp_path / "heat.png", "--json", "--quiet"),
        home=tmp_path / "home",
    )
    assert ran.code == 0, ran.err
    assert Image.open(tmp_path / "heat.png").width > 300
    assert any(item["origin"] == "heatmap" for item in ran.json["candidates"])


@pytest.mark.slow
def test_similarity_compares_every_candidate_with_the_photo(aligned, query, tmp_path):
    ran = sextant(
        *("locate", query, "--gallery", aligned, "--verify", "similarity", "--json", "--quiet"), home=tmp_path / "home"
    )
    assert ran.code == 0, ran.err
    scores = [item["position_score"] for item in ran.json["candidates"]]
    assert len({item["origin"] for item in ran.json["candidates"]}) > 1
    assert scores == sorted(scores, reverse=True)


def test_an_encoder_without_a_sense_of_places_says_how_to_get_one(gallery, query, tmp_path):
    ran = sextant(
        "locate", query, "--gallery", gallery, "--heatmap", tmp_path / "x.png", "--quiet", home=tmp_path / "home"
    )
    assert ran.code == 2 and "align train" in ran.error
    assert not (tmp_path / "x.png").exists()


def test_a_file_that_is_neither_picture_nor_geojson_is_refused_before_any_work(gallery, query, tmp_path):
    ran = sextant("locate", query, "--gallery", gallery, "--heatmap", "heat.txt", home=tmp_path / "home")
    assert ran.code == 2 and "heat.txt" in ran.error
    assert not (tmp_path / "home" / "runs").exists()


def test_similarity_without_anything_to_compare_is_judged_by_calibrated_and_says_so(query, tmp_path, monkeypatch):
    from tests.support.model_script import Reply
    from tests.support.model_server import ModelServer

    said = Reply(text=json.dumps({"latitude": 38.72, "longitude": -9.14}))
    with ModelServer(lambda asked: said) as server:
        ran = sextant(
            *("locate", query, "--model", "openai:x", "--base-url", server.base_url, "--verify", "similarity"),
            *("--max-rounds", "1", "--json", "--quiet"),
            home=tmp_path / "home",
            env={"OPENAI_API_KEY": "sk-test"},
        )
    assert ran.code == 0, ran.err
    assert ran.json["best"]["country_code"] == "PT"
    assert any(warning["code"] == "not_aligned" for warning in ran.json["warnings"])
