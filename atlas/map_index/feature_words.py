"""Turn words for things ("railway station", "Bahnhof") into the map's tags, and tags into words."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from sextant.atlas.shipped import make_key
from sextant.base.yaml_text import parse_yaml

_NAMED_AFTER = ("shop", "office", "club", "building")  # "pet food shop": the value "pet food" does not name the shop


@dataclass(frozen=True)
class FeatureWord:
    """A word for a kind of thing; ``kinds`` are alternatives, each one or more tags that must all be there."""

    word: str
    kinds: tuple[frozenset[str], ...]
    all_words: tuple[str, ...] = ()


def find_feature_word(text: str) -> FeatureWord | None:
    """Return the kind of thing that a text names as a whole, in singular or English plural; None for a name."""
    key = make_key(text)
    for word in (key, key.removesuffix("s"), key.removesuffix("es"), f"{key.removesuffix('ies')}y"):
        found = _load().get(word)
        if found:
            return found
    return None


def name_kinds(kinds: list[str]) -> str:
    """Return what a thing with these tags is called: the listed word, else the value of its first tag."""
    if not kinds:
        return "address"
    held = set(kinds)
    for kind in kinds:
        for listed in _list_words():
            if any(kind in alternative and alternative <= held for alternative in listed.kinds):
                return listed.word
    key, _, value = kinds[0].partition("=")
    plain = (key if value in ("yes", "") else value).replace("_", " ")
    if key in _NAMED_AFTER and plain != key and not plain.endswith(key):
        return f"{plain} {key}"
    return plain


@lru_cache(maxsize=1)
def _list_words() -> tuple[FeatureWord, ...]:
    listed = _read()
    return tuple(_make(one) for one in listed)


@lru_cache(maxsize=1)
def _load() -> dict[str, FeatureWord]:
    found: dict[str, FeatureWord] = {}
    for one in _read():
        for word in one["words"]:
            found.setdefault(make_key(word), _make(one))
    return found


@lru_cache(maxsize=1)
def _read() -> list[dict[str, list[str]]]:
    text = (files("sextant.atlas.map_index") / "data" / "feature_words.yaml").read_text(encoding="utf-8")
    loaded: list[dict[str, list[str]]] = parse_yaml(text)
    return loaded


def _make(listed: dict[str, list[str]]) -> FeatureWord:
    return FeatureWord(listed["words"][0], _split(listed["kinds"]), tuple(listed["words"]))


def _split(kinds: list[str]) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(kind.split("+")) for kind in kinds)
