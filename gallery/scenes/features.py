"""Local features of a photo: SIFT keypoints with root-normalised descriptors. Needs OpenCV, the extra `scene`."""

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sextant.base.arrays import Floats
from sextant.base.packages import require_package

SIDE = 800  # pixels of the longer side: more finds little more and takes longer
_MOST = 2000  # features of a photo
_LOADING = threading.Lock()


@dataclass(frozen=True)
class LocalFeatures:
    """Features of one photo, scaled to `SIDE`.

    Attributes:
        positions: (n, 2) pixels, x before y.
        sizes: (n,) pixels.
        angles: (n,) radians.
        descriptors: (n, 128), each of length 1.
        width: pixels of the scaled photo.
        height: pixels of the scaled photo.
    """

    positions: Floats
    sizes: Floats
    angles: Floats
    descriptors: NDArray[np.float32]
    width: int
    height: int


def require_opencv() -> None:
    """Check that OpenCV is installed.

    Raises:
        MissingPackage: it is not; the message names the extra.
    """
    require_package("cv2", "Comparing scenes", "scene")


def load_opencv() -> Any:
    """Import OpenCV, one thread at a time: while it is imported, other threads find it half made or not at all.

    Raises:
        MissingPackage: it is not installed.
    """
    with _LOADING:
        require_opencv()
        import cv2

        return cv2


def find_features(image: Image.Image) -> LocalFeatures:
    """Find the local features of an upright photo.

    Descriptors are square roots of their shares (RootSIFT: Arandjelović and Zisserman, CVPR 2012), which compares them
    by Hellinger's distance.

    Raises:
        MissingPackage: OpenCV is not installed.
    """
    cv2 = load_opencv()
    grey = image.convert("L")
    grey.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    sift: Any = cv2.SIFT_create(nfeatures=_MOST)
    points, raw = sift.detectAndCompute(np.asarray(grey), None)
    if raw is None:
        empty = np.zeros(0)
        return LocalFeatures(np.zeros((0, 2)), empty, empty, np.zeros((0, 128), np.float32), grey.width, grey.height)
    shares = raw / np.maximum(raw.sum(1, keepdims=True), 1e-9)
    return LocalFeatures(
        np.array([point.pt for point in points], dtype=float),
        np.array([point.size for point in points], dtype=float),
        np.radians([point.angle for point in points]),
        np.sqrt(shares).astype(np.float32),
        grey.width,
        grey.height,
    )
