"""Places that text in the photo names, as candidates of little weight: what `read_text` read, or a reply quotes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sextant.agent.answers.outcome import Clue, Precision
from sextant.agent.answers.signs import quoted_signs
from sextant.agent.state import Turn
from sextant.agent.verification import Candidate, Pool
from sextant.agent.world.deps import Deps
from sextant.base.documents.outcome import OutcomeDocument
from sextant.base.json_types import Document, Json

_PRECISION: dict[str, Precision] = {"sight": "sight", "quarter": "sight", "street": "street", "town": "town"}
_MOST_TEXTS = 40
_LEAST_LETTERS, _LONGEST = 4, 80
_MOST_CIRCLES = 12


@dataclass(frozen=True)
class ReadTexts:
    """Texts that were read in the photo.

    Attributes:
        by_branch: what each branch read.
        places: what gazetteers know of those that name a place, by text.
        language: of the others together, as ISO 639-1 code; None where it is not clear.
    """

    by_branch: Mapping[str, list[str]] = field(default_factory=dict)
    places: Mapping[str, Json] = field(default_factory=dict)
    language: str | None = None


def look_up_texts(
    pool: Pool, transcripts: Mapping[str, list[Turn]], outcomes: Mapping[str, OutcomeDocument], deps: Deps
) -> ReadTexts:
    """Look the texts of the photo up among places; nothing is asked where no text was read."""
    if not deps.settings.signs or deps.recipe.verify != "calibrated":
        return ReadTexts()
    read = {name: read_texts(turns, outcomes.get(name, {})) for name, turns in transcripts.items()}
    texts = list(dict.fromkeys(text for texts in read.values() for text in texts))[:_MOST_TEXTS]
    if not texts:
        return ReadTexts()
    circles = list(dict.fromkeys((one.latitude, one.longitude) for one in (*pool.answers, *pool.nearest)))
    request = {"texts": texts, "near": [list(place) for place in circles[:_MOST_CIRCLES]]}
    reply = deps.ask("signs", request)
    return ReadTexts(read, {place["text"]: place for place in reply["places"]}, reply.get("language"))


def find_signs(read: ReadTexts) -> tuple[Candidate, ...]:
    """Return the places that text in the photo names, one candidate for each branch that read it."""
    places = read.places
    return tuple(
        make_candidate(places[text], name) for name, texts in read.by_branch.items() for text in texts if text in places
    )


def make_candidate(place: Json, branch: str) -> Candidate:
    """Make a candidate of a place of the gazetteer that a branch read the name of."""
    return Candidate(
        latitude=place["latitude"],
        longitude=place["longitude"],
        origin="named",
        place=place["name"],
        id=branch,
        precision=_PRECISION[place["kind"]],
        radius_km=place["radius_km"],
    )


def read_texts(transcript: list[Turn], outcome: Document) -> list[str]:
    """Collect the texts that a branch read in the photo and that may be names, each once."""
    lines: list[str] = []
    for turn in transcript:
        if turn["role"] == "tool" and turn.get("name") == "read_text" and not turn.get("failed"):
            lines += [line[2:] for line in turn["content"].splitlines() if line.startswith("| ")]
        elif turn["role"] == "assistant" and not turn.get("tool_calls"):
            lines += quoted_signs(turn["content"])
    clues = [Clue(clue["text"], clue["source"]) for clue in outcome.get("clues", ())]
    lines += [*quoted_signs("", clues), *_list_own_names(outcome, clues)]
    return [text for text in dict.fromkeys(lines) if may_be_name(text)]


def _list_own_names(outcome: Document, clues: list[Clue]) -> list[str]:
    """List the answer's own place name where a clue says, without quoting it, that it was read: a sign for Lisbon."""
    name = (outcome.get("place") or "").partition(",")[0].strip()
    return [name] if name and any(one.source == "read" and name.lower() in one.text.lower() for one in clues) else []


def may_be_name(text: str) -> bool:
    """Return whether a text is long enough to be a name and is mostly letters."""
    letters = sum(char.isalpha() for char in text)
    wide = sum(char >= "\u2e80" for char in text)  # one sign of Chinese or Japanese says as much as two letters
    return letters + wide >= _LEAST_LETTERS and len(text) <= _LONGEST and letters >= len(text) / 2
