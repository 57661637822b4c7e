"""Measure an alignment: the distance of the photos it finds, and of the position it chooses.

Both are measured on held-out photographers, against the training rows as the gallery.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sextant.base import scales
from sextant.base.errors import WrongUse
from sextant.gallery.alignment.model.aligned_model import Alignment
from sextant.gallery.alignment.model.config import Part
from sextant.gallery.alignment.training.cache import Cache
from sextant.gallery.alignment.training.split import split_by_author
from sextant.gallery.search.retrieved_distances import COUNTS, summarise_retrieved
from sextant.geo.sphere import compute_geodesic_km, compute_great_circle_km

RETRIEVED = COUNTS
RADII_KM = tuple(int(radius) for radius in scales.RADII_KM)
MOST_QUERIES, MOST_REFERENCES = 5_000, 100_000
_CHUNK = 4096


def validate(
    alignment: Alignment,
    cache: Cache,
    references: NDArray[np.int64],
    queries: NDArray[np.int64],
    parts: tuple[Part, ...],
    seed: int,
) -> dict[str, Any]:
    """Measure one alignment; ``parts`` of ("image",) measures the backbone alone.

    Returns:
        ``retrieval``: for each count of ``RETRIEVED`` the median and mean geodesic distance (km) between a query
        and the photos found for it, over all pairs, and ``per_query`` the average, median, largest and smallest of each
        query's, averaged over the queries. ``positions``: the share of queries whose best-scoring reference position
        lies within each of ``RADII_KM``, and the median distance; None for the backbone, which knows no positions.
    """
    references, queries = _sample(references, MOST_REFERENCES, seed), _sample(queries, MOST_QUERIES, seed)
    found = find_rows(alignment, cache, references, queries, parts)
    distances = compute_geodesic_km(cache.positions[queries][:, None, :], cache.positions[references][found])
    spread = summarise_retrieved(distances)
    retrieval = {
        str(count): {
            "median_km": round(float(np.median(distances[:, :count])), 1),
            "mean_km": round(float(np.mean(distances[:, :count])), 1),
            "per_query": spread[str(count)],
        }
        for count in RETRIEVED
    }
    positions = measure_position_recall(alignment, cache, references, queries) if parts != ("image",) else None
    return {"queries": len(queries), "references": len(references), "retrieval": retrieval, "positions": positions}


def measure_parts(alignment: Alignment, cache: Cache, share: float, seed: int) -> dict[str, dict[str, Any]]:
    """``validate`` for the backbone, for each aligned part, and for all parts side by side.

    Args:
        share, seed: of the split by photographer; those of a training give the rows it held out.

    Raises:
        WrongUse: the rows cannot be split.
    """
    references, queries = split_by_author(cache.authors, cache.places, share, seed)
    if not len(queries):
        raise WrongUse(f"validation share {share!r} leaves no query photo; give --validation 0.1")
    single: dict[str, tuple[Part, ...]] = {part: (part,) for part in alignment.config.parts[1:]}
    choices: dict[str, tuple[Part, ...]] = {"backbone": ("image",), **single, "aligned": alignment.config.parts}
    return {name: validate(alignment, cache, references, queries, parts, seed) for name, parts in choices.items()}


def find_rows(
    alignment: Alignment,
    cache: Cache,
    references: NDArray[np.int64],
    queries: NDArray[np.int64],
    parts: tuple[Part, ...],
) -> NDArray[np.int64]:
    """Return the rows in ``references`` of the photos found for each query, best first."""
    asked, answering = embed_rows(alignment, cache, queries, parts), embed_rows(alignment, cache, references, parts)
    return find_nearest_rows(asked, answering)


def measure_position_recall(
    alignment: Alignment, cache: Cache, references: NDArray[np.int64], queries: NDArray[np.int64]
) -> dict[str, float]:
    """Return GeoCLIP's measure: the reference position that the image scores highest, how often within each radius."""
    _, firsts = np.unique(cache.places[references], return_index=True)
    positions = cache.positions[references[firsts]]
    encoded = encode_positions(alignment, positions)
    best = find_nearest_rows(embed_rows(alignment, cache, queries, ("gps",)), encoded, count=1)[:, 0]
    distances = compute_great_circle_km(cache.positions[queries], positions[best])
    within = {f"within_{radius}_km": round(float(np.mean(distances <= radius)), 4) for radius in RADII_KM}
    return {**within, "median_km": round(float(np.median(distances)), 1)}


@torch.no_grad()
def embed_rows(alignment: Alignment, cache: Cache, rows: NDArray[np.int64], parts: tuple[Part, ...]) -> Tensor:
    """Compute the embeddings of cached rows, (n, dimension), on the device of the weights."""
    device = alignment.gps_scale.device
    chunks = [rows[start : start + _CHUNK] for start in range(0, max(len(rows), 1), _CHUNK)]
    return torch.cat(
        [alignment.embed(torch.from_numpy(np.array(cache.images[chunk])).float().to(device), parts) for chunk in chunks]
    )


@torch.no_grad()
def encode_positions(alignment: Alignment, positions: NDArray[np.float64]) -> Tensor:
    """Return (n, 2) degrees → (n, space) unit vectors, on the device of the weights."""
    device = alignment.gps_scale.device
    chunks = [positions[start : start + _CHUNK] for start in range(0, max(len(positions), 1), _CHUNK)]
    return torch.cat(
        [alignment.positions(torch.from_numpy(np.ascontiguousarray(chunk)).to(device)) for chunk in chunks]
    )


def find_nearest_rows(queries: Tensor, references: Tensor, count: int = max(RETRIEVED)) -> NDArray[np.int64]:
    """Return the rows of the highest inner products, (n, count), best first."""
    count = min(count, len(references))
    chunks = [queries[start : start + 512] for start in range(0, len(queries), 512)]
    found = torch.cat([torch.topk(chunk @ references.T, count, dim=-1).indices for chunk in chunks])
    return found.cpu().numpy()


def _sample(rows: NDArray[np.int64], most: int, seed: int) -> NDArray[np.int64]:
    if len(rows) <= most:
        return rows
    return np.sort(np.random.default_rng((seed, 2)).choice(rows, most, replace=False))
