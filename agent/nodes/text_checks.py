"""Check the places that text in the photo names against photos, map, language and driving side."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import cast

from sextant.agent.guard.driving_side import find_driving_side
from sextant.agent.guard.sign_language import list_alike
from sextant.agent.nodes.signs import ReadTexts
from sextant.agent.state import Turn
from sextant.agent.verification import Candidate, Pool
from sextant.agent.verification.decision import RADII_KM
from sextant.agent.verification.pool import Finding, TextCheck, positions_of
from sextant.agent.verification.scoring.signs import TOGETHER
from sextant.agent.verification.scoring.text_checks import check_retrieval
from sextant.base.documents.answer import TextCheckDocument
from sextant.geo.places import describe
from sextant.geo.sphere import compute_great_circle_km
from sextant.tools.country_facts import CountryFacts, load_facts
from sextant.tools.scripts import list_scripts

_MOST = 12
_CITY_KM = RADII_KM[1]
_ANYWHERE = "en"  # English stands on signs of every country


def check_texts(
    read: ReadTexts, pool: Pool, transcripts: Mapping[str, list[Turn]], placed: tuple[Candidate, ...] = ()
) -> tuple[TextCheck, ...]:
    """Check each place that text names; `placed` is what the map has of the texts, where it was asked."""
    if not read.places:
        return ()
    side = find_driving_side(
        turn["content"] for turns in transcripts.values() for turn in turns if turn["role"] == "assistant"
    )
    found: dict[tuple[float, float], TextCheck] = {}
    for branch, texts in read.by_branch.items():
        for text in texts:
            place = read.places.get(text)
            at = (place["latitude"], place["longitude"]) if place else None
            if place is None or at is None or at in found:
                continue
            facts = load_facts().get(describe(*at).country_code or "")
            found[at] = TextCheck(
                text,
                *at,
                branch,
                retrieval=check_retrieval(pool, *at),
                map=check_map(placed, *at),
                language=check_language(text, read.language, facts),
                driving_side=check_driving_side(side, facts),
            )
    return tuple(found.values())[:_MOST]


def check_language(text: str, others: str | None, facts: CountryFacts | None) -> Finding:
    """Return what the script of a text and the language of the photo's other words say of a country.

    A sign in Cyrillic that names Lisbon was not put up there. Latin letters are written everywhere, as names abroad.

    Args:
        others: language of the other words, as ISO 639-1 code; None where it is not clear.
    """
    if facts is None:
        return Finding.UNKNOWN
    scripts = list_scripts(text)
    written = {one.partition(" (")[0] for one in facts.scripts}  # "Han (simplified)" is Han
    if written and scripts and scripts[0] not in {*written, "Latin"}:
        return Finding.CONFLICTS
    if others is None or not facts.languages:
        return Finding.UNKNOWN
    if list_alike(others) & set(facts.languages):
        return Finding.AGREES
    return Finding.UNKNOWN if others == _ANYWHERE else Finding.CONFLICTS


def check_driving_side(side: str | None, facts: CountryFacts | None) -> Finding:
    """Return what the side that people were seen to drive on says of a country."""
    if side is None or facts is None or facts.driving_side is None:
        return Finding.UNKNOWN
    return Finding.AGREES if side == facts.driving_side else Finding.CONFLICTS


def check_map(placed: tuple[Candidate, ...], latitude: float, longitude: float) -> Finding:
    """Return what the map says of a place (degrees): whether it has several of the texts there, or elsewhere."""
    several = [one for one in placed if (one.agreeing or 0) >= TOGETHER]
    if not several:
        return Finding.UNKNOWN
    away = compute_great_circle_km(positions_of(several), (latitude, longitude))
    return Finding.AGREES if (away <= _CITY_KM).any() else Finding.CONFLICTS


def to_documents(checks: tuple[TextCheck, ...]) -> list[TextCheckDocument]:
    """Return the checks as the answer holds them."""
    plain = [
        {name: str(value) if isinstance(value, Finding) else value for name, value in asdict(one).items()}
        for one in checks
    ]
    return cast(list[TextCheckDocument], plain)
