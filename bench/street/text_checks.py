"""Measure what evidence says of the place of a text: how often it conflicts at the true place, and at a random one.

    python -m bench.street.text_checks recorded.jsonl.gz --replies privacy-prose.jsonl.gz street-view.jsonl.gz

``--replies`` are replies of models to photos with known places, one a line (``image, raw, latitude, longitude``): from
them come the words quoted as written in the photo and the driving side that was seen. ``recorded.jsonl.gz`` holds
recorded candidates (docs/evaluation.md); profiles are made of other photographers' photos. A random place is that of
another photo. Photos are split by a hash of their names (recorded ones by photographer): what `text_checks.py` and
`sign_language.py` hold was chosen on part 0; part 1 reports. The log of the ratio is what a conflict weighs.
"""

import argparse
import gzip
import json
import math
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from sextant.agent.answers import parse_answer
from sextant.agent.answers.signs import quoted_signs
from sextant.agent.guard.driving_side import find_driving_side
from sextant.agent.guard.sign_language import detect_sign_language, find_by_script, find_by_words
from sextant.agent.nodes.signs import may_be_name, read_texts
from sextant.agent.nodes.text_checks import check_driving_side, check_language
from sextant.agent.state import Turn
from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.pool import Finding
from sextant.agent.verification.scoring.text_checks import share_listed
from sextant.agent.world.sights import Sights
from sextant.atlas.names import NamedPlace, find_place
from sextant.eval.fitting.profiles import with_profiles
from sextant.eval.fitting.recorded import Record, read_records
from sextant.geo.places import describe
from sextant.geo.sphere import compute_great_circle_km
from sextant.tools.country_facts import load_facts

_REGION_KM = 200.0
_SHARES = (0.0, 0.5, 0.9, 1.01)  # of the probability near the retrieved photos


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recorded", type=Path)
    parser.add_argument("--replies", type=Path, nargs="+", required=True)
    options = parser.parse_args()
    replies = list(_read_replies(options.replies))
    for part in (0, 1):
        mine = [one for one in replies if zlib.crc32(one[0].encode()) % 2 == part]
        countries = [country for _, _, country in mine]
        chance = np.random.default_rng(3)
        others = [countries[row] for row in chance.permutation(len(countries)).tolist()]
        _report_language(part, mine, others)
        _report_side(part, mine, others)
    _report_alone(options.replies)
    records = with_profiles(read_records(options.recorded))
    for part in (0, 1):
        _report_retrieval(part, [one for one in records if zlib.crc32(one.group.encode()) % 2 == part])


def _read_lines(paths: Iterable[Path]) -> Iterator[tuple[str, str, tuple[float, float]]]:
    """Yield image, reply and the true position."""
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                one = json.loads(line)
                yield one["image"], one["raw"], (one["latitude"], one["longitude"])


def _read_replies(paths: Iterable[Path]) -> Iterator[tuple[str, str, str]]:
    """Yield image, reply and the true country's code."""
    for image, reply, truth in _read_lines(paths):
        code = _find_code(*truth)
        if code:
            yield image, reply, code


@lru_cache(maxsize=100_000)
def _find_code(latitude: float, longitude: float) -> str | None:
    return describe(latitude, longitude).country_code


@lru_cache(maxsize=100_000)
def _names_place(text: str) -> bool:
    return any(hit.score == 1.0 for hit in find_place(text, limit=3, misspelt=False))


def _report_language(part: int, replies: Sequence[tuple[str, str, str]], others: Sequence[str]) -> None:
    seen: set[tuple[str, str]] = set()
    detectors: dict[str, Callable[[str], str | None]] = {
        "base install": lambda text: find_by_script(text) or find_by_words(text),
        "with py3langid": detect_sign_language,
    }
    found: dict[str, list[tuple[Finding, Finding]]] = {title: [] for title in detectors}
    for (image, raw, country), other in zip(replies, others, strict=True):
        words = "\n".join(one for one in quoted_signs(raw) if may_be_name(one) and not _names_place(one))
        if not words or (image, words) in seen:
            continue
        seen.add((image, words))
        for title, detect in detectors.items():
            language = detect(words)
            checked = [check_language("", language, load_facts().get(code)) for code in (country, other)]
            found[title].append((checked[0], checked[1]))
    for title, pairs in found.items():
        _print(f"part {part}, language of {len(pairs)} quoted texts, {title}", pairs)


def _report_side(part: int, replies: Sequence[tuple[str, str, str]], others: Sequence[str]) -> None:
    found: list[tuple[Finding, Finding]] = []
    for (_, raw, country), other in zip(replies, others, strict=True):
        side = find_driving_side([raw])
        if side:
            checked = [check_driving_side(side, load_facts().get(code)) for code in (country, other)]
            found.append((checked[0], checked[1]))
    _print(f"part {part}, driving side in {len(replies)} replies", found)


def _report_alone(paths: Iterable[Path]) -> None:
    """Print how often the town that a reply read in the photo, and answered with, is right: each photo counts once."""
    sights = Sights("/nonexistent")
    found: dict[str, list[float]] = defaultdict(list)
    for image, reply, truth in _read_lines(paths):
        outcome = asdict(parse_answer(reply))
        if outcome["kind"] != "answered":
            continue
        at = (outcome["latitude"], outcome["longitude"])
        texts = read_texts([Turn(role="assistant", content=reply)], outcome)
        towns = [text for text in texts if any(_is_near(hit, at) for hit in _find_towns(text))]
        places = sights.look_up_signs({"texts": towns, "near": [list(at)]})["places"] if towns else []
        if any(_measure_km((one["latitude"], one["longitude"]), at) <= RADII_KM[1] for one in places):
            found[image].append(_measure_km(truth, at))
    for part in (0, 1):
        mine = [away for image, away in found.items() if zlib.crc32(image.encode()) % 2 == part]
        shares = np.mean([np.mean(np.array(away)[:, None] <= np.array(RADII_KM), axis=0) for away in mine], axis=0)
        print(
            f"part {part}, answers at the town of a text: {sum(map(len, mine))} replies to {len(mine)} photos, right "
            f"within {'/'.join(f'{km:g}' for km in RADII_KM)} km: {' / '.join(f'{100 * one:.0f}' for one in shares)} %"
        )


def _is_near(hit: NamedPlace, at: tuple[float, float]) -> bool:
    return _measure_km((hit.latitude, hit.longitude), at) <= RADII_KM[1]


def _measure_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    return float(compute_great_circle_km(one, other))


@lru_cache(maxsize=100_000)
def _find_towns(text: str) -> tuple[NamedPlace, ...]:
    return tuple(find_place(text, limit=50, misspelt=False))


def _report_retrieval(part: int, records: Sequence[Record]) -> None:
    missed: dict[int, list[tuple[bool, bool]]] = defaultdict(list)
    chance = np.random.default_rng(1)
    for record in records:
        pool = replace(record, answers=()).pool()
        if not pool.nearest:
            continue
        other = records[int(chance.integers(len(records)))]
        photos = np.array([(one.latitude, one.longitude) for one in pool.nearest])
        away = [
            float(compute_great_circle_km(photos, (one.latitude, one.longitude)).min()) > _REGION_KM
            for one in (record, other)
        ]
        missed[int(np.digitize(share_listed(pool), _SHARES))].append((away[0], away[1]))
    for row, pairs in sorted(missed.items()):
        true, random = np.mean(pairs, axis=0)
        print(
            f"part {part}, retrieval with {_SHARES[row - 1]:g} to {min(1, _SHARES[row]):g} of the probability listed: "
            f"{len(pairs)} photos; no photo within 200 km of the true place {100 * true:.1f} %, of a random one "
            f"{100 * random:.1f} %, log of the ratio {math.log(max(true, 1e-3) / random):.2f}"
        )


def _print(title: str, found: Sequence[tuple[Finding, Finding]]) -> None:
    rates = []
    for column in (0, 1):
        said = [pair[column] for pair in found if pair[column] is not Finding.UNKNOWN]
        rates.append(sum(one is Finding.CONFLICTS for one in said) / max(1, len(said)))
    stated = sum(pair[0] is not Finding.UNKNOWN for pair in found)
    print(
        f"{title}: {stated} say something; conflicts at the true place {100 * rates[0]:.1f} %, at a random one "
        f"{100 * rates[1]:.1f} %, log of the ratio {math.log(max(rates[0], 1e-3) / max(rates[1], 1e-3)):.2f}"
    )


if __name__ == "__main__":
    main()
