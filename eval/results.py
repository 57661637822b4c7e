"""Read an evaluation's lines as arrays, photo by photo in the order of their names."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from sextant.agent.verification.decision import RADII_KM, RADIUS_NAMES
from sextant.base.arrays import Floats
from sextant.base.documents.record import EvaluationRecord
from sextant.base.json_types import Document, Json
from sextant.eval.running.folder import EvaluationFolder
from sextant.geo.sphere import compute_great_circle_km


@dataclass(frozen=True)
class Results:
    """One evaluation as it stands: header and the line that counts of each photo."""

    path: Path
    header: Json
    lines: tuple[EvaluationRecord, ...]

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.resolve().name

    @property
    def images(self) -> list[str]:
        return [line["image"] for line in self.lines]

    @cached_property
    def distances_km(self) -> Floats:
        """(n,) from answer to truth; infinity where no place was given."""
        found = [line["distance_km"] for line in self.lines]
        return np.array([np.inf if distance is None else distance for distance in found], dtype=float)

    @cached_property
    def groups(self) -> list[str]:
        """What the bootstrap draws together: the photographer, else the photo alone."""
        return [line["author"] or f"photo {line['image']}" for line in self.lines]

    @cached_property
    def within(self) -> NDArray[np.bool_]:
        """(n, 5): whether the answer lies less than 1, 25, 200, 750, 2500 km from the truth."""
        return self.distances_km[:, None] < np.array(RADII_KM)

    def stated(self, radius: str) -> Floats:
        """Return (n,) the probability that answers state for a radius; NaN where none is stated."""
        index = RADIUS_NAMES.index(radius)
        return self._stated[:, index]

    @cached_property
    def _stated(self) -> Floats:
        rows = [
            [dict(line["answer"]["probability"])[name] if line["answer"] else None for name in RADIUS_NAMES]
            for line in self.lines
        ]
        return np.array(rows, dtype=float).reshape(-1, len(RADIUS_NAMES))

    def inside(self, share: str) -> Floats:
        """Return (n,) 1 where the place lies in the stated region ("50" or "90"), 0 where not, NaN without a region."""
        return np.array([_inside(line, share) for line in self.lines], dtype=float)

    def areas_km2(self, share: str) -> Floats:
        """Return (n,) the stated regions' areas, NaN without one."""
        found = [_find_area(line, share) or {} for line in self.lines]
        return np.array([area.get("area_km2", np.nan) for area in found], dtype=float)

    def spent(self, name: str) -> Floats:
        """Return (n,) what each photo used of ``calls``, ``tokens``, ``seconds`` or ``usd``; NaN where unknown."""
        found = [line["answer"]["spent"].get(name) if line["answer"] else 0 for line in self.lines]
        return np.array(found, dtype=float)


def read_results(path: str | Path) -> Results:
    """Read an evaluation's folder.

    Raises:
        EvaluationError: it holds none, or one that cannot be read.
    """
    folder = EvaluationFolder(Path(path))
    header, lines = folder.header(), folder.lines()
    return Results(folder.path, header, tuple(cast(EvaluationRecord, lines[image]) for image in sorted(lines)))


def _find_area(line: EvaluationRecord, share: str) -> Document | None:
    """Return the stated region; answers of others (`sextant eval import`) state none."""
    regions: Document = (line["answer"]["region"] if line["answer"] else None) or {}
    area: Document | None = regions.get(share)
    return area


def _inside(line: EvaluationRecord, share: str) -> float:
    area = _find_area(line, share)
    if not area:
        return float("nan")
    parts: Sequence[Document] = area.get("parts") or [area]
    centres = np.array([(part["latitude"], part["longitude"]) for part in parts], dtype=float)
    radii = np.array([part["radius_km"] for part in parts], dtype=float)
    return float(np.any(compute_great_circle_km(centres, (line["latitude"], line["longitude"])) <= radii))
