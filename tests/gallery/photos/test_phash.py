import imagehash
import numpy as np
import pytest
from PIL import Image

from sextant.gallery.photos.phash import compute_perceptual_hash
from tests.support.photos import picture


def halves(share: float) -> Image.Image:
    """A picture of two greys, whose transform is mostly rounding dust."""
    grey = np.zeros((64, 64), dtype=np.uint8)
    grey[: round(64 * share)] = 200
    return Image.fromarray(grey).convert("RGB")


@pytest.mark.parametrize(
    "image",
    [
        *[picture(seed, size) for seed, size in enumerate([(64, 48), (500, 333), (1, 1), (3, 400), (1200, 20)])],
        *[Image.new("RGB", (90, 60), (grey, grey, 255 - grey)) for grey in range(0, 256, 51)],
        *[halves(share) for share in (0.1, 0.25, 0.5, 0.9)],
    ],
)
def test_the_hash_is_that_of_imagehash(image):
    thumbnail = image.convert("L").resize((128, 128), Image.Resampling.BOX)
    assert compute_perceptual_hash(image) == str(imagehash.phash(thumbnail))
