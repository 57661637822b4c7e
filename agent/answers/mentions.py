"""Find the place names of a reply: words that the gazetteer knows, and the longer names that contain them."""

from dataclasses import dataclass, replace
from functools import lru_cache
from string import ascii_lowercase

from sextant.agent.answers.containment import holds, is_inside_either
from sextant.agent.answers.tokens import Words, is_unspaced, load_word_list
from sextant.atlas.shipped import GazetteerEntry, load_shipped, make_key
from sextant.atlas.state_codes import find_state
from sextant.geo.spelling import fold, strip_digraphs

_LONGEST_NAME = 6  # words
_LONGEST_UNSPACED = 8  # characters
_LONGEST_RUN = 12
_LEAST_UNSPACED = 2
_SHORT = {"st": "saint", "ste": "sainte", "mt": "mount", "ft": "fort"}
_JOINS = {" ", "-", "", "'", "."}
_LEAST_PART = 15_000  # people of a town that is believed where its name is part of a longer one
_LEAST_OTHER_PART = 100_000  # the same where the rest of the name says nothing of a place
_LONGEST_ABBREVIATION = 3  # letters of one; no country's name in Latin letters is as short
_LEAST_ALIAS = 100_000  # people of a town that is known by an alias of one word
_LEAST_ALIAS_LETTERS, _LEAST_SHORT_ALIAS = 5, 1_000_000
_TRIED = 20  # entries of a name, the likeliest first
_LEAST_STEM = 3  # letters of a Russian name without its ending
_LEAST_MISSPELT = 6  # letters of a name that is looked for with one letter wrong
_MOST_NAMES = 400
_AFTER_NAMES = "市省州府県縣都道国國区區町村郡的之の、をはがにでへ시도군구"  # after a name in a script without spaces

_OF_DIVISIONS = ("state", "province", "prefecture")  # "Washington State" is not the city

# Worth of a mention, relative to a name that stands alone.
WHOLE, OF_A_KIND, AFTER_OF, PART = 1.0, 0.6, 0.5, 0.2


@dataclass(frozen=True, slots=True)
class Mention:
    """A known name: what it stands for, and where; ``first`` to ``last`` are the words of its capitalised run."""

    entries: tuple[GazetteerEntry, ...]
    worth: float
    first: int
    last: int
    at: int
    until: int
    sentence: int
    span: tuple[int, int] | None = None
    """Characters of a name inside a word, in scripts without spaces."""


@dataclass(frozen=True, slots=True)
class CapitalisedRun:
    """A capitalised stretch of words, known or not."""

    first: int
    last: int
    known: bool


def find_names(words: Words) -> tuple[list[Mention], list[CapitalisedRun]]:
    """Return the known names and capitalised runs, in the order of the text."""
    mentions: list[Mention] = []
    runs: list[CapitalisedRun] = []
    index, count = 0, len(words.keys)
    while index < count and len(mentions) < _MOST_NAMES:
        if not words.capital[index]:
            index += 1
            continue
        if is_unspaced(words.text[words.starts[index] : words.ends[index]]):
            mentions += _find_unspaced(words, index)
            index += 1
            continue
        last = _find_run_end(words, index)
        first = _strip_leads(words, index, last)
        if first is None:
            index = last + 1
            continue
        found = _find_known(words, first, last)
        mentions += found
        end = max([last, *(mention.until for mention in found)])
        runs.append(CapitalisedRun(first, end, any(mention.worth == WHOLE for mention in found)))
        index = end + 1
    return mentions, runs


def _find_run_end(words: Words, index: int) -> int:
    """Return the last word of the capitalised run that begins here; small words bridge to the next capital."""
    connectors = load_word_list("connectors")
    last, at = index, index + 1
    stop = min(len(words.keys), index + _LONGEST_RUN)
    while at < stop and words.gaps[at] in _JOINS and words.sentences[at] == words.sentences[index]:
        if words.capital[at] or words.gaps[at] == "-":
            last = at
        elif words.keys[at] not in connectors or at - last > 2:
            break
        at += 1
    return last


def _strip_leads(words: Words, first: int, last: int) -> int | None:
    """Return where the run's name begins: without words that are capitalised for beginning a sentence."""
    leads = load_word_list("leads")
    while first <= last and words.keys[first] in leads:
        if words.keys[first] in ("la", "le", "los", "el", "san") and first < last and words.capital[first + 1]:
            break
        first += 1
    while first <= last and not words.capital[first]:
        first += 1
    return first if first <= last else None


def _find_known(words: Words, first: int, last: int) -> list[Mention]:
    """Return the longest known names of a run, from the left."""
    table = load_shipped()
    found: list[Mention] = []
    at = first
    while at <= last:
        step = 1
        if entries := _find_state(words, at):
            found.append(Mention(entries, WHOLE, first, last, at, at, words.sentences[at]))
            at += 1
            continue
        for until in range(min(at + _LONGEST_NAME, len(words.keys)) - 1, at - 1, -1):
            if not words.capital[until] or (until > last and words.sentences[until] != words.sentences[at]):
                continue
            if any(words.gaps[k] not in _JOINS for k in range(at + 1, until + 1)):
                continue
            key = _join_key(words, at, until)
            if not words.capital[at] or len(key) < 2:
                continue
            if key in load_word_list("continents"):
                step = until - at + 1
                break
            if key not in table:
                continue
            entries = table.entries(key)
            apart = bool(found) and (found[-1].worth == WHOLE or words.gaps[at] == "-")
            covered = found[-1].until + 1 if apart else first
            mention = _make_mention(words, entries, covered, max(last, until), at, until, at == first and until >= last)
            if mention is not None:
                found.append(replace(mention, first=first))
                step = until - at + 1
                break
        else:
            entries = _match_inflected(words, at) or (_match_misspelt(words, at) if first == last else ())
            if entries and (mention := _make_mention(words, entries, first, last, at, at, first == last)) is not None:
                found.append(mention)
        at += step
    return found


def _join_key(words: Words, first: int, last: int) -> str:
    if first == last:
        return words.keys[first]
    keys = words.keys[first : last + 1]
    if keys[0] == "the":
        keys = keys[1:]
    return " ".join(_SHORT.get(key, key) for key in keys)


def _make_mention(
    words: Words, entries: tuple[GazetteerEntry, ...], first: int, last: int, at: int, until: int, alone: bool
) -> Mention | None:
    """Return the mention with its worth by what else the run holds; None where it is not a place name here.

    ``first`` to ``last`` is what the run holds beside other known names; ``alone`` whether it is the whole run.
    """
    kinds, qualifiers, connectors = load_word_list("kinds"), load_word_list("qualifiers"), load_word_list("connectors")
    single = at == until
    entries = tuple(entry for entry in entries if _is_spelt_alike(words, entry, at, until))
    before = [key for key in words.keys[first:at] if key not in qualifiers and key not in connectors]
    after = [key for key in words.keys[until + 1 : last + 1] if key not in qualifiers or key in kinds]
    following = " ".join(words.keys[until + 1 : last + 1])
    named = after and following not in kinds
    if named and (_is_of_one_address(following, entries) or _are_paired(words, until, following, entries)):
        after = []  # "Halls Gap" is one name
    contained = words.gaps[until + 1 : until + 2] == [","]
    in_town = contained and words.keys[at - 1 : at] == ["of"]  # "Town Square of Jackson, Wyoming"
    called_after = bool(before) and before[-1] in load_word_list("waters") and not in_town
    if called_after or any(key in load_word_list("streets") for key in after):
        return None
    worth = WHOLE
    if before:
        worth = AFTER_OF if words.keys[at - 1] in connectors else PART
    elif any(key in kinds for key in after):
        worth = OF_A_KIND
    elif after and not all(key in connectors for key in after):
        worth = PART
    if worth < WHOLE:
        least = 0 if worth == AFTER_OF else _LEAST_PART if worth > PART else _LEAST_OTHER_PART
        areas = ("country", "division", "region") if worth > PART else ()
        entries = tuple(entry for entry in entries if entry.kind in areas or (entry.population >= least and entry.own))
        if single and words.keys[at] in load_word_list("words") and not in_town:
            return None
    if all(key in kinds or key in qualifiers for key in words.keys[at : until + 1]):
        # A town called Marina is one where its division follows; "Old Town" never is.
        # "South Island" and "Chapel Hill, North Carolina" are places.
        if not alone:
            return None
        kind = "country" if single else "region"
        in_container = contained and (single or words.keys[at] not in qualifiers)
        entries = tuple(entry for entry in entries if entry.kind == kind or (in_container and entry.own))
    if until + 1 < len(words.keys) and words.gaps[until + 1] == " " and words.keys[until + 1] in _OF_DIVISIONS:
        entries = tuple(entry for entry in entries if entry.kind == "division") or entries
    if not entries:
        return None
    return Mention(tuple(entries), worth, first, last, at, until, words.sentences[at])


def _is_of_one_address(key: str, entries: tuple[GazetteerEntry, ...]) -> bool:
    """Return whether a name that follows another one holds it or lies in it: "Tokyo Japan"."""
    table = load_shipped()
    following = table.entries(key) if key in table else ()
    return any(is_inside_either(one, entry) for one in following[:_TRIED] for entry in entries[:_TRIED])


def _are_paired(words: Words, until: int, key: str, entries: tuple[GazetteerEntry, ...]) -> bool:
    """Return whether a dash joins two names of a kind: "the Arizona-Utah border"."""
    table = load_shipped()
    paired = words.gaps[until + 1] == "-" and key in table and bool(entries)
    return paired and table.entries(key)[0].kind == entries[0].kind


def _is_spelt_alike(words: Words, entry: GazetteerEntry, at: int, until: int) -> bool:
    """Return whether a town is written as here: short and rare aliases, and umlauts read into "MoMA", are chance."""
    word = words.text[words.starts[at] : words.ends[until]].removesuffix("'s")
    if entry.kind == "country" and len(word) <= _LONGEST_ABBREVIATION and word.isascii():
        # An abbreviation is written in capitals: "CAR" is a country, "car" and "Car" are not.
        return word.isupper() or words.keys[at] in load_word_list("small_abbreviations")
    if entry.kind != "town":
        return True
    if entry.own:
        # The key of "Moema" is "moma", as that of "Möma" would be; so it is not what "MoMA" means.
        name = _fold(entry.name)
        chance = name != _fold(word) and strip_digraphs(name) == words.keys[at]
        return at < until or not chance or not (entry.name.isascii() and word.isascii())
    if at < until or not word.isascii():
        return True
    if word.isupper() or _fold(word) != words.keys[at]:
        return False
    return entry.population >= (_LEAST_ALIAS if len(word) >= _LEAST_ALIAS_LETTERS else _LEAST_SHORT_ALIAS)


@lru_cache(maxsize=50_000)
def _fold(name: str) -> str:
    return fold(name)


def _inside_katakana(text: str, at: int, until: int) -> bool:
    """Return whether a name is a stretch of a longer foreign word: Mali in マリンハウス."""
    return any(
        "ァ" <= text[edge] <= "ー" and "ァ" <= text[edge + 1] <= "ー"
        for edge in (at - 1, until - 1) if 0 <= edge < len(text) - 1
    )  # fmt: skip


def _find_state(words: Words, at: int) -> tuple[GazetteerEntry, ...]:
    """Return the division that a postal abbreviation behind a name stands for: "Cambridge, MA"."""
    word = words.text[words.starts[at] : words.ends[at]]
    if not (2 <= len(word) <= 3 and word.isupper() and at and words.capital[at - 1] and words.gaps[at] == ","):
        return ()
    state = find_state(word)
    if state is None:
        return ()
    code, name = state
    return tuple(e for e in load_shipped().entries(make_key(name)) if e.kind == "division" and e.owners == (code,))


def _match_inflected(words: Words, at: int) -> tuple[GazetteerEntry, ...]:
    """Return a Russian name in another case than the gazetteer has it: в Москве, из Парижа."""
    key = words.keys[at]
    if len(key) < 4 or not "а" <= key[-1] <= "я":
        return ()
    table = load_shipped()
    for dropped, endings in ((1, ("а", "", "ь", "я", "й", "о")), (2, ("а", "", "ь", "ия"))):
        stem = key[:-dropped]
        if len(stem) < _LEAST_STEM or key[-dropped:] not in load_word_list(f"russian_endings_{dropped}"):
            continue
        for ending in endings:
            if stem + ending in table:
                found = [entry for entry in table.entries(stem + ending) if entry.population >= _LEAST_PART]
                if found:
                    return tuple(found)
    return ()


def _match_misspelt(words: Words, at: int) -> tuple[GazetteerEntry, ...]:
    """Return the towns that a word misses by one letter, inside the container that follows it: "Pompeii, Italy"."""
    key, after = words.keys[at], at + 1
    if len(key) < _LEAST_MISSPELT or after >= len(words.keys) or words.gaps[after] != "," or not words.capital[after]:
        return ()
    table = load_shipped()
    end = _find_run_end(words, after)
    container = _join_key(words, after, end)
    holders = [entry for entry in (table.entries(container) if container in table else ()) if entry.kind != "town"]
    if not holders or end - after >= _LONGEST_NAME:
        return ()
    return tuple(
        entry
        for spelling in _list_spellings(key) if spelling in table
        for entry in table.entries(spelling)
        if entry.kind == "town" and entry.own and any(holds(holder, entry) for holder in holders)
    )  # fmt: skip


def _list_spellings(key: str) -> list[str]:
    """Return the words one letter away from a word: one left out, added, exchanged, or two neighbours swapped."""
    parts = [(key[:cut], key[cut:]) for cut in range(1, len(key) + 1)]
    return list(dict.fromkeys(
        [left + right[1:] for left, right in parts if right]
        + [left + right[1] + right[0] + right[2:] for left, right in parts if len(right) > 1]
        + [left + letter + rest for left, right in parts for letter in ascii_lowercase for rest in {right, right[1:]}]
    ))  # fmt: skip


def _find_unspaced(words: Words, index: int) -> list[Mention]:
    """Return names inside a stretch of a script without spaces, the longest first from the left."""
    table = load_shipped()
    text = words.text[words.starts[index] : words.ends[index]]
    found: list[Mention] = []
    at = 0
    while at < len(text):
        for length in range(min(_LONGEST_UNSPACED, len(text) - at), _LEAST_UNSPACED - 1, -1):
            key = make_key(text[at : at + length])
            if len(key) >= _LEAST_UNSPACED and key in table:
                if _inside_katakana(text, at, at + length):
                    continue
                rest = text[at + length :]
                worth = WHOLE if not rest or rest[0] in _AFTER_NAMES else OF_A_KIND
                start = words.starts[index] + at
                entries, sentence = table.entries(key), words.sentences[index]
                found.append(Mention(entries, worth, index, index, index, index, sentence, (start, start + length)))
                at += length
                break
        else:
            at += 1
    return found
