"""Resolve the place names of a reply: neighbours ("Bolton, Vermont") and the countries mentioned decide."""

from collections import defaultdict
from dataclasses import dataclass

from sextant.agent.answers.containment import holds, is_inside_either
from sextant.agent.answers.mentions import WHOLE, Mention
from sextant.agent.answers.stance import Stance
from sextant.agent.answers.tokens import Words, load_word_list
from sextant.atlas.shipped import GazetteerEntry, make_key

_MARKS = {" ", ",", "(", ")", "–", "-", ""}
_MOST_BETWEEN = 3
_LONGEST_PART = 6  # words of an unknown part of an address
# How much likelier a namesake is inside the container beside it, and outside it; in a country that the reply names.
_INSIDE, _OUTSIDE, _ELSEWHERE = 1000.0, 0.001, 0.02
_LARGEST_REGION_KM = 500.0
_IN_NAMED_COUNTRY = 30.0
_ALIAS = 0.3
_CITY_SHARE = 0.08  # of its division's people, from which a city that bears its name is meant: New York
_GREAT = 400_000  # people of a town that is meant before a division elsewhere that bears its name: Washington
_TRIED = 40
_LONGEST_ADDRESS = 5  # names
# A town of fewer people, in a country that the reply does not name while it names others, lends its name only.
_FOREIGN, _SURELY_NAMED = 200_000, 0.5
_LEAST_CITY, _FAR_GREATER = 20_000, 4  # people of a town that holds others, and how many times theirs


@dataclass(frozen=True, slots=True)
class ResolvedMention:
    """A mention and the entry it stands for; ``weight`` compares the entry with others, ``address`` is its chain."""

    mention: Mention
    entry: GazetteerEntry
    weight: float
    stance: Stance
    address: int
    held: bool
    """A container beside it holds it."""
    in_named_country: bool
    """The reply names its country."""


def resolve_places(words: Words, mentions: list[Mention], stances: list[Stance]) -> list[ResolvedMention]:
    """Return what each mention stands for; those whose container contradicts them are left out."""
    addresses = _number_addresses(words, mentions, stances)
    countries = _weigh_countries(mentions, stances)
    regions = _weigh_regions(mentions, stances)
    members: dict[int, list[int]] = defaultdict(list)
    for number, address in enumerate(addresses):
        members[address].append(number)
    places = []
    for number, mention in enumerate(mentions):
        near = [other for other in members[addresses[number]] if abs(other - number) <= _LONGEST_ADDRESS]
        beside = [mentions[other] for other in near if other != number]
        after = [mentions[other] for other in near if other > number]
        place = _resolve(mention, beside, after, countries, regions)
        if place is not None:
            entry, weight, held = place
            named = any(countries.get(owner) for owner in entry.owners)
            places.append(ResolvedMention(mention, entry, weight, stances[number], addresses[number], held, named))
    return places


def _number_addresses(words: Words, mentions: list[Mention], stances: list[Stance]) -> list[int]:
    """Give each mention the number of its address. Parts of one address share it; denied and asserted ones do not."""
    numbers: list[int] = []
    denied = [stance == Stance.DENIED for stance in stances]
    for index, mention in enumerate(mentions):
        joined = (
            index > 0
            and index - numbers[-1] < _LONGEST_ADDRESS
            and denied[index] == denied[index - 1]
            and _are_linked(words, mentions[index - 1], mention)
        )
        numbers.append(numbers[-1] if joined else index)
    return numbers


def _are_linked(words: Words, inner: Mention, outer: Mention) -> bool:
    if inner.sentence != outer.sentence:
        return False
    if inner.last >= outer.first:
        return inner.first == outer.first  # "Tokyo Japan", in one run
    between = range(inner.last + 1, outer.first)
    if _is_unknown_part(words, between, outer.first) or _is_thing_in(words, between, outer):
        return True
    if len(between) > _MOST_BETWEEN or any(
        words.keys[k] not in load_word_list("links") and words.keys[k] not in load_word_list("qualifiers")
        for k in between
    ):
        return False
    gaps = [words.gaps[k] for k in range(inner.last + 1, outer.first + 1)]
    return all(gap in _MARKS for gap in gaps) and (bool(between) or gaps[-1] != " ")


def _is_unknown_part(words: Words, between: range, end: int) -> bool:
    """Return whether a part of an address stands between two names that nobody knows: "Memphis, Mit Rahina, Egypt"."""
    if not 0 < len(between) <= _LONGEST_PART or words.gaps[between[0]] != "," or words.gaps[end] != ",":
        return False
    inside = all(words.gaps[k] in (" ", "-", ",") for k in between)
    return inside and all(words.capital[k] or words.keys[k] in load_word_list("connectors") for k in between)


def _is_thing_in(words: Words, between: range, outer: Mention) -> bool:
    """Return whether a name belongs to a thing in a country or division: "the Yushan (Jade Mountain) trail, Taiwan"."""
    if not 0 < len(between) <= _LONGEST_PART or outer.entries[0].kind not in ("country", "division"):
        return False
    return words.gaps[outer.first] == "," and all(
        words.gaps[k] in (" ", "-", "(", ")") and (words.capital[k] or words.keys[k] in load_word_list("kinds"))
        for k in between
    )


def _weigh_countries(mentions: list[Mention], stances: list[Stance]) -> dict[str, float]:
    """Return how much a reply speaks of each country, and of each division ("US/Vermont"); the most is 1."""
    countries: dict[str, float] = defaultdict(float)
    for mention, stance in zip(mentions, stances, strict=True):
        if stance <= Stance.SECOND or mention.worth < WHOLE:
            continue
        weight = 1.0 + stance - Stance.LIKE
        areas = [entry for entry in mention.entries if entry.kind in ("country", "division", "region")]
        for entry in areas[:3]:
            for owner in entry.owners[:2] if entry.kind != "region" or len(entry.owners) < 3 else ():
                countries[owner] += weight / len(areas[:3])
            if entry.kind == "division":
                countries[f"{entry.owners[0]}/{entry.division}"] += weight / len(areas[:3])
    most = max(countries.values(), default=0.0)
    return {name: weight / most for name, weight in countries.items()} if most else {}


def _weigh_regions(mentions: list[Mention], stances: list[Stance]) -> list[GazetteerEntry]:
    """Return the regions a reply speaks of that are smaller than a continent's part."""
    return [
        mention.entries[0] for mention, stance in zip(mentions, stances, strict=True)
        if stance > Stance.SECOND and mention.worth == WHOLE and mention.entries[0].kind == "region"
        and mention.entries[0].radius_km <= _LARGEST_REGION_KM
    ]  # fmt: skip


def _resolve(
    mention: Mention,
    beside: list[Mention],
    after: list[Mention],
    countries: dict[str, float],
    regions: list[GazetteerEntry],
) -> tuple[GazetteerEntry, float, bool] | None:
    best: tuple[float, GazetteerEntry, bool, bool] | None = None
    for entry in mention.entries[:_TRIED]:
        weight, held, contradicted = _compute_prior(entry, mention), False, False
        for other in beside:
            if any(is_inside_either(entry, rival) for rival in other.entries[:_TRIED]):
                weight *= _INSIDE
                held = True
            elif other in after and _is_container_after(other, entry):
                weight *= _OUTSIDE
                contradicted = entry.kind != "country"
        if countries and not held:
            share = max((countries.get(owner, 0.0) for owner in entry.owners), default=0.0)
            weight *= 1.0 + _IN_NAMED_COUNTRY * share if share else _ELSEWHERE
            if entry.kind in ("town", "division") and any(holds(region, entry) for region in regions):
                weight *= _IN_NAMED_COUNTRY
            if entry.kind == "town":
                weight *= 1.0 + _IN_NAMED_COUNTRY * countries.get(f"{entry.owners[0]}/{entry.division}", 0.0)
        if best is None or weight > best[0]:
            best = weight, entry, held, contradicted
    # "Bolton, Vermont" where no Bolton of Vermont is known: the container is left to speak for itself.
    if best is None or best[3]:
        return None
    weight, entry, held, _ = best
    foreign = (
        countries
        and not any(countries.get(owner) for owner in entry.owners)
        and max(countries.values()) > _SURELY_NAMED
    )
    if foreign and not held and entry.kind == "town" and (entry.population < _FOREIGN or not entry.own):
        return None
    if foreign and not held and entry.kind == "division" and mention.worth < WHOLE:
        return None  # "Utah Beach", in a reply about France
    return entry, weight, held


def _is_container_after(mention: Mention, entry: GazetteerEntry) -> bool:
    """Return whether a mention behind an entry can only be its container: a country, division or far greater town."""
    first = mention.entries[0]
    if mention.worth < WHOLE or first.kind in ("country", "division"):
        return mention.worth == WHOLE
    return entry.kind == "town" and first.own and first.population >= max(_LEAST_CITY, _FAR_GREATER * entry.population)


def _compute_prior(entry: GazetteerEntry, mention: Mention) -> float:
    """Return how likely a bare name means this entry, up to a factor."""
    if entry.kind == "country":
        # "Scotland" is an alias of the United Kingdom in the table of countries; the division is meant.
        nation = any(e.kind == "division" and e.owners == entry.owners[:1] for e in mention.entries)
        return (
            1e3
            if nation
            and make_key(entry.name) not in {make_key(e.name) for e in mention.entries if e.kind == "division"}
            else 3e7
        )
    if entry.kind == "division":
        namesake = max(
            (e.population for e in mention.entries if e.kind == "town" and e.owners == entry.owners), default=0
        )
        inside = any(
            e.kind == "town" and e.division == entry.division and e.population == namesake for e in mention.entries
        )
        if inside and namesake >= _CITY_SHARE * entry.population:
            return 1e3
        return 1e5 + entry.population / 3
    if entry.kind == "region":
        return 3e6
    if entry.kind == "county":
        return 2e4
    weight = (entry.population + 500.0) * (1.0 if entry.own else _ALIAS)
    if entry.population >= _GREAT and entry.own:
        weight *= 10
    return weight
