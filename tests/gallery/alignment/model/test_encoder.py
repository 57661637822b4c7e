import numpy as np
import pytest

from sextant.base.errors import WrongUse
from sextant.gallery.alignment.model import encoder as encoders
from sextant.gallery.alignment.model.aligned_model import make_alignment
from sextant.gallery.alignment.model.backbone import Backbone
from sextant.gallery.alignment.model.config import AlignmentConfig, AlignmentError
from sextant.gallery.alignment.model.encoder import load_aligned
from sextant.gallery.alignment.model.weights import save_alignment
from sextant.gallery.encoders.load import load_encoder
from tests.support.encoders import ThumbnailEncoder
from tests.support.photos import picture

CONFIG = AlignmentConfig(
    backbone="thumbnail",
    backbone_fingerprint="thumbnail-1",
    features="unit",
    image_dimension=48,
    text_dimension=8,
    space=16,
    sigmas=(1.0,),
)
PICTURES = [picture(seed) for seed in range(3)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(encoders, "load_backbone", lambda spec: Backbone(ThumbnailEncoder()))
    save_alignment(tmp_path / "geo", make_alignment(CONFIG, seed=0))
    return tmp_path / "geo"


def parts_of(vectors):
    return vectors[:, :48], vectors[:, 48:64], vectors[:, 64:]


def test_the_embedding_is_three_unit_parts_at_length_one(folder):
    encoder = load_encoder(f"aligned:{folder}")
    vectors = encoder.encode(PICTURES)
    assert vectors.shape == (3, encoder.dimension) == (3, 48 + 16 + 16)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for part in parts_of(vectors):
        np.testing.assert_allclose(np.linalg.norm(part, axis=1), 3**-0.5, atol=1e-5)


def test_its_first_part_is_the_backbone(folder):
    vectors = load_aligned(str(folder)).encode(PICTURES)
    np.testing.assert_allclose(parts_of(vectors)[0] * 3**0.5, ThumbnailEncoder().encode(PICTURES), atol=1e-5)


@pytest.mark.parametrize(("part", "index"), [("image", 0), ("text", 1), ("gps", 2)])
def test_a_single_part_is_that_slice_of_the_whole(folder, part, index):
    whole, single = load_aligned(str(folder)), load_aligned(f"{folder}#{part}")
    np.testing.assert_allclose(single.encode(PICTURES), parts_of(whole.encode(PICTURES))[index] * 3**0.5, atol=1e-5)
    assert single.fingerprint != whole.fingerprint
    assert load_encoder(single.spec).fingerprint == single.fingerprint


def test_prepared_pictures_give_the_same_vectors(folder):
    encoder = load_aligned(str(folder))
    prepared = [encoder.prepare(image) for image in PICTURES]
    np.testing.assert_array_equal(encoder.encode_prepared(prepared), encoder.encode(PICTURES))
    assert encoder.encode([]).shape == (0, encoder.dimension)


def test_another_training_has_another_fingerprint(folder):
    before = load_aligned(str(folder)).fingerprint
    save_alignment(folder, make_alignment(CONFIG, seed=1))
    assert load_aligned(str(folder)).fingerprint != before


def test_another_backbone_under_the_same_name_is_refused(folder, monkeypatch):
    monkeypatch.setattr(ThumbnailEncoder, "fingerprint", "thumbnail-2")
    with pytest.raises(WrongUse, match=r"trained on 'thumbnail' with fingerprint thumbnail-1; .* is now thumbnail-2"):
        load_aligned(str(folder))


def test_an_imported_alignment_over_a_backbone_of_another_size_is_refused(folder):
    other = CONFIG.model_copy(update={"backbone_fingerprint": None, "image_dimension": 64})
    save_alignment(folder, make_alignment(other, seed=0))
    with pytest.raises(AlignmentError, match="was trained on 64 unit features, 'thumbnail' gives 48 unit"):
        load_aligned(str(folder))


def test_parts_it_has_not_are_refused(folder):
    with pytest.raises(WrongUse, match=r"part 'sound' of .* is not known"):
        load_aligned(f"{folder}#sound")
    save_alignment(folder, make_alignment(CONFIG.model_copy(update={"text_dimension": None}), seed=0))
    with pytest.raises(WrongUse, match="has no part 'text'; it has image, gps"):
        load_aligned(f"{folder}#text")


def test_the_gps_part_of_other_vectors_is_refused(folder):
    whole, image = load_aligned(str(folder)), load_aligned(f"{folder}#image")
    with pytest.raises(WrongUse, match="a vector of 48 numbers is not from"):
        whole.gps_part(np.zeros(48, dtype=np.float32))
    with pytest.raises(WrongUse, match="has no GPS part"):
        image.gps_part(np.zeros(48, dtype=np.float32))
