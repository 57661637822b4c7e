"""The bounded decoder: the same photo as anywhere else, and not a byte of it decoded in the server."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from sextant.agent.settings import Settings
from sextant.agent.world.live import make_deps
from sextant.app.web.limits import Limits
from sextant.app.web.reports import Reports
from sextant.app.web.service import SessionService
from sextant.app.web.uploads import Decoder
from sextant.gallery.photos import open as photos_open
from sextant.gallery.photos.open import PhotoError, open_photo
from sextant.graphs.chat import ChatContext
from sextant.graphs.sessions.store import Sessions


@pytest.fixture(scope="module")
def decoder():
    made = Decoder(Limits())
    yield made
    made.close()


@pytest.fixture
def small(request):
    """The small gallery; its fixture is called like the package."""
    return request.getfixturevalue("gallery")


@pytest.fixture
def turned(query, tmp_path):
    """A photo that lies on its side and says where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (38.0, 42.0, 50.0), 3: "W", 4: (9.0, 8.0, 21.0)})
    path = tmp_path / "turned.jpg"
    Image.open(query).save(path, quality=90, exif=exif)
    return path


def test_it_opens_a_photo_as_everything_else_does(decoder, turned):
    for photo in (turned, str(turned), turned.read_bytes()):
        there, here = decoder.open(photo), open_photo(photo)
        assert np.array_equal(np.asarray(there.image), np.asarray(here.image))
        assert replace(there, image=None) == replace(here, image=None)
    assert here.metadata.latitude is not None


def test_a_picture_handed_out_is_the_callers_own(decoder, query):
    decoder.open(query).image.paste((0, 0, 0), (0, 0, 128, 96))
    assert np.asarray(decoder.open(query).image).any()


def test_what_is_no_photo_keeps_its_reason(decoder, tmp_path):
    with pytest.raises(PhotoError, match="is empty"):
        decoder.open(b"")
    with pytest.raises(PhotoError, match="cannot be read"):
        decoder.open(tmp_path / "none.jpg")


def test_a_photo_that_stalls_the_decoder_is_refused_and_the_next_is_decoded(query):
    slow = Decoder(Limits(decode_seconds=1e-9))
    assert "takes longer than" in slow.refusal(query.read_bytes())
    slow._limits = Limits()
    assert slow.refusal(query.read_bytes()) is None
    slow.close()


def test_a_whole_run_and_its_pictures_decode_nothing_in_the_server(small, query, tmp_path, monkeypatch):
    settings = Settings(gallery=str(small), home=str(tmp_path), verify="density")
    context = ChatContext(settings)
    sent = query.read_bytes()
    decoded_here = []
    really = photos_open._open_header
    monkeypatch.setattr(photos_open, "_open_header", lambda name, raw: decoded_here.append(raw) or really(name, raw))
    service = SessionService(Sessions(str(tmp_path)), context, Reports(tmp_path))
    try:
        session = service.new_session()
        assert service.decoder.refusal(sent) is None
        photo = {"sha256": service.blobs.put(sent), "file": "a.jpg"}
        message = {"id": "m", "text": "where?", "photos": [photo], "steer": [], "photo": None}
        state = service.sessions.send_message(session, message, context)
        assert state["photos"]["1"]["status"] == "located"
        request = {"name": "zoom", "args": {"left": 0, "top": 0, "right": 0.5, "bottom": 0.5}, "photo": photo}
        assert "error" not in make_deps(settings).ask("tool", request)
    finally:
        service.close()
    assert sent not in decoded_here


def test_a_picture_leaves_as_it_is_shown(decoder):
    out = io.BytesIO()
    Image.new("RGBA", (20, 10), (255, 0, 0, 0)).save(out, "PNG")
    assert decoder.open(out.getvalue()).image.getpixel((0, 0)) == (255, 255, 255)
