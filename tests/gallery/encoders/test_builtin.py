import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sextant.gallery.encoders import builtin
from sextant.gallery.encoders.builtin import DIMENSION, WEIGHTS, convert_to_lab, describe_image, describe_parts
from sextant.gallery.synthetic.scene import draw_scene
from sextant.gallery.synthetic.towns import Town

SAPPORO = Town("Sapporo", "JP", 43.06, 141.35)
RIYADH = Town("Riyadh", "SA", 24.69, 46.72)


@pytest.mark.parametrize("colour", ["black", "white", "red"])
@pytest.mark.parametrize("size", [(1, 1), (1, 400), (640, 480)])
def test_flat_pictures_of_any_size_have_a_finite_descriptor_of_length_one(colour, size):
    vector = describe_image(Image.new("RGB", size, colour))
    assert vector.shape == (DIMENSION,) and vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


@settings(max_examples=20, deadline=None)
@given(width=st.integers(1, 60), height=st.integers(1, 60), seed=st.integers(0, 2**32 - 1), mode=st.sampled_from("LP"))
def test_any_picture_has_a_descriptor_of_length_one(width, height, seed, mode):
    pixels = np.random.default_rng(seed).integers(256, size=(height, width), dtype=np.uint8)
    vector = describe_image(Image.fromarray(pixels).convert(mode))
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_the_same_picture_gives_the_same_bytes():
    picture = draw_scene(SAPPORO, 1)
    assert describe_image(picture).tobytes() == describe_image(picture.copy()).tobytes()


def test_a_flat_picture_has_no_energy_and_the_parts_are_those_weighed():
    parts = describe_parts(Image.new("RGB", (64, 64), "gray"))
    assert parts.keys() == WEIGHTS.keys() and sum(WEIGHTS.values()) == pytest.approx(1)
    assert not parts["energy"].any()


@given(values=st.lists(st.floats(-200, 200, width=32) | st.sampled_from(builtin.CHROMA_EDGES.tolist())))
def test_bins_are_those_of_numpy(values):
    found = builtin._find_bins(np.array(values, dtype=np.float32), builtin.CHROMA_EDGES)
    assert found.tolist() == np.digitize(values, builtin.CHROMA_EDGES).tolist()


def test_the_energy_is_that_of_whole_transforms():
    grey = np.random.default_rng(0).random((builtin.COLOUR_SIDE, builtin.COLOUR_SIDE), dtype=np.float32)
    margin, cell = builtin.ENERGY_MARGIN, builtin.COLOUR_SIDE // builtin.GRID
    padded = np.pad(grey - grey.mean(), margin, mode="symmetric")
    inner = slice(margin, -margin)
    plain = []
    for gain in builtin._make_filters(len(padded)):
        response = np.abs(np.fft.ifft2(np.fft.fft2(padded) * gain))[inner, inner]
        cells = response.reshape(builtin.GRID, cell, builtin.GRID, cell).mean(axis=(1, 3))
        plain.append(np.log(cells + builtin.ENERGY_FLOOR))
    scales = np.split(np.array(plain), np.cumsum(builtin.ORIENTATIONS)[:-1])
    centred = np.concatenate([(scale - scale.mean()).ravel() for scale in scales])
    assert builtin._measure_energy(grey) == pytest.approx(centred, abs=1e-5)


def test_streets_of_one_town_are_nearer_to_one_another_than_to_those_of_another_world():
    first, second = (
        np.array([describe_image(draw_scene(SAPPORO, seed)) for seed in seeds]) for seeds in ((1, 2, 3), (4, 5, 6))
    )
    far = np.array([describe_image(draw_scene(RIYADH, seed)) for seed in (4, 5, 6)])
    assert (first @ second.T).mean() > (first @ far.T).mean() + 0.01


def test_a_smaller_copy_is_nearer_than_another_scene():
    picture = draw_scene(SAPPORO, 1)
    small = describe_image(picture.resize((240, 160)))
    assert small @ describe_image(picture) > small @ describe_image(draw_scene(SAPPORO, 2))


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [((255, 255, 255), (100, 0, 0)), ((0, 0, 0), (0, 0, 0)), ((255, 0, 0), (53.24, 80.09, 67.20))],
)
def test_colours_have_their_published_lab_values(rgb, lab):
    assert convert_to_lab(Image.new("RGB", (1, 1), rgb))[0, 0] == pytest.approx(lab, abs=0.05)
