"""Train the near index of a gallery in a folder (``simhash.py``) and write it, a few thousand rows at once."""

import math
import warnings
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.base.files import replace_file
from sextant.gallery.encoders.spec import normalise
from sextant.gallery.search.array_file import Pieces, write_arrays
from sextant.gallery.search.exact import view_vectors
from sextant.gallery.search.simhash import BITS, COARSE_WORDS, WORDS, get_file, pack_signs
from sextant.gallery.statistics import read_rows_at

_SAMPLE_RATE = 64  # rows a partition is trained on
_ITERATIONS = 10
_READ_ROWS = 16_384  # at once
_ROW = "_rowid"  # LanceDB's number of a row: that of its fragment and its place therein
_SEED = 20_261_201


def write_simhash(table: Any, folder: Path, partitions: int) -> None:
    """Write the index of a table at its version, all or nothing. It takes about 130 bytes of memory a row meanwhile.

    Raises:
        OSError: the disk does not take it.
    """
    centres = _train_centres(table, partitions)
    rotation = _make_rotation(centres.shape[1])
    turned = centres @ rotation
    numbers, partition, lengths, codes = _encode(table, centres, rotation, turned)
    order = np.argsort(partition, kind="stable")
    starts = np.searchsorted(partition[order], np.arange(partitions + 1))
    firsts = np.concatenate([[0], np.flatnonzero(np.diff(numbers) != 1) + 1])  # of each run of numbers without a gap
    runs = firsts[np.argsort(numbers[firsts])]
    members = [order[start:end] for start, end in pairwise(starts.tolist())]
    rows = len(order)
    arrays = {
        "centres": Pieces.whole(centres),
        "rotation": Pieces.whole(rotation),
        "turned centres": Pieces.whole(turned),
        "starts": Pieces.whole(starts.astype(np.int64)),
        "run numbers": Pieces.whole(numbers[runs]),
        "run places": Pieces.whole(runs.astype(np.int64)),
        "places": Pieces.whole(order.astype(np.uint32)),
        "lengths": Pieces.whole(lengths[order]),
        "coarse": Pieces(codes.dtype, (COARSE_WORDS * rows,), (codes[own, :COARSE_WORDS].T for own in members)),
        "fine": Pieces(codes.dtype, (rows, WORDS - COARSE_WORDS), (codes[own, COARSE_WORDS:] for own in members)),
    }
    with replace_file(get_file(folder, table.name, int(table.version))) as aside:
        write_arrays(aside, arrays)


def _train_centres(table: Any, partitions: int) -> NDArray[np.float32]:
    """Return the centres (partitions, dimension) of k-means over a sample of the rows."""
    from scipy.cluster.vq import kmeans2

    count = int(table.count_rows())
    chance = np.random.default_rng(_SEED)
    sample = read_rows_at(table, np.sort(chance.permutation(count)[: _SAMPLE_RATE * partitions]))
    first = sample[np.sort(chance.permutation(len(sample))[:partitions])]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a partition without rows, as where many photos are the same, does no harm
        centres, _ = kmeans2(sample, first, iter=_ITERATIONS, minit="matrix")
    return np.ascontiguousarray(centres, dtype=np.float32)


def _make_rotation(dimension: int) -> NDArray[np.float32]:
    """Return random directions (dimension, BITS), each at right angles to the others as far as there is room."""
    chance = np.random.default_rng(_SEED)
    drawn = [chance.standard_normal((dimension, min(dimension, BITS))) for _ in range(math.ceil(BITS / dimension))]
    blocks = [np.linalg.qr(block)[0] for block in drawn]
    return np.ascontiguousarray(np.concatenate(blocks, axis=1)[:, :BITS], dtype=np.float32)


def _encode(
    table: Any, centres: NDArray[np.float32], rotation: NDArray[np.float32], turned: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32], NDArray[np.uint64]]:
    """Return each row's number, its partition, its distance from the partition's centre, and its code (n, WORDS)."""
    count = int(table.count_rows())
    numbers, partition = np.empty(count, np.int64), np.empty(count, np.int32)
    lengths, codes = np.empty(count, np.float32), np.empty((count, WORDS), np.uint64)
    half_squared = np.einsum("ij,ij->i", centres, centres) / 2
    start = 0
    for piece, vectors in _read_pieces(table):
        here = slice(start, start + len(vectors))
        nearest = np.argmax(vectors @ centres.T - half_squared, axis=1)
        numbers[here], partition[here] = piece, nearest
        lengths[here] = np.linalg.norm(vectors - centres[nearest], axis=1)
        codes[here] = pack_signs(vectors @ rotation - turned[nearest])
        start += len(vectors)
    return numbers, partition, lengths, codes


def _read_pieces(table: Any) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Yield the rows' numbers (n,) and their normalised vectors (n, dimension), in the table's order."""
    for batch in table.search().with_row_id(True).select(["vector"]).to_batches(_READ_ROWS):
        yield batch[_ROW].to_numpy().astype(np.int64), normalise(view_vectors(batch["vector"]))
