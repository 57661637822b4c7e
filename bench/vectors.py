"""Make structured synthetic vectors: clusters in a cone on a curved surface, like those of image encoders.

Shaped after real embeddings, 1,374 photos of IM2GPS3K through MobileNetV2 (in brackets: as many of these vectors):
cosine of a pair 0.53 ± 0.07 (0.53 ± 0.08), to the nearest other photo 0.76 (0.75), to the 16th nearest 0.69 (0.68),
to the mean 0.73 ± 0.05 (0.73 ± 0.05), local intrinsic dimension by Levina & Bickel over 16 neighbours 26 (26),
share of the true farthest 16 among the tenth of the rows with the lowest cosine to the mean 0.89 (0.87).
Plain Gaussian clusters in a cone that match the cosines have a local dimension of 58 and, at a million rows,
neighbours that no index finds; embeddings of photos are not like that.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

CONE = 0.73  # mean cosine to the axis; it varies by …
CONE_DEVIATION = 0.042  # … this much, more to the far side
SKEW = 0.28
LATENT = 24
HIDDEN = 512
GAIN = 0.23  # how strongly the surface is curved: random Fourier features of a Gaussian kernel
NOISE = 0.05  # share of the variance that is noise in all directions
ROWS_A_CLUSTER = 100
CHUNK = 50_000


class Shape:
    """One distribution; the same seed and sizes give the same vectors."""

    def __init__(self, count: int, dimension: int, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.dimension, self.seed = dimension, seed
        clusters = max(1, count // ROWS_A_CLUSTER)
        self._centres = rng.standard_normal((clusters, LATENT), dtype=np.float32)
        weights = 1 / np.arange(1, clusters + 1) ** 0.5
        self._weights = weights / weights.sum()
        self._inner = rng.standard_normal((LATENT, HIDDEN), dtype=np.float32) * np.float32(GAIN)
        self._bias = rng.uniform(0, 2 * np.pi, HIDDEN).astype(np.float32)
        self._outer = rng.standard_normal((HIDDEN, dimension), dtype=np.float32)
        axis = rng.standard_normal(dimension, dtype=np.float32)
        self._axis = axis / np.linalg.norm(axis)
        self._tilt = rng.standard_normal(LATENT, dtype=np.float32) / np.float32(LATENT**0.5)
        surface, _ = self._surface(rng, 4000)
        self._middle = surface.mean(axis=0)

    def _surface(self, rng: np.random.Generator, count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return points on the surface (count, dimension), and the cosine of each to the cone's axis (count, 1)."""
        cluster = rng.choice(len(self._weights), size=count, p=self._weights)
        within = rng.standard_normal((count, LATENT), dtype=np.float32)
        latent = np.sqrt(np.float32(0.5)) * (self._centres[cluster] + within)
        skewed = (np.exp(SKEW * (latent @ self._tilt)) - np.exp(SKEW**2 / 2)) / SKEW
        cosine = np.clip(CONE - CONE_DEVIATION * skewed, 0.0, 0.99)[:, None]
        return np.cos(latent @ self._inner + self._bias) @ self._outer, cosine.astype(np.float32)

    def chunk(self, number: int, count: int) -> NDArray[np.float32]:
        """``count`` unit vectors, (count, dimension); every chunk number gives others."""
        rng = np.random.default_rng([self.seed, number])
        surface, cosine = self._surface(rng, count)
        noise = rng.standard_normal((count, self.dimension), dtype=np.float32)
        aside = np.sqrt(1 - NOISE) * _normalise(surface - self._middle) + np.sqrt(NOISE) * _normalise(noise)
        return _normalise(cosine * self._axis + np.sqrt(1 - cosine**2) * aside)

    def chunks(self, count: int) -> Iterator[NDArray[np.float32]]:
        """Yield the gallery's vectors, piece by piece."""
        for number, start in enumerate(range(0, count, CHUNK)):
            yield self.chunk(number, min(CHUNK, count - start))

    def queries(self, count: int) -> NDArray[np.float32]:
        """Return vectors of the same distribution that are not in the gallery."""
        return self.chunk(1_000_000, count)


def _normalise(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit
