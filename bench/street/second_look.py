"""Measure what a second look is worth: scripted judges of known skill compare each photo with its leading places.

    python -m bench.street.second_look recorded.jsonl.gz

``recorded.jsonl.gz`` holds recorded candidates (docs/evaluation.md); profiles are made of other photographers' photos.
Photos whose verdict is settled get no second look, as in a run. A judge is right about each place with a stated
probability: it calls a place within 25 km of the truth the same and others not; where it is wrong, the other way round.
Nothing is drawn: every pattern of judgements of a photo's places is judged once, and a judge's figures are the mean
over patterns, each with its probability. Intervals of 90 % of the difference to no second look are over photographers.

What a judgement weighs was chosen on the photographers of part 0; part 1 reports.
"""

import argparse
import itertools
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
from sextant.base.arrays import Floats
from sextant.eval.fitting.profiles import with_profiles
from sextant.eval.fitting.recorded import Record, read_records
from sextant.geo.sphere import compute_great_circle_km

_PLACES = 4
_SKILLS = (0.5, 0.65, 0.8, 0.95)
_STRONG = "gpt-5"  # the judgements of other classes weigh nothing
_DRAWS = 1000


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
    judged = [(record, pool, calibrated(pool)) for record, pool in pools]
    judged = [one for one in judged if not one[2].agreement]
    groups = np.array([record.group for record, _, _ in judged])
    print(
        f"{title}: {len(judged)} of {len(pools)} photos are not settled ({len(set(groups.tolist()))} photographers)",
        flush=True,
    )
    before = np.array([_measure(verdict, record) for record, _, verdict in judged])
    after = np.array([_look_again(*one) for one in judged])
    _print("without", before)
    for row, skill in enumerate(_SKILLS):
        name = "at chance" if skill == 0.5 else f"right in {100 * skill:.0f} %"
        _print(name, after[:, row], _list_intervals(after[:, row] - before, groups))


def _look_again(record: Record, pool: Pool, verdict: Verdict) -> Floats:
    """Return what `_measure` gives on average with a judge of each skill, (skills, 4)."""
    scored = [{"latitude": s.candidate.latitude, "longitude": s.candidate.longitude} for s in verdict.scored]
    places = find_leading_places(scored, _PLACES)
    truth = record.latitude, record.longitude
    there = np.array([float(compute_great_circle_km(place, truth)) <= RADII_KM[1] for place in places])
    found = np.zeros((len(_SKILLS), 4))
    for same in itertools.product((True, False), repeat=len(places)):
        said = tuple(
            Judgement(*place, Likeness.SAME_PLACE if one else Likeness.NOT, _STRONG)
            for place, one in zip(places, same, strict=True)
        )
        right = int((np.array(same) == there).sum())
        chances = [skill**right * (1 - skill) ** (len(places) - right) for skill in _SKILLS]
        found += np.outer(chances, _measure(calibrated(replace(pool, judgements=said)), record))
    return found


def _measure(verdict: Verdict, record: Record) -> Floats:
    """Return whether an answer lies within 1, 25 and 200 km, and the square of P(25 km)'s error."""
    answer, truth = (verdict.latitude or 0.0, verdict.longitude or 0.0), (record.latitude, record.longitude)
    away = float(compute_great_circle_km(answer, truth))
    near = [float(away <= radius) for radius in RADII_KM[:3]]
    return np.array([*near, ((verdict.probability["25"] or 0.0) - near[1]) ** 2])


def _list_intervals(change: Floats, groups: np.ndarray) -> Floats:
    """Return the 5th and 95th percentile (2, 4) of the mean change, photographers drawn with replacement."""
    names = np.unique(groups)
    sums = np.array([change[groups == name].sum(0) for name in names])
    counts = np.array([(groups == name).sum() for name in names])
    rows = np.random.default_rng(0).integers(len(names), size=(_DRAWS, len(names)))
    return np.percentile(sums[rows].sum(1) / counts[rows].sum(1)[:, None], [5, 95], axis=0)


def _print(name: str, measured: Floats, intervals: Floats | None = None) -> None:
    one, city, region, brier = measured.mean(0)
    line = f"  {name:<14} {100 * one:5.1f} /{100 * city:5.1f} /{100 * region:5.1f} %; Brier at 25 km {brier:.4f}"
    if intervals is not None:
        (_, low, _, least), (_, high, _, most) = intervals
        line += f"; change {100 * low:+.1f} to {100 * high:+.1f} points at 25 km, Brier {least:+.4f} to {most:+.4f}"
    print(line, flush=True)


if __name__ == "__main__":
    main()
