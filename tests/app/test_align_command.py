"""`sextant align`: the way from photos to an aligned gallery, and its refusals."""

import json
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

from sextant.app.commands.align import command
from sextant.base.errors import WrongUse
from sextant.gallery.alignment.model import location
from sextant.gallery.alignment.model.aligned_model import make_alignment
from sextant.gallery.alignment.model.published import KEYS, make_published_config
from sextant.gallery.build.build import build
from sextant.gallery.encoders.load import load_encoder
from sextant.gallery.search.search import Filters, search_gallery
from sextant.gallery.sources.recognise import SourceOptions, open_source
from sextant.gallery.store import Gallery
from tests.support.small_gallery import write_photos

SMALL = ("--epochs", 2, "--batch", 8, "--min-file-bytes", 0, "--workers", 0, "--validation", 0.3, "--space", 8)


def align(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.fixture(scope="module", autouse=True)
def narrow_location_encoder():
    """The published width costs seconds here and shows nothing more."""
    published, location.HIDDEN = location.HIDDEN, 64
    yield
    location.HIDDEN = published


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("align") / "photos"
    return folder, write_photos(folder)


@pytest.fixture(scope="module")
def trained(world, tmp_path_factory):
    """An alignment over the builtin encoder, trained twice: the second run has nothing left to do."""
    photos, table = world
    out = tmp_path_factory.mktemp("trained") / "geo"
    arguments = ("train", photos, "--metadata", table, "--backbone", "builtin", "--out", out, *SMALL)
    return out, align(*arguments), align(*arguments, "--json")


def test_training_says_what_it_does_and_what_came_of_it(trained):
    out, first, _ = trained
    assert first.exit_code == 0, first.exception
    assert "'builtin' has no text encoder: aligning images with positions only" in first.stderr
    assert "24 of 24 photos through the backbone" in first.stderr
    assert "loss gps" in first.stderr and "left" in first.stderr
    assert "backbone" in first.stdout and f"use it as encoder aligned:{out}" in first.stdout


def test_a_second_run_finds_the_training_done_and_prints_one_document(trained):
    document = json.loads(trained[2].stdout)
    assert document["resumed_from"] == document["steps"] > 0
    assert document["after"]["retrieval"]["10"]["median_km"] >= 0


def test_a_gallery_is_built_and_searched_with_the_alignment(trained, world, tmp_path):
    photos, table = world
    encoder = load_encoder(f"aligned:{trained[0]}")
    build(open_source(str(photos), SourceOptions(table)), str(tmp_path / "gallery"), encoder, workers=0)
    gallery = Gallery.open(str(tmp_path / "gallery"))
    assert gallery.manifest.dimension == encoder.dimension
    assert gallery.encoder().fingerprint == encoder.fingerprint
    from sextant.gallery.photos.open import open_photo

    vector = gallery.encoder().encode([open_photo(photos / "oslo-0.jpg").image])[0]
    assert search_gallery(gallery, vector, 1, Filters()).references[0].id == "oslo-0.jpg"


def test_measuring_compares_the_backbone_with_the_parts(trained, world):
    photos, table = world
    options = ("--metadata", table, "--min-file-bytes", 0, "--workers", 0, "--validation", 0.3, "--json")
    measured = align("measure", trained[0], photos, *options)
    assert measured.exit_code == 0, measured.exception
    assert list(json.loads(measured.stdout)) == ["backbone", "gps", "aligned"]


def test_the_backbone_alone_is_measured_and_nothing_is_trained(world, tmp_path):
    photos, table = world
    start = ("train", photos, "--metadata", table, "--backbone", "builtin", "--out", tmp_path, *SMALL)
    measured = align(*start, "--spaces", "image")
    assert measured.exit_code == 0, measured.exception
    assert "aligned" not in measured.stdout and "backbone" in measured.stdout
    assert not (tmp_path / "alignment.json").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (("--spaces", "gps+text"), "backbone 'builtin' reads no text"),
        (("--learning-rate", "-1"), "invalid --learning-rate -1.0"),
        (("--metadata", "gone.csv"), "gone.csv"),
        (("--backbone", "onnx:gone.onnx"), "gone.onnx' does not exist"),
    ],
    ids=["text without a tower", "a negative rate", "no such table", "no such backbone"],
)
def test_wrong_use_is_one_line_before_any_work(world, tmp_path, changes, message):
    photos, table = world
    start = ("train", photos, "--metadata", table, "--backbone", "builtin", "--out", tmp_path / "geo", *SMALL)
    error = align(*start, *changes).exception
    assert isinstance(error, WrongUse)
    assert message in str(error) and "\n" not in str(error)
    assert not (tmp_path / "geo").exists()


def test_several_processes_are_told_to_compute_the_features_first(world, tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    photos, table = world
    start = ("train", photos, "--metadata", table, "--backbone", "builtin", "--out", tmp_path / "geo", *SMALL)
    assert "--spaces image, which computes the features" in str(align(*start).exception)


def test_published_weights_are_imported(tmp_path, monkeypatch):
    monkeypatch.setattr(location, "HIDDEN", 1024)
    layout = make_alignment(make_published_config("g3", "st:x", None), seed=0).state_dict()
    torch.save({theirs: layout[ours] for theirs, ours in KEYS["g3"].items()}, tmp_path / "g3.pth")
    imported = align("import", tmp_path / "g3.pth", "--out", tmp_path / "g3")
    assert imported.exit_code == 0, imported.exception
    assert "g3, mercator, parts image, text, gps" in imported.stdout
    about = json.loads((tmp_path / "g3" / "alignment.json").read_text())
    assert about["config"]["features"] == "raw"
