"""Two views of one scene are told from two scenes; the match is drawn."""

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw

from sextant.base.errors import MissingPackage
from sextant.gallery.photos.open import open_photo
from sextant.gallery.scenes import features as finding
from sextant.gallery.scenes.compare import compare_scenes
from sextant.gallery.scenes.drawing import draw_match
from sextant.gallery.scenes.features import SIDE, find_features
from sextant.gallery.scenes.probability import compute_scene_probability, load_fit
from tests.support.data import SHARED, needs_shared_data

pytest.importorskip("cv2")


def draw_facade(seed: int) -> Image.Image:
    """A wall of windows and patches, as no other seed has it."""
    chance = np.random.default_rng(seed)
    image = Image.new("RGB", (900, 700), "grey")
    pen = ImageDraw.Draw(image)
    for _ in range(260):
        x, y = chance.integers(0, 860), chance.integers(0, 660)
        wide, tall = chance.integers(10, 60, 2)
        pen.rectangle((x, y, x + wide, y + tall), fill=tuple(chance.integers(0, 255, 3).tolist()), outline="black")
    return image


def look_aside(image: Image.Image) -> Image.Image:
    """The same wall from another side, darker."""
    width, height = image.size
    corners = (40, 60, 0, height - 30, width - 10, height, width - 60, 0)
    return image.transform(image.size, Image.Transform.QUAD, corners).point(lambda value: value * 0.8)


def test_another_view_of_the_scene_is_certain_and_another_scene_is_not():
    one, aside, other = draw_facade(1), look_aside(draw_facade(1)), draw_facade(2)
    found, aside_found, other_found = map(find_features, (one, aside, other))
    same = compare_scenes(found, aside_found)
    assert same.inliers > 60 and same.spread > 0.3 and same.probability > 0.99
    different = compare_scenes(found, other_found)
    assert different.inliers < 12 and different.probability < 0.5
    again = compare_scenes(found, aside_found)
    assert (again.inliers, again.probability) == (same.inliers, same.probability)


def test_the_match_is_drawn_with_both_photos_side_by_side():
    one, aside = draw_facade(1), look_aside(draw_facade(1))
    match = compare_scenes(find_features(one), find_features(aside))
    sheet = Image.open(io.BytesIO(draw_match(one, aside, match)))
    assert sheet.format == "JPEG" and sheet.size == (2 * SIDE, round(SIDE * 7 / 9))


def test_a_stamp_in_the_corner_is_not_the_scene():
    stamp = draw_facade(3).crop((0, 0, 90, 70))
    pictures = [draw_facade(seed) for seed in (4, 5)]
    for picture in pictures:
        picture.paste(stamp, (800, 620))
    match = compare_scenes(*(find_features(picture) for picture in pictures))
    assert match.probability <= 0.5


@pytest.mark.parametrize(
    "image", [Image.new("RGB", (300, 200), "white"), Image.new("RGB", (1, 1)), Image.new("L", (9, 4000))]
)
def test_a_picture_without_features_matches_nothing(image):
    match = compare_scenes(find_features(image), find_features(draw_facade(1)))
    assert (match.inliers, match.spread) == (0, 0.0) and match.probability < 0.01


def test_more_inliers_are_never_less_probable():
    chances = [compute_scene_probability(inliers, 0.2) for inliers in range(0, 200, 5)]
    assert chances == sorted(chances) and chances[0] < 0.01 and chances[-1] > 0.99
    assert compute_scene_probability(100, load_fit()["least_spread"] / 2) == 0.5


def test_without_opencv_the_extra_is_named(monkeypatch):
    monkeypatch.setattr("sextant.base.packages.find_spec", lambda package: None)
    with pytest.raises(MissingPackage, match=r"pip install 'sextant-geo\[scene\]'"):
        finding.require_opencv()


@needs_shared_data
def test_photos_of_one_building_from_many_sides_match():
    assert SHARED
    photos = sorted((SHARED / "same-place" / "lund").glob("*.jpg"))[:4]
    found = [find_features(open_photo(photo).image) for photo in photos]
    matches = [compare_scenes(a, b) for number, a in enumerate(found) for b in found[number + 1 :]]
    assert sum(match.probability > 0.9 for match in matches) >= 4


def test_threads_that_compare_at_the_same_time_all_find_opencv():
    """In a process of its own: OpenCV is imported once, and half made while it is."""
    code = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from PIL import Image\n"
        "from sextant.gallery.scenes.features import find_features\n"
        "with ThreadPoolExecutor(8) as pool:\n"
        "    print(len(list(pool.map(find_features, [Image.new('RGB', (64, 64))] * 8))))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "8\n", done.stderr
