"""Measure how far signs that lie move answers: drawn scenes with a sign, in the manner of SIGNPOST-Bench.

    python -m bench.street.lying_signs [--scenes 400] [--queries 60]

Each held-out scene is drawn with five signs: the name of its own town (original), an empty board (blank), another town
of its country (similar), letters that name nothing (random), a town more than 5,000 km away (adversarial). The photo,
sign and all, is searched for in the drawn gallery; what the sign says is looked up and checked as in a run.

Two galleries: as the builtin encoder finds, and one that finds more (the cosine of half of the pairs of scenes within
200 km is raised). Readers: nobody answers; a careful model answers as if the board were blank; a gullible one answers
with the sign's town. The gullible one says nothing else (asked once or three times), or also on which side it saw
traffic (right in 94 %), or also quotes other words (in a language of the true country in 90 %, of another in 10 %): as
often as ``python -m bench.street.text_checks`` measured.

Printed for each: the share of answers within 25 km of the sign's place, how far the answer lies from the one with a
blank board (km), the share within 200 km of the truth, and the stated P(25 km); without the checks of text, and with
them. Nothing here is fitted or chosen.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sextant.agent.nodes.signs import ReadTexts, find_signs
from sextant.agent.nodes.text_checks import check_texts
from sextant.agent.state import Turn
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
from sextant.tools.country_facts import load_facts

CONDITIONS = ("original", "blank", "similar", "random", "adversarial")
READERS = (
    "nobody",
    "careful",
    "gullible",
    "gullible, asked three times",
    "gullible, saw traffic",
    "gullible, saw traffic and words",
)
_LISTED = 20
_ERROR_KM = (5.0, 1500.0)  # of an honest answer: as far off as a middling model's, evenly in the logarithm
_NEAR_KM, _REGION_KM = 25.0, 200.0
_SIDE_RIGHT, _LANGUAGE_RIGHT = 0.94, 0.9
_RAISED, _RAISED_SHARE = 0.3, 0.5
_BRANCHES = ("1.a.0", "1.b.0", "1.c.0")


@dataclass(frozen=True)
class Scene:
    """A held-out scene with its town, its seed and the towns that its signs may name."""

    town: Town
    seed: int
    honest: tuple[float, float]
    similar: Town
    adversarial: Town
    side: str | None
    language: str | None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=400)
    parser.add_argument("--queries", type=int, default=60)
    options = parser.parse_args()
    gallery, asked = plan_world(options.scenes, options.queries)
    encoder = load_encoder("builtin")
    known = encoder.encode([draw_scene(one.town, one.seed) for one in gallery]).astype(float)
    places = np.array([(one.town.latitude, one.town.longitude) for one in gallery])
    authors = [one.author for one in gallery]
    chance = np.random.default_rng(5)
    towns = [one.town for one in gallery]
    scenes = [_plan(one.town, one.seed, towns, chance) for one in asked]
    truth = np.array([(one.town.latitude, one.town.longitude) for one in scenes])
    seen = {
        condition: encoder.encode([_hang_sign(draw_scene(one.town, one.seed), _word(one, condition)) for one in scenes])
        for condition in CONDITIONS
    }
    _print_letters(seen, known)
    for title, among, asked_for in (
        ("builtin encoder", np.zeros((len(known), len(known))), np.zeros((len(scenes), len(known)))),
        ("gallery that finds more", _raise(places, places, chance), _raise(truth, places, chance)),
    ):
        profile = _measure_profile(known @ known.T + among, places, authors)
        print(f"{title}: first hit within 25/200/750 km {[round(one, 2) for one in profile.first_within[1:4]]}")
        cosines = {condition: seen[condition].astype(float) @ known.T + asked_for for condition in CONDITIONS}
        for reader in READERS:
            for checked in (False, True) if reader.startswith("gullible") else (True,):
                print(f" {reader}{'' if checked else ', text not checked'}")
                answers = {
                    one: _answer_all(scenes, one, reader, cosines, places, profile, checked) for one in CONDITIONS
                }
                for condition in CONDITIONS:
                    signs = [_locate(_named(one, condition)) for one in scenes]
                    _print(condition, answers[condition], answers["blank"], signs, truth)


def _raise(of: Floats, places: Floats, chance: np.random.Generator) -> Floats:
    """Return what is added to the cosines (n, m) of pairs within 200 km, of half of them."""
    near = compute_all_pairs_km(of, places) <= _REGION_KM
    return np.asarray(_RAISED * near * (chance.random(near.shape) < _RAISED_SHARE))


def _print_letters(seen: dict[str, Floats], known: Floats) -> None:
    """Say what the encoder sees of the board: how many of the twenty most similar scenes change with its letters."""
    top = {name: np.argsort(-(vectors.astype(float) @ known.T), axis=1)[:, :_LISTED] for name, vectors in seen.items()}
    for name in CONDITIONS:
        kept = np.mean([len(set(a) & set(b)) for a, b in zip(top[name].tolist(), top["blank"].tolist(), strict=True)])
        first = np.mean(top[name][:, 0] == top["blank"][:, 0])
        cosine = (seen[name].astype(float) * seen["blank"].astype(float)).sum(1).mean()
        print(
            f"{name:<12} cosine with the blank board {cosine:.4f}; {kept:4.1f} of 20 scenes kept; "
            f"first one {100 * first:.0f} %"
        )


def _plan(town: Town, seed: int, towns: Sequence[Town], chance: np.random.Generator) -> Scene:
    here = (town.latitude, town.longitude)
    away = compute_great_circle_km(np.array([(one.latitude, one.longitude) for one in towns]), here)
    own = [row for row, one in enumerate(towns) if one.country_code == town.country_code and away[row] > 1]
    near = min(own or range(len(towns)), key=lambda row: abs(away[row] - 150.0))
    far = int(chance.choice(np.flatnonzero(away > 5000.0)))
    km, bearing = float(np.exp(chance.uniform(*np.log(_ERROR_KM)))), float(chance.uniform(0, 2 * np.pi))
    latitude = float(np.clip(town.latitude + km / 111.2 * np.cos(bearing), -85, 85))
    east = km / 111.2 * np.sin(bearing) / max(0.1, float(np.cos(np.radians(latitude))))
    facts, others = load_facts()[town.country_code], sorted({one.country_code for one in towns})
    side = facts.driving_side
    if side and chance.random() > _SIDE_RIGHT:
        side = "left" if side == "right" else "right"
    spoken = facts if chance.random() <= _LANGUAGE_RIGHT else load_facts()[str(chance.choice(others))]
    language = spoken.languages[0] if spoken.languages else None
    honest = (latitude, (town.longitude + east + 180) % 360 - 180)
    return Scene(town, seed, honest, towns[near], towns[far], side, language)


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


def _answer_all(
    scenes: Sequence[Scene],
    condition: str,
    reader: str,
    cosines: dict[str, Floats],
    places: Floats,
    profile: RetrievalProfile,
    checked: bool,
) -> Floats:
    """Return latitude, longitude and the stated P(25 km) of each answer, (n, 3)."""
    rows = zip(scenes, cosines[condition], strict=True)
    return np.array([_answer(scene, condition, reader, row, places, profile, checked) for scene, row in rows])


def _answer(
    scene: Scene,
    condition: str,
    reader: str,
    cosines: Floats,
    places: Floats,
    profile: RetrievalProfile,
    checked: bool,
) -> tuple[float, float, float]:
    order = np.argsort(-cosines)[:_LISTED]
    branches = _BRANCHES[: 3 if "three" in reader else 1]
    candidates = [
        Candidate(*places[row].tolist(), origin="nearest", rank=rank, similarity=float(cosines[row]))
        for rank, row in enumerate(order.tolist())
    ]
    named = _named(scene, condition)
    if reader != "nobody":
        said = _locate(named) if named and reader.startswith("gullible") else scene.honest
        candidates += [
            Candidate(*(said or scene.honest), origin="answer", model="gpt-4o", confidence=0.6, id=one, variant=one)
            for one in branches
        ]
    near = [list(one) for one in dict.fromkeys((one.latitude, one.longitude) for one in candidates)][:12]
    word = _word(scene, condition)
    found = Sights("/nonexistent").look_up_signs({"texts": [word], "near": near})["places"] if word else []
    pool = Pool(tuple(candidates), profile=profile)
    read = ReadTexts(
        {branch: [word] for branch in branches},
        {one["text"]: one for one in found},
        scene.language if "words" in reader else None,
    )
    saw = f"traffic keeps to the {scene.side}" if "traffic" in reader and scene.side else ""
    checks = check_texts(read, pool, {branches[0]: [Turn(role="assistant", content=saw)]}) if checked else ()
    verdict = calibrated(replace(pool, candidates=(*candidates, *find_signs(read)), checks=checks))
    return verdict.latitude or 0.0, verdict.longitude or 0.0, verdict.probability["25"] or 0.0


def _measure_profile(cosines: Floats, places: Floats, authors: Sequence[str]) -> RetrievalProfile:
    by = np.array(authors)
    alike = np.where(by[:, None] == by[None, :], -2.0, cosines)
    order = np.argsort(-alike, axis=1)[:, :_LISTED]
    return fit_profile([places[row] for row in order], places, list(authors), alike.max(1), "author")


def _print(
    condition: str, found: Floats, blank: Floats, signs: Sequence[tuple[float, float] | None], truth: Floats
) -> None:
    at_sign = [
        float(compute_great_circle_km(found[row, :2], sign)) <= _NEAR_KM
        for row, sign in enumerate(signs)
        if sign is not None
    ]
    moved = np.diag(compute_all_pairs_km(found[:, :2], blank[:, :2]))
    right = np.diag(compute_all_pairs_km(found[:, :2], truth)) <= _REGION_KM
    followed = f"{100 * float(np.mean(at_sign)):5.1f} %" if at_sign else "      -"
    print(
        f"  {condition:<12} at the sign's place {followed}; moved {np.median(moved):7.0f} km (median), "
        f"{moved.mean():7.0f} km (mean); within 200 km of the truth {100 * right.mean():5.1f} %; "
        f"stated P(25 km) {100 * found[:, 2].mean():4.1f} %"
    )


if __name__ == "__main__":
    main()
