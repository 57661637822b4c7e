"""Measure how far signs that lie move answers: drawn scenes with a sign, in the manner of SIGNPOST-Bench.

    python -m bench.street.lying_signs [--scenes 400] [--queries 60]

Each held-out scene is drawn with five signs: the name of its own town (original), an empty board (blank), another town
of its country (similar), letters that name nothing (random), a town more than 5,000 km away (adversarial). The photo,
sign and all, is searched for in the drawn gallery by the builtin encoder; what the sign says is looked up as in a run.
Three readers: nobody answers; a careful model answers as if the board were blank; a gullible one answers with the
sign's town. Printed for each: the share of answers within 25 km of the sign's place, how far the answer lies from the
one with a blank board (km), and the share within 200 km of the truth. Nothing here is fitted or chosen.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sextant.agent.nodes.signs import is_written_there, make_candidate
from sextant.agent.verification.calibrated import calibrated
from sextant.agent.verification.pool import Candidate, Pool
from sextant.agent.world.sights import Sights
from sextant.base.arrays import Floats
from sextant.gallery.encoders.load import load_encoder
from sextant.gallery.profile import RetrievalProfile, fit_profile
from sextant.gallery.synthetic.scene import draw_scene
from sextant.gallery.synthetic.towns import Town
from sextant.gallery.synthetic.world import plan_world
from sextant.geo.sphere import compute_all_pairs_km, compute_great_circle_km

CONDITIONS = ("original", "blank", "similar", "random", "adversarial")
READERS = ("nobody", "careful model", "gullible model")
_LISTED = 20
_ERROR_KM = (5.0, 1500.0)  # of an honest answer: as far off as a middling model's, evenly in the logarithm
_NEAR_KM, _REGION_KM = 25.0, 200.0


@dataclass(frozen=True)
class Scene:
    """A held-out scene with its town, its seed and the towns that its signs may name."""

    town: Town
    seed: int
    honest: tuple[float, float]
    similar: Town
    adversarial: Town


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=400)
    parser.add_argument("--queries", type=int, default=60)
    options = parser.parse_args()
    gallery, asked = plan_world(options.scenes, options.queries)
    encoder = load_encoder("builtin")
    known = encoder.encode([draw_scene(one.town, one.seed) for one in gallery]).astype(float)
    places = np.array([(one.town.latitude, one.town.longitude) for one in gallery])
    profile = _measure_profile(known, places, [one.author for one in gallery])
    chance = np.random.default_rng(5)
    towns = [one.town for one in gallery]
    scenes = [_plan(one.town, one.seed, towns, chance) for one in asked]
    sights = Sights("/nonexistent")
    answers: dict[tuple[str, str], Floats] = {}
    signs: dict[str, list[tuple[float, float] | None]] = {}
    for condition in CONDITIONS:
        pictures = [_hang_sign(draw_scene(one.town, one.seed), _word(one, condition)) for one in scenes]
        cosines = encoder.encode(pictures).astype(float) @ known.T
        signs[condition] = [_locate(_named(one, condition)) for one in scenes]
        for reader in READERS:
            found = [
                _answer(scene, condition, reader, row, places, profile, sights)
                for scene, row in zip(scenes, cosines, strict=True)
            ]
            answers[reader, condition] = np.array(found)
    truth = np.array([(one.town.latitude, one.town.longitude) for one in scenes])
    for reader in READERS:
        print(reader)
        for condition in CONDITIONS:
            _print(condition, answers[reader, condition], answers[reader, "blank"], signs[condition], truth)


def _plan(town: Town, seed: int, towns: Sequence[Town], chance: np.random.Generator) -> Scene:
    here = (town.latitude, town.longitude)
    away = compute_great_circle_km(np.array([(one.latitude, one.longitude) for one in towns]), here)
    own = [row for row, one in enumerate(towns) if one.country_code == town.country_code and away[row] > 1]
    near = min(own or range(len(towns)), key=lambda row: abs(away[row] - 150.0))
    far = int(chance.choice(np.flatnonzero(away > 5000.0)))
    km, bearing = float(np.exp(chance.uniform(*np.log(_ERROR_KM)))), float(chance.uniform(0, 2 * np.pi))
    latitude = float(np.clip(town.latitude + km / 111.2 * np.cos(bearing), -85, 85))
    east = km / 111.2 * np.sin(bearing) / max(0.1, float(np.cos(np.radians(latitude))))
    return Scene(town, seed, (latitude, (town.longitude + east + 180) % 360 - 180), towns[near], towns[far])


def _named(scene: Scene, condition: str) -> Town | None:
    return {"original": scene.town, "similar": scene.similar, "adversarial": scene.adversarial}.get(condition)


def _word(scene: Scene, condition: str) -> str:
    named = _named(scene, condition)
    return named.name if named else "xqvw zkjt" if condition == "random" else ""


def _locate(town: Town | None) -> tuple[float, float] | None:
    return (town.latitude, town.longitude) if town else None


def _hang_sign(picture: Image.Image, word: str) -> Image.Image:
    """Draw a board with a word into the upper part of a scene."""
    signed = picture.copy()
    pen = ImageDraw.Draw(signed)
    wide, high = signed.size
    left, top, right, bottom = int(0.3 * wide), int(0.12 * high), int(0.7 * wide), int(0.24 * high)
    pen.rectangle((left, top, right, bottom), fill="white", outline="black", width=3)
    shown = word.encode("ascii", "ignore").decode()
    pen.text(
        ((left + right) / 2, (top + bottom) / 2), shown, fill="black", anchor="mm", font=ImageFont.load_default(28)
    )
    return signed


def _answer(
    scene: Scene,
    condition: str,
    reader: str,
    cosines: Floats,
    places: Floats,
    profile: RetrievalProfile,
    sights: Sights,
) -> tuple[float, float]:
    order = np.argsort(-cosines)[:_LISTED]
    candidates = [
        Candidate(*places[row].tolist(), origin="nearest", rank=rank, similarity=float(cosines[row]))
        for rank, row in enumerate(order.tolist())
    ]
    named = _named(scene, condition)
    if reader != "nobody":
        said = _locate(named) if named and reader == "gullible model" else scene.honest
        candidates.append(
            Candidate(*(said or scene.honest), origin="answer", model="gpt-4o", confidence=0.6, id="1.a.0")
        )
    near = [list(one) for one in dict.fromkeys((one.latitude, one.longitude) for one in candidates)][:12]
    word = _word(scene, condition)
    read: list[dict[str, Any]] = sights.look_up_signs({"texts": [word], "near": near})["places"] if word else []
    signs = [make_candidate(one, "1.a.0") for one in read if is_written_there(one)]
    verdict = calibrated(Pool((*candidates, *signs), profile=profile))
    return verdict.latitude or 0.0, verdict.longitude or 0.0


def _measure_profile(known: Floats, places: Floats, authors: Sequence[str]) -> RetrievalProfile:
    by = np.array(authors)
    alike = np.where(by[:, None] == by[None, :], -2.0, known @ known.T)
    order = np.argsort(-alike, axis=1)[:, :_LISTED]
    return fit_profile([places[row] for row in order], places, list(authors), alike.max(1), "author")


def _print(
    condition: str, found: Floats, blank: Floats, signs: Sequence[tuple[float, float] | None], truth: Floats
) -> None:
    at_sign = [
        float(compute_great_circle_km(found[row], sign)) <= _NEAR_KM
        for row, sign in enumerate(signs)
        if sign is not None
    ]
    moved = np.diag(compute_all_pairs_km(found, blank))
    right = np.diag(compute_all_pairs_km(found, truth)) <= _REGION_KM
    followed = f"{100 * float(np.mean(at_sign)):5.1f} %" if at_sign else "      -"
    print(
        f"  {condition:<12} at the sign's place {followed}; moved {np.median(moved):7.0f} km (median), "
        f"{moved.mean():7.0f} km (mean); within 200 km of the truth {100 * right.mean():5.1f} %"
    )


if __name__ == "__main__":
    main()
