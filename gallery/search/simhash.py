"""Near index of a gallery in a folder: inverted lists of SimHash codes, searched with numpy alone.

Rows are divided among partitions, each of which has a centre. A row's code holds, for 768 fixed directions, on which
side of its partition's centre the row lies (sign random projections, Charikar 2002, doi:10.1145/509907.509965). Of two
vectors that differ from the centre by r and s, at an angle θ, the expected share of differing bits is θ/π, so

    |r - s|² ≈ |r|² + |s|² - 2·|r|·|s|·cos(π · differing bits / bits).

A search reads the partitions whose centres are nearest. It compares the first 256 bits of every code, and all bits of
the rows that are then nearest; whoever asks re-ranks the best of these on their stored vectors.

LanceDB's index (``index.py``) finds as much, but takes 3 ms to search one partition and five times as long to build. It
serves galleries in an object store, which have no files beside their tables.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sextant.gallery.search.array_file import DamagedFile, map_arrays

SUFFIX = ".codes"
WORDS = 12  # of 64 bits a code: 768 bits, whatever the vectors' dimension
COARSE_WORDS = 4  # of these are compared first; of 3, the nearest are lost, and 6 take half as long again
BITS, COARSE_BITS = 64 * WORDS, 64 * COARSE_WORDS
_SHORTLIST = 20  # rows whose whole codes are compared, for each one wanted; with twice as many hardly more are found
_SAMPLED = 16  # every sixteenth estimate is sampled to see where the shortlist ends
_COSINES = np.cos(np.pi * np.arange(BITS + 1) / BITS).astype(np.float32)  # of the angle, by differing bits


@dataclass(frozen=True)
class _Probe:
    """The partitions that a query is looked for in, seen from the query; arrays with one entry a partition."""

    partitions: NDArray[np.int64]
    starts: NDArray[np.int64]  # first row
    sizes: NDArray[np.int64]  # rows
    distances: NDArray[np.float32]  # of the query from the centre
    codes: NDArray[np.uint64]  # the query's, (partitions, WORDS)

    def spread(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Repeat each partition's value for each of its rows."""
        return np.repeat(values, self.sizes)

    def gather(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the values of the partitions' rows, out of those of all rows."""
        ends = (self.starts + self.sizes).tolist()
        return np.concatenate([values[start:end] for start, end in zip(self.starts.tolist(), ends, strict=True)])

    def locate(self, chosen: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return for some of the partitions' rows, counted on from one to the next: which partition, and which row."""
        ends = np.cumsum(self.sizes)
        which = np.searchsorted(ends, chosen, side="right")
        return which, chosen - (ends - self.sizes - self.starts)[which]


class SimHashIndex:
    """The codes of one version of a table. Row numbers are LanceDB's: those of its fragments and places therein."""

    def __init__(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Take the arrays that ``write_simhash`` wrote."""
        self._centres: NDArray[np.float32] = arrays["centres"]  # (partitions, dimension)
        self._turned_centres: NDArray[np.float32] = arrays["turned centres"]  # (partitions, BITS)
        self._rotation: NDArray[np.float32] = arrays["rotation"]  # (dimension, BITS)
        self._starts: NDArray[np.int64] = arrays["starts"]  # first row of each partition, and the end
        self._lengths: NDArray[np.float32] = arrays["lengths"]  # distance of each row from its centre
        self._places: NDArray[np.uint32] = arrays["places"]  # of each row in the table
        self._coarse: list[NDArray[np.uint64]] = [  # of each partition (COARSE_WORDS, its rows)
            arrays["coarse"][COARSE_WORDS * start : COARSE_WORDS * end].reshape(COARSE_WORDS, end - start)
            for start, end in pairwise(self._starts.tolist())
        ]
        self._fine: NDArray[np.uint64] = arrays["fine"]  # (rows, WORDS - COARSE_WORDS)
        self._run_numbers: NDArray[np.int64] = arrays["run numbers"]  # first row number of each run without a gap
        self._run_places: NDArray[np.int64] = arrays["run places"]  # where that row is in the table
        self._by_place = np.argsort(self._run_places)
        self._squared = np.einsum("ij,ij->i", self._centres, self._centres)

    @classmethod
    def opened(cls, folder: Path, table: str, version: int) -> "SimHashIndex":
        """Open that of a gallery's table at this version.

        Raises:
            FileNotFoundError: the gallery has none.
            DamagedFile: it is not whole.
        """
        path = get_file(folder, table, version)
        try:
            return cls(map_arrays(path))
        except KeyError as error:
            raise DamagedFile(f"{path} lacks {error}") from None

    def nearest(
        self, query: NDArray[np.float32], limit: int, probes: int, allowed: NDArray[np.int64] | None = None
    ) -> NDArray[np.int64]:
        """Return the numbers of up to ``limit`` rows that are probably the most similar to a normalised vector.

        Args:
            probes: partitions that are read.
            allowed: numbers of the rows that may be found; all partitions are then read.
        """
        probe = self._aim(query, len(self._centres) if allowed is not None else probes)
        differing = self._compare_coarse(probe)
        lengths = probe.gather(self._lengths)
        estimates = _estimate_coarse(probe, differing, lengths)
        if allowed is not None:
            estimates[~self._mark(allowed)[probe.gather(self._places)]] = np.inf
        shortlist = _select_smallest(estimates, _SHORTLIST * limit)
        if allowed is not None:
            shortlist = shortlist[np.isfinite(estimates[shortlist])]
        which, rows = probe.locate(shortlist)
        closer = self._estimate_fine(probe, which, rows, differing[shortlist])
        best = rows[np.argpartition(closer, limit - 1)[:limit]] if limit < len(rows) else rows
        return self._number(self._places[best])

    def _aim(self, query: NDArray[np.float32], probes: int) -> _Probe:
        squared = np.maximum(self._squared - 2 * (self._centres @ query) + query @ query, 0)
        chosen = np.arange(len(squared))
        if probes < len(chosen):
            chosen = np.sort(np.argpartition(squared, probes - 1)[:probes])
        return _Probe(
            chosen,
            self._starts[chosen],
            self._starts[chosen + 1] - self._starts[chosen],
            np.sqrt(squared[chosen]),
            pack_signs(query @ self._rotation - self._turned_centres[chosen]),
        )

    def _compare_coarse(self, probe: _Probe) -> NDArray[np.uint16]:
        """Count for every row of the probed partitions in how many of the first bits it differs from the query."""
        differing = np.empty(int(probe.sizes.sum()), dtype=np.uint16)
        codes = np.ascontiguousarray(probe.codes[:, :COARSE_WORDS])[:, :, None]
        at = 0
        for code, partition in zip(codes, probe.partitions.tolist(), strict=True):
            stored = self._coarse[partition]
            counts = np.bitwise_count(np.bitwise_xor(stored, code))
            counts = counts[: COARSE_WORDS // 2] + counts[COARSE_WORDS // 2 :]  # at most 128 each: 8 bits hold them
            there = slice(at, at + stored.shape[1])
            np.add(counts[0], counts[1], out=differing[there], dtype=np.uint16)
            at = there.stop
        return differing

    def _estimate_fine(
        self, probe: _Probe, which: NDArray[np.int64], rows: NDArray[np.int64], differing: NDArray[np.uint16]
    ) -> NDArray[np.float32]:
        """Estimate the squared distance of rows from the query by all bits of their codes.

        Args:
            which: the probed partition of each row.
            differing: of the first bits.
        """
        stored = self._fine[rows]
        stored ^= probe.codes[which, COARSE_WORDS:]
        differing = differing + np.bitwise_count(stored).sum(axis=1, dtype=np.uint16)
        lengths, distances = self._lengths[rows], probe.distances[which]
        squared: NDArray[np.float32] = lengths * (lengths - 2 * distances * _COSINES[differing]) + distances**2
        return squared

    def _mark(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Mark the rows with these numbers, by their places in the table."""
        marked = np.zeros(len(self._places), dtype=bool)
        run = np.searchsorted(self._run_numbers, numbers, side="right") - 1
        marked[self._run_places[run] + numbers - self._run_numbers[run]] = True
        return marked

    def _number(self, places: NDArray[np.uint32]) -> NDArray[np.int64]:
        """Return the numbers of the rows at these places of the table."""
        ordered = self._run_places[self._by_place]
        run = self._by_place[np.searchsorted(ordered, places, side="right") - 1]
        numbers: NDArray[np.int64] = self._run_numbers[run] + places - self._run_places[run]
        return numbers


def get_file(folder: Path, table: str, version: int) -> Path:
    return folder / f"{table}-{version}{SUFFIX}"


def pack_signs(turned: NDArray[np.float32]) -> NDArray[np.uint64]:
    """Return codes (n, WORDS) of vectors seen from a centre, turned by the rotation (n, BITS)."""
    return np.packbits(turned > 0, axis=1).view(np.uint64)


def _estimate_coarse(probe: _Probe, differing: NDArray[np.uint16], lengths: NDArray[np.float32]) -> NDArray[np.float32]:
    """Estimate the squared distance of every row from the query by the first bits of its code.

    Near a right angle, where most are, cos θ ≈ π/2 - θ: no table is looked up for hundreds of thousands of rows.
    """
    estimates = differing.astype(np.float32)
    estimates *= np.float32(2 * math.pi / COARSE_BITS)
    estimates -= np.float32(math.pi)
    estimates *= probe.spread(probe.distances)
    estimates += lengths
    estimates *= lengths
    estimates += probe.spread(probe.distances**2)
    return estimates


def _select_smallest(values: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Return the indexes of about ``count`` smallest values: all those up to an edge that a sample of them gives."""
    if count >= len(values):
        return np.arange(len(values))
    sample = values[::_SAMPLED]
    rank = min(len(sample) - 1, -(-count // _SAMPLED))
    chosen = np.flatnonzero(values <= np.partition(sample, rank)[rank])
    # Where equal photos lie in a row, the sample can mislead.
    return chosen if len(chosen) >= count // 2 else np.argpartition(values, count - 1)[:count]
