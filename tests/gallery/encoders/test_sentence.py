"""``st:`` encoders: precision, batches that fit the memory, and what stands in the spec and the fingerprint."""

import numpy as np
import pytest
from PIL import Image

from sextant.gallery.encoders.load import load_encoder
from sextant.gallery.encoders.sentence import split_precision
from sextant.gallery.encoders.spec import EncoderError, choose_batch
from tests.support.tiny_clip import write_tiny_clip

torch = pytest.importorskip("torch")
pytest.importorskip("sentence_transformers")


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_tiny_clip(tmp_path_factory.mktemp("clip") / "tiny")


@pytest.fixture(scope="module")
def whole(clip):
    return load_encoder(f"st:{clip}")


@pytest.fixture(scope="module")
def half(clip):
    return load_encoder(f"st:{clip}@bf16")


@pytest.fixture(scope="module")
def pictures():
    """Forty scenes with ten views each: neighbours are views of one scene."""
    chance = np.random.default_rng(0)
    scenes = chance.integers(0, 255, (40, 6, 8, 3), dtype=np.uint8)
    return [
        Image.fromarray(np.clip(scene + chance.normal(0, 6, scene.shape), 0, 255).astype(np.uint8)).resize((80, 60))
        for scene in scenes
        for _ in range(10)
    ]


def test_both_precisions_find_the_same_neighbours(whole, half, pictures):
    nearest = []
    for encoder in (whole, half):
        vectors = encoder.encode(pictures)
        assert vectors.dtype == np.float32 and np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        near = vectors @ vectors.T - 2 * np.eye(len(vectors))
        nearest.append(np.argsort(-near, axis=1)[:, :9])
    same = np.mean([len(set(a) & set(b)) / 9 for a, b in zip(*nearest, strict=True)])
    assert same > 0.95


def test_precisions_are_told_apart_and_the_spec_says_how_to_load_the_same(clip, whole, half):
    assert whole.spec == f"st:{clip}" and half.spec == f"st:{clip}@bf16"
    assert len({whole.fingerprint, half.fingerprint, load_encoder(f"st:{clip}@fp16").fingerprint}) == 3
    assert load_encoder(half.spec).fingerprint == half.fingerprint


def test_a_gpu_takes_half_precision_and_bfloat16_where_it_has_it(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    assert split_precision("a/b") == ("a/b", "bf16")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    assert split_precision("a/b") == ("a/b", "fp16")
    assert split_precision("a/b@fp32") == ("a/b", "fp32")
    assert split_precision("a@b/c") == ("a@b/c", "fp16")


def test_batches_are_halved_until_they_fit(clip, pictures, monkeypatch):
    encoder = load_encoder(f"st:{clip}")
    encoder.batch, asked = 256, []
    encode = type(encoder._model).encode

    def with_room_for_64(self, images, **options):
        asked.append(options["batch_size"])
        if options["batch_size"] > 64:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return encode(self, images, **options)

    monkeypatch.setattr(type(encoder._model), "encode", with_room_for_64)
    assert encoder.encode(pictures[:100]).shape == (100, encoder.dimension)
    assert asked == [256, 128, 64] and choose_batch(encoder) == 64
    monkeypatch.setattr(
        type(encoder._model), "encode", lambda *_, **__: (_ for _ in ()).throw(torch.OutOfMemoryError("no"))
    )
    with pytest.raises(EncoderError, match="more memory than the GPU has free"):
        encoder.encode(pictures[:1])


def test_texts_share_the_space(whole):
    texts = whole.raw_texts(["a place", "another place"])
    assert texts.shape == (2, whole.dimension) and not np.allclose(texts[0], texts[1])
