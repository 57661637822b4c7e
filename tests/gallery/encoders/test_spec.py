import json
from pathlib import Path

import numpy as np
import pytest

from sextant.base.errors import WrongUse
from sextant.gallery.encoders.load import load_encoder
from sextant.gallery.encoders.spec import normalise
from tests.support.data import SHARED, needs_shared_data
from tests.support.photos import picture

PICTURES = [picture(seed, (90, 70)) for seed in range(3)]


def is_an_encoder(encoder) -> None:
    """What every encoder keeps: unit rows, the stated width, prepared pictures count as the pictures themselves."""
    vectors = encoder.encode(PICTURES)
    assert vectors.dtype == np.float32 and vectors.shape == (3, encoder.dimension)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    prepared = encoder.encode_prepared([encoder.prepare(image) for image in PICTURES])
    assert np.array_equal(prepared, vectors)
    assert encoder.encode([]).shape == (0, encoder.dimension)


def test_builtin_is_an_encoder():
    is_an_encoder(load_encoder("builtin"))


def test_sentence_transformers_checkpoints_are_encoders(tiny_siglip: Path):
    encoder = load_encoder(f"st:{tiny_siglip}")
    is_an_encoder(encoder)
    assert encoder.dimension == 16
    assert load_encoder(f"st:{tiny_siglip}").fingerprint == encoder.fingerprint


def test_other_preprocessing_has_another_fingerprint(tiny_siglip: Path, tmp_path: Path):
    import shutil

    other = tmp_path / "other"
    shutil.copytree(tiny_siglip, other)
    settings = other / "processor_config.json"
    values = json.loads(settings.read_text())
    values["image_processor"]["image_mean"] = [0.1, 0.1, 0.1]
    settings.write_text(json.dumps(values))
    assert load_encoder(f"st:{other}").fingerprint != load_encoder(f"st:{tiny_siglip}").fingerprint


@needs_shared_data
def test_onnx_files_are_encoders():
    assert SHARED is not None
    file = SHARED / "encoder" / "mobilenetv2-12-int8-embed.onnx"
    encoder = load_encoder(f"onnx:{file}")
    is_an_encoder(encoder)
    assert encoder.dimension == 1280
    other = load_encoder(f"onnx:{file}?mean=0.5,0.5,0.5&resize=squash")
    assert other.fingerprint != encoder.fingerprint
    with pytest.raises(WrongUse, match="wrong at mean"):
        load_encoder(f"onnx:{file}?mean=grey")
    with pytest.raises(WrongUse, match="no output 'other'"):
        load_encoder(f"onnx:{file}?output=other")


@needs_shared_data
def test_a_light_model_and_a_heavy_one_give_the_same_vectors(monkeypatch):
    assert SHARED is not None
    spec = f"onnx:{SHARED / 'encoder' / 'mobilenetv2-12-int8-embed.onnx'}"
    light = load_encoder(spec)
    assert light.prepare(PICTURES[0]).shape == (light.dimension,)
    monkeypatch.setattr("sextant.gallery.encoders.onnx._LIGHT_BYTES", 1000)
    heavy = load_encoder(spec)
    assert heavy.prepare(PICTURES[0]).dtype == np.uint8
    is_an_encoder(heavy)
    assert np.array_equal(light.encode(PICTURES), heavy.encode(PICTURES))
    assert light.fingerprint == heavy.fingerprint


@needs_shared_data
def test_preprocessing_beside_the_file_counts(tmp_path: Path):
    assert SHARED is not None
    file = tmp_path / "net.onnx"
    file.symlink_to(SHARED / "encoder" / "mobilenetv2-12-int8-embed.onnx")
    plain = load_encoder(f"onnx:{file}").encode(PICTURES)
    (tmp_path / "net.json").write_text('{"resize": "squash"}')
    assert not np.allclose(load_encoder(f"onnx:{file}").encode(PICTURES), plain, atol=1e-3)
    (tmp_path / "net.json").write_text('{"size": "large"}')
    with pytest.raises(WrongUse, match="wrong at size"):
        load_encoder(f"onnx:{file}")


@pytest.mark.parametrize("spec", ["", "clip", "onnx:", "onnx:/no/such.onnx", "jpeg:x"])
def test_an_unknown_spec_is_refused(spec):
    with pytest.raises(WrongUse, match=r"encoder"):
        load_encoder(spec)


def test_a_file_that_is_no_model_is_refused(tmp_path: Path):
    (tmp_path / "x.onnx").write_bytes(b"not a model")
    with pytest.raises(WrongUse, match="is not an ONNX model"):
        load_encoder(f"onnx:{tmp_path / 'x.onnx'}")


def test_a_vector_of_nothing_stays_nothing():
    assert normalise(np.array([[3.0, 4.0], [0.0, 0.0], [np.nan, 0.0]])).tolist() == [
        pytest.approx([0.6, 0.8]),
        [0, 0],
        [0, 0],
    ]
