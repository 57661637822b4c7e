"""Measure what a second look is worth: scripted judges of known skill compare each photo with its leading places.

    python -m bench.street.second_look recorded.jsonl.gz

``recorded.jsonl.gz`` holds recorded candidates (docs/evaluation.md); profiles are made of other photographers' photos.
Photos whose verdict is settled get no second look, as in a run. A judge is right about each place with a stated
probability: it calls a place within 25 km of the truth the same and others not or of the same kind; where it is wrong,
the other way round. The weights were chosen on the photographers of part 0; part 1 reports.
"""

import argparse
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from sextant.agent.answers.judgements import Likeness
from sextant.agent.prompting.looked_places import find_leading_places
from sextant.agent.verification.calibrated import calibrated
from sextant.agent.verification.decision import RADII_KM, Verdict
from sextant.agent.verification.pool import Judgement, Pool
from sextant.eval.fitting.profiles import with_profiles
from sextant.eval.fitting.recorded import Record, read_records
from sextant.geo.sphere import compute_great_circle_km

_PLACES = 4
_JUDGES = (
    ("strong model, right in 80 %", "gpt-5", 0.8),
    ("strong model, right in 65 %", "gpt-5", 0.65),
    ("strong by name, at chance", "gpt-5", 0.5),
    ("middling model, at chance", "gpt-4o", 0.5),
    ("small model, at chance", "llava", 0.5),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recorded", type=Path)
    options = parser.parse_args()
    records = with_profiles(read_records(options.recorded))
    for part in (0, 1):
        mine = [one for one in records if zlib.crc32(one.group.encode()) % 2 == part]
        for title, strip in (("with its answer", False), ("retrieval alone", True)):
            pools = [(one, replace(one, answers=()).pool() if strip else one.pool()) for one in mine]
            _report(f"part {part}, {title}", [(one, pool) for one, pool in pools if pool.candidates])


def _report(title: str, pools: Sequence[tuple[Record, Pool]]) -> None:
    before = [calibrated(pool) for _, pool in pools]
    open_ones = [row for row, verdict in enumerate(before) if not verdict.agreement]
    photos = len({pools[row][0].group for row in open_ones})
    print(f"{title}: {len(open_ones)} of {len(pools)} photos are not settled ({photos} photographers)")
    truths = [(pools[row][0].latitude, pools[row][0].longitude) for row in open_ones]
    _print("without", [before[row] for row in open_ones], truths)
    for name, model, skill in _JUDGES:
        chance = np.random.default_rng(7)
        after = [_look_again(*pools[row], before[row], model, skill, chance) for row in open_ones]
        _print(name, after, truths)


def _look_again(
    record: Record, pool: Pool, verdict: Verdict, model: str, skill: float, chance: np.random.Generator
) -> Verdict:
    scored = [{"latitude": s.candidate.latitude, "longitude": s.candidate.longitude} for s in verdict.scored]
    judged = []
    for place in find_leading_places(scored, _PLACES):
        there = float(compute_great_circle_km(place, (record.latitude, record.longitude))) <= RADII_KM[1]
        same = there if chance.random() < skill else not there
        other = Likeness.SAME_KIND if chance.random() < 0.5 else Likeness.NOT
        judged.append(Judgement(*place, Likeness.SAME_PLACE if same else other, model))
    return calibrated(replace(pool, judgements=tuple(judged)))


def _print(name: str, verdicts: Sequence[Verdict], truths: Sequence[tuple[float, float]]) -> None:
    away = np.array([
        float(compute_great_circle_km((one.latitude or 0.0, one.longitude or 0.0), truth))
        for one, truth in zip(verdicts, truths, strict=True)
    ])  # fmt: skip
    said = np.array([one.probability["25"] or 0.0 for one in verdicts])
    near = away <= RADII_KM[1]
    shares = " ".join(f"{100 * (away <= radius).mean():5.1f}" for radius in RADII_KM[:4])
    print(
        f"  {name:<28} within 1/25/200/750 km: {shares} %; Brier at 25 km {np.mean((said - near) ** 2):.4f}, "
        f"said {100 * said.mean():.1f} %, true {100 * near.mean():.1f} %"
    )


if __name__ == "__main__":
    main()
