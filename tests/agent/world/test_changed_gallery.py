"""A gallery that is added to or built anew while a server has it open."""

import io
import shutil

import pytest
from PIL import Image

from sextant.agent.recording.blobs import BlobStore
from sextant.agent.settings import Settings
from sextant.agent.world.live import LiveBackend
from sextant.gallery.build.build import add, build
from sextant.gallery.encoders.load import load_encoder
from sextant.gallery.sources.recognise import open_source
from tests.support.photos import photo_folder

REQUEST = {"nearest": 8, "farthest": 2, "sheets": []}


@pytest.fixture
def place(tmp_path):
    """A gallery of four photos, a folder with four more, and the gallery's folder."""
    first = photo_folder(tmp_path / "first", [(10, 20), (11, 21), (12, 22), (13, 23)])
    more = photo_folder(tmp_path / "more", [(1, 1), (2, 2), (3, 3), (4, 4)], first_seed=50)
    build(open_source(str(first)), str(tmp_path / "g"), load_encoder("builtin"))
    return tmp_path / "g", more


def backend(gallery, tmp_path, *, follow):
    blobs = BlobStore(tmp_path / "blobs")
    return LiveBackend(Settings(gallery=str(gallery), home=str(tmp_path / "home")), blobs, follow=follow), blobs


def put_photo(blobs, colour):
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "JPEG")
    return blobs.put(out.getvalue())


def found(live, photo):
    return {one["id"] for one in live("references", {"photo": photo, **REQUEST})["nearest"]}


def test_photos_added_meanwhile_are_found_for_a_new_photo_and_a_known_one(place, tmp_path):
    gallery, more = place
    live, blobs = backend(gallery, tmp_path, follow=True)
    known = put_photo(blobs, "green")
    assert len(found(live, known)) == 4
    encoder = live.retrieval.encoder()
    add(open_source(str(more)), str(gallery), load_encoder("builtin"))
    assert len(found(live, known)) == len(found(live, put_photo(blobs, "red"))) == 8
    assert live.retrieval.encoder() is encoder  # weights are not loaded anew
    assert live.retrieval.current_gallery().count == 8


def test_a_gallery_built_anew_in_its_place_is_read(place, tmp_path):
    gallery, more = place
    live, blobs = backend(gallery, tmp_path, follow=True)
    assert len(found(live, put_photo(blobs, "green"))) == 4
    shutil.rmtree(gallery)
    build(open_source(str(more)), str(gallery), load_encoder("builtin"))
    again = live("references", {"photo": put_photo(blobs, "red"), **REQUEST})["nearest"]
    assert {round(one["latitude"]) for one in again} == {1, 2, 3, 4}


def test_an_evaluation_keeps_the_gallery_it_started_with(place, tmp_path):
    gallery, more = place
    live, blobs = backend(gallery, tmp_path, follow=False)
    assert len(found(live, put_photo(blobs, "green"))) == 4
    add(open_source(str(more)), str(gallery), load_encoder("builtin"))
    assert len(found(live, put_photo(blobs, "red"))) == 4
