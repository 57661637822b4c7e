"""Find the places that a model names without coordinates, in the offline gazetteer."""

from dataclasses import dataclass, replace

from sextant.agent.answers.addresses import ResolvedMention, resolve_places
from sextant.agent.answers.characters import clean
from sextant.agent.answers.containment import holds
from sextant.agent.answers.fields import Reading
from sextant.agent.answers.mentions import OF_A_KIND, WHOLE, CapitalisedRun, find_names
from sextant.agent.answers.outcome import Precision
from sextant.agent.answers.stance import Stance, find_stances
from sextant.agent.answers.tokens import Words, load_word_list, split_words
from sextant.atlas.shipped import EntryKind, GazetteerEntry
from sextant.geo.sphere import compute_great_circle_km

PRECISION: dict[EntryKind, Precision] = {
    "town": "town", "county": "region", "region": "region", "division": "region", "country": "country",
}  # fmt: skip
_FINENESS: dict[EntryKind, int] = {"town": 0, "region": 1, "county": 1, "division": 2, "country": 3}
_LAST, _FIRST = 0.8, 0.4  # what the last and the first sentence that names a place count more
_LEAST_PART = 100_000  # people of a town that is believed where its name begins another, as in "Osaka Castle"
_AREA_LESS = {"region": 0.5, "division": 0.5, "county": 0.5, "country": 1.0}  # what an area counts less than a town
_ELSEWHERE = 1.0  # taken off a town outside every container, where the reply names places elsewhere
_LEAST_AREA_KM = 30.0  # a smaller country is as good as a town: Monaco
_LEAST_ALONE = 15_000  # people of a town that is believed without a container or a small word before it
_ANCHOR = 200_000  # people of a town that a reply is about, though no container stands beside it
_ANCHOR_KM = 80.0
_GREAT_ANCHOR = 1_000_000  # people of a town that things of a reply are in, however it is named
_LONGEST_CODE = 4  # letters before the number of a code: "BOT 559V"
_CONTINENTAL_KM = 500.0  # reach of a region that is a part of a continent
_NEARLY = 1.0  # what a statement may count less to be nearly as sure


@dataclass(frozen=True, slots=True)
class Statement:
    """One address of a reply: its finest place, how it stands, and the words it is written in."""

    place: ResolvedMention
    score: float
    words: str


def find_named_places(text: str) -> list[Statement]:
    """Return what a folded text says of where the photo was taken, the surest first; nothing that it denies."""
    words = split_words(text)
    mentions, runs = find_names(words)
    if not mentions:
        return []
    stances = find_stances(words, mentions)
    places = [place for place in resolve_places(words, mentions, stances) if _is_credible(words, place)]
    statements = _make_statements(words, _drop_namesakes_of_anchors(places), runs)
    return sorted(statements, key=lambda one: (-one.score, one.place.mention.at))


def _is_credible(words: Words, place: ResolvedMention) -> bool:
    """Return whether a town's name means a town here: many are words, first names, or parts of other names."""
    entry, mention = place.entry, place.mention
    if entry.kind in ("country", "region") or place.held:
        return True
    single = mention.at == mention.until
    if mention.worth < WHOLE and entry.population < _LEAST_PART:
        return False
    led = words.gaps[mention.first] == ":" or (
        mention.first > 0
        and words.keys[mention.first - 1] in load_word_list("leading")
        and words.gaps[mention.first] in (" ", "")
    )
    if single and words.keys[mention.at] in load_word_list("kinds") | load_word_list("languages"):
        return False
    if single and _begins_code(words, mention.at):
        return False
    if single and _is_genitive(words, mention.at) and (entry.population < _LEAST_PART or not entry.own):
        return False  # "Macy's"
    if single and words.keys[mention.at] in load_word_list("words"):
        return led and place.in_named_country
    if entry.kind != "town":
        return True
    alone = all(
        words.sentences[k] != mention.sentence or mention.first <= k <= mention.last
        for k in range(mention.first - 1, mention.last + 2)
        if 0 <= k < len(words.keys)
    )
    return led or alone or entry.population >= _LEAST_ALONE


def _begins_code(words: Words, at: int) -> bool:
    word = words.text[words.starts[at] : words.ends[at]]
    following = words.keys[at + 1 : at + 2]
    return word.isupper() and len(word) <= _LONGEST_CODE and bool(following) and following[0][:1].isdigit()


def _is_genitive(words: Words, at: int) -> bool:
    return words.text[words.starts[at] : words.ends[at]].endswith(("'s", "’s"))


def _drop_namesakes_of_anchors(places: list[ResolvedMention]) -> list[ResolvedMention]:
    """Without the smaller towns that only share their name with a part of the city the reply tells of.

    "The Castro district", in a reply about San Francisco, is not the Castro of Brazil.
    """
    anchors = [
        place.entry for place in places
        if place.stance >= Stance.ASSERTED and place.entry.kind == "town" and place.mention.worth >= OF_A_KIND
        and (place.held or place.entry.population >= _ANCHOR)
    ]  # fmt: skip
    great = [
        place.entry for place in places
        if place.stance >= Stance.PLAIN and place.entry.population >= _GREAT_ANCHOR and place.mention.worth == WHOLE
        and place.entry.kind == "town"
    ]  # fmt: skip
    if not anchors and not great:
        return places
    kept = []
    for place in places:
        entry = place.entry
        of_a_thing = place.mention.worth < WHOLE  # "St. Paul's Cathedral", in a reply about London
        rivals = anchors + great if of_a_thing else anchors
        if rivals and entry.kind == "town" and not place.held and (entry.population < _ANCHOR or of_a_thing):
            near = [
                other for other in place.mention.entries
                if other.kind == "town" and any(_is_beside(other, anchor) for anchor in rivals)
            ]  # fmt: skip
            if not near:
                continue
            place = replace(place, entry=near[0])
        kept.append(place)
    return kept


def _is_beside(entry: GazetteerEntry, anchor: GazetteerEntry) -> bool:
    apart = compute_great_circle_km((entry.latitude, entry.longitude), (anchor.latitude, anchor.longitude))
    return float(apart) <= _ANCHOR_KM


def _make_statements(words: Words, places: list[ResolvedMention], runs: list[CapitalisedRun]) -> list[Statement]:
    by_address: dict[int, list[ResolvedMention]] = {}
    for place in places:
        by_address.setdefault(place.address, []).append(place)
    sentences = [place.mention.sentence for place in places if place.stance >= Stance.LIKE]
    first, last = min(sentences, default=0), max(sentences, default=0)
    homes = _find_homes(places)
    found = []
    for members in by_address.values():
        if any(place.held for place in members):
            members = [place for place in members if place.held]
        stance = min(place.stance for place in members)
        if stance == Stance.DENIED:
            continue
        finest = min(members, key=lambda place: (_FINENESS[place.entry.kind], -place.mention.worth, place.mention.at))
        score = float(stance)
        score += _LAST if finest.mention.sentence == last else _FIRST if finest.mention.sentence == first else 0.0
        if not finest.held and finest.entry.kind == "town" and stance < Stance.FINAL:
            score -= _ELSEWHERE if homes and not _is_at_home(finest.entry, homes) else 0.0
        if finest.entry.radius_km > _LEAST_AREA_KM:
            score -= _AREA_LESS.get(finest.entry.kind, 0.0)
        score -= 2 * (1 - finest.mention.worth)
        found.append(Statement(finest, score, _list_address_words(words, members, runs)))
    return found


def _find_homes(places: list[ResolvedMention]) -> dict[str, set[str]]:
    """Return the countries that a reply says it is in, each with the divisions that it says; empty for none."""
    homes: dict[str, set[str]] = {}
    for place in places:
        entry = place.entry
        asserted = place.stance >= Stance.ASSERTED and place.mention.worth == WHOLE
        # A region may lie in no country, or in many.
        if asserted and len(entry.owners) == 1 and (place.held or entry.kind in ("country", "division")):
            homes.setdefault(entry.owners[0], set()).update({entry.division} - {""})
    return homes


def _is_at_home(entry: GazetteerEntry, homes: dict[str, set[str]]) -> bool:
    divisions = homes.get(entry.owners[0])
    return divisions is not None and (not divisions or entry.division in divisions)


def _list_address_words(words: Words, members: list[ResolvedMention], runs: list[CapitalisedRun]) -> str:
    """Return the words of an address, with the unknown names that stand before its first known one."""
    start = min(place.mention.first for place in members)
    end = max(place.mention.last for place in members)
    for run in reversed(runs):
        if run.last < start and not run.known and words.sentences[run.first] == words.sentences[start]:
            between = range(run.last + 1, start)
            gaps = {words.gaps[k] for k in range(run.last + 1, start + 1)}
            if (
                len(between) <= 3
                and gaps <= {" ", ",", "(", "–", "-"}
                and {words.keys[k] for k in between} <= load_word_list("linking")
            ):
                start = run.first
                continue
            break
    if start == end and (spans := [place.mention.span for place in members if place.mention.span]):
        return clean(words.text[spans[0][0] : spans[0][1]])
    return clean(words.text[words.starts[start] : words.ends[end]])


def read_named_place(statements: list[Statement]) -> list[Statement]:
    """Return the statements, the answer first; if that is an area, the surest finer place in it that the text names."""
    if not statements:
        return []
    best = statements[0]
    if best.place.entry.kind in ("country", "division", "county", "region"):
        finer = [
            other for other in statements[1:]
            if _FINENESS[other.place.entry.kind] < _FINENESS[best.place.entry.kind]
            and other.score >= Stance.LIKE and other.place.mention.worth >= OF_A_KIND
            and (other.place.entry.kind != "region" or other.place.entry.radius_km < best.place.entry.radius_km)
            and holds(best.place.entry, other.place.entry)
        ] or _list_countries_within(best, statements[1:])  # fmt: skip
        if finer:
            chosen = max(finer, key=lambda one: (-_FINENESS[one.place.entry.kind], one.score))
            return read_named_place([chosen, *(other for other in statements if other is not chosen)])
    return statements


def _list_countries_within(best: Statement, others: list[Statement]) -> list[Statement]:
    """Return the statements of the one country that a reply tells of, nearly as surely, inside a part of a continent.

    Where it names several, "Southeast Asia, such as Thailand or Vietnam", the part of the continent is the answer.
    """
    area = best.place.entry
    if area.kind != "region" or area.radius_km < _CONTINENTAL_KM:
        return []
    within = [
        other for other in others
        if other.place.entry.kind in ("country", "division") and other.place.mention.worth == WHOLE
        and other.score >= Stance.LIKE and other.place.entry.radius_km < area.radius_km
        and holds(area, other.place.entry)
    ]  # fmt: skip
    named = {(one.place.entry.owners[0], one.place.entry.division) for one in within}
    return [one for one in within if one.score >= best.score - _NEARLY] if len(named) == 1 else []


def make_place_reading(statement: Statement, said: Reading | None = None) -> Reading:
    """Return a statement as a reading: the gazetteer's position, the reply's words."""
    entry = statement.place.entry
    said = said or Reading(place=statement.words or None)
    return replace(
        said, latitude=entry.latitude, longitude=entry.longitude, how="place name",
        precision=PRECISION[entry.kind], radius_km=round(entry.radius_km, 1),
    )  # fmt: skip
