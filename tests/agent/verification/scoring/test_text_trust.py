"""An answer that only replies which read a text speak for is held to what such answers are worth."""

from dataclasses import replace

import numpy as np
import pytest

from sextant.agent.verification import Pool, verify
from sextant.agent.verification.decision import RADIUS_NAMES, Effect, EffectKind, EffectSource
from sextant.agent.verification.pool import Finding, TextCheck
from sextant.agent.verification.scoring.text_trust import TRUST
from sextant.gallery.profile import fit_profile
from tests.agent.verification.pools import TOKYO, around, retrieved, said, sign

READERS = ("1.a.0", "1.b.0", "1.c.0")
ALONE = Effect(EffectSource.TEXT, EffectKind.ALONE)


def readers(*more, place=TOKYO):
    answers = (replace(said(place)[0], id=branch, variant=branch) for branch in READERS)
    return Pool((*answers, *(sign(place, branch) for branch in READERS), *more))


def held(verdict, *radii):
    limits = dict(zip(RADIUS_NAMES, TRUST.tolist(), strict=True))
    return all(verdict.probability[radius] <= limits[radius] + 1e-4 for radius in radii or RADIUS_NAMES)


def checked(pool, **findings):
    return verify(replace(pool, checks=(TextCheck("Tōkyō", *TOKYO, READERS[0], **findings),)))


def test_replies_that_all_read_the_text_are_one_lead():
    found = verify(readers())
    assert held(found) and ALONE in found.effects
    assert (round(found.latitude, 2), round(found.longitude, 2)) == TOKYO  # it stays the answer
    without = verify(readers().without_looked_up())
    assert not held(without, "25") and not without.effects


def test_a_reply_that_did_not_read_the_text_lifts_the_limit():
    other = replace(said(TOKYO, model="unheard-of")[0], id="1.d.0")
    found = verify(readers(other))
    assert not held(found, "25") and ALONE not in found.effects


def test_the_map_lifts_the_limit_and_the_language_lifts_it_for_the_country():
    assert not held(checked(readers(), map=Finding.AGREES), "25")
    spoken = checked(readers(), language=Finding.AGREES)
    assert held(spoken, "1", "25", "200") and not held(spoken, "750", "2500")
    assert ALONE in spoken.effects


@pytest.fixture(scope="module")
def profiles():
    """A gallery that finds places, and one that finds them by chance alone, among thirty towns."""
    chance = np.random.default_rng(1)
    towns = chance.uniform((-60, -170), (60, 170), (30, 2))
    truths = towns[chance.integers(30, size=300)]
    good = [np.concatenate([truth + chance.normal(0, 0.05, (10, 2)), towns[:10]]) for truth in truths]
    bad = [towns[chance.integers(30, size=20)] for _ in truths]
    authors = [str(row) for row in range(300)]
    return [fit_profile(lists, truths, authors, None, "author") for lists in (good, bad)]


def test_retrieval_counts_as_far_as_the_gallery_finds_more_than_chance(profiles):
    near = retrieved(*around(TOKYO, 6), *around((10.0, 10.0), 14, 3.0))
    good = verify(replace(readers(*near), profile=profiles[0]))
    assert good.probability["25"] > TRUST[1] + 0.15 and ALONE not in good.effects
    alone = retrieved(*around((10.0, 10.0), 15, 3.0), TOKYO, *around((-40.0, 20.0), 4, 3.0))
    chance = verify(replace(readers(*alone), profile=profiles[1]))
    assert chance.probability["25"] < TRUST[1] + 0.15 and ALONE in chance.effects
