"""A picture that was opened for the model is not decoded again for the search, and is not kept after it."""

import io

import pytest
from PIL import Image

from sextant.agent.recording.blobs import BlobStore
from sextant.agent.settings import Settings
from sextant.agent.world import retrieval
from sextant.agent.world.retrieval import PICTURES_KEPT, Retrieval
from sextant.gallery.build.build import build
from sextant.gallery.encoders.load import load_encoder
from sextant.gallery.sources.recognise import open_source
from tests.support.photos import photo_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("retrieval")
    photos = photo_folder(place / "photos", [(10, 20), (11, 21), (12, 22)])
    build(open_source(str(photos)), str(place / "gallery"), load_encoder("builtin"))
    return place


@pytest.fixture
def opened(folder, tmp_path, monkeypatch):
    """A retrieval, its blobs, and the list of photos that it decoded itself."""
    decoded = []

    def open_run_photo(data):
        decoded.append(data)
        return original(data)

    original = retrieval.open_run_photo
    monkeypatch.setattr(retrieval, "open_run_photo", open_run_photo)
    blobs = BlobStore(tmp_path / "blobs")
    return Retrieval(Settings(gallery=str(folder / "gallery"), home=str(tmp_path)), blobs), blobs, decoded


def put(blobs, colour):
    picture, out = Image.new("RGB", (64, 48), colour), io.BytesIO()
    picture.save(out, "PNG")
    return blobs.put(out.getvalue()), picture


def test_a_kept_picture_is_searched_with_and_gives_the_same_vector(opened):
    found, blobs, decoded = opened
    sha256, picture = put(blobs, "green")
    found.keep_picture(sha256, picture)
    vector = found.search(sha256).vector
    assert decoded == []
    again = Retrieval(found.settings, blobs).search(sha256).vector
    assert len(decoded) == 1 and (again == vector).all()


def test_a_photo_that_was_searched_with_already_is_not_kept(opened):
    found, blobs, _ = opened
    sha256, picture = put(blobs, "red")
    found.keep_picture(sha256, picture)
    found.search(sha256)
    found.keep_picture(sha256, picture)
    assert not found._opened


def test_few_pictures_are_kept_and_none_that_is_huge(opened, monkeypatch):
    found, blobs, decoded = opened
    photos = [put(blobs, (shade, shade, 0)) for shade in range(PICTURES_KEPT + 1)]
    for sha256, picture in photos:
        found.keep_picture(sha256, picture)
    found.search(photos[0][0])
    assert len(decoded) == 1  # the oldest was given up
    monkeypatch.setattr(retrieval, "MOST_PIXELS", 64 * 48 - 1)
    sha256, picture = put(blobs, "blue")
    found.keep_picture(sha256, picture)
    found.search(sha256)
    assert len(decoded) == 2
