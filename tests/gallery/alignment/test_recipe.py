"""From photos to an aligned encoder with text, through the real loading path of an image–text checkpoint."""

import numpy as np
import pytest

from sextant.base.errors import WrongUse
from sextant.gallery.alignment.model import location
from sextant.gallery.alignment.model.backbone import Backbone, load_backbone
from sextant.gallery.alignment.recipe import prepare
from sextant.gallery.alignment.training.settings import TrainSettings
from sextant.gallery.alignment.training.train import Training
from sextant.gallery.encoders.load import load_encoder
from sextant.gallery.sources.recognise import open_source
from tests.support.encoders import ThumbnailEncoder
from tests.support.photos import photo_folder, picture

PARIS, SYDNEY, SEA = (48.8584, 2.2945), (-33.8568, 151.2153), (0.0, -30.0)
SETTINGS = TrainSettings(epochs=1, batch=4, validation=0.0)


@pytest.fixture
def photos(tmp_path):
    return open_source(str(photo_folder(tmp_path / "photos", [PARIS, SYDNEY, SEA] * 4)))


def test_image_text_and_position_are_aligned_and_encode_photos(photos, tiny_siglip, tmp_path, monkeypatch):
    monkeypatch.setattr(location, "HIDDEN", 32)
    backbone = load_backbone(f"st:{tiny_siglip}")
    prepared = prepare(photos, backbone, SETTINGS, tmp_path / "cache", min_file_bytes=0, workers=0)
    assert (prepared.texts.ids >= 0).tolist() == [True, True, False] * 4
    Training(prepared.cache, prepared.texts, prepared.config, SETTINGS, tmp_path / "geo").run(lambda look: None)
    encoder = load_encoder(f"aligned:{tmp_path / 'geo'}")
    vectors = encoder.encode([picture(0), picture(1)])
    assert vectors.shape == (2, 3 * backbone.dimension)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_text_without_a_tower_is_refused_before_a_photo_is_read(photos, tmp_path):
    encoder = ThumbnailEncoder()
    with pytest.raises(WrongUse, match="reads no text"):
        prepare(photos, Backbone(encoder), SETTINGS, tmp_path / "cache")
    assert encoder.encoded == 0
    assert not (tmp_path / "cache").exists()
