"""Places that text in the photo names, as candidates of little weight: what `read_text` read, or a reply quotes."""

from collections.abc import Mapping

from sextant.agent.answers.outcome import Clue, Precision
from sextant.agent.answers.signs import quoted_signs
from sextant.agent.state import Turn
from sextant.agent.verification import Candidate, Pool
from sextant.agent.world.deps import Deps
from sextant.base.documents.outcome import OutcomeDocument
from sextant.base.json_types import Document, Json
from sextant.geo.places import describe
from sextant.tools.country_facts import load_facts
from sextant.tools.scripts import list_scripts

_PRECISION: dict[str, Precision] = {"sight": "sight", "quarter": "sight", "street": "street", "town": "town"}
_MOST_TEXTS = 40
_LEAST_LETTERS, _LONGEST = 4, 80
_MOST_CIRCLES = 12


def find_signs(
    pool: Pool, transcripts: Mapping[str, list[Turn]], outcomes: Mapping[str, OutcomeDocument], deps: Deps
) -> tuple[Candidate, ...]:
    """Find the places that text in the photo names; nothing is asked where no text was read."""
    if not deps.settings.signs or deps.recipe.verify != "calibrated":
        return ()
    read = {name: read_texts(turns, outcomes.get(name, {})) for name, turns in transcripts.items()}
    texts = list(dict.fromkeys(text for texts in read.values() for text in texts))[:_MOST_TEXTS]
    if not texts:
        return ()
    circles = list(dict.fromkeys((one.latitude, one.longitude) for one in (*pool.answers, *pool.nearest)))
    request = {"texts": texts, "near": [list(place) for place in circles[:_MOST_CIRCLES]]}
    places = {place["text"]: place for place in deps.ask("signs", request)["places"] if is_written_there(place)}
    return tuple(make_candidate(places[text], name) for name, texts in read.items() for text in texts if text in places)


def is_written_there(place: Json) -> bool:
    """Return whether a text is in a script that its place's country writes, or in Latin letters, as names abroad are.

    A sign in Cyrillic that names Lisbon was not put up there: it speaks of Lisbon. Countries whose scripts are unknown
    allow all.
    """
    code = describe(place["latitude"], place["longitude"]).country_code
    facts = load_facts().get(code or "")
    scripts = list_scripts(place["text"])
    if facts is None or not facts.scripts or not scripts:
        return True
    written = {one.partition(" (")[0] for one in facts.scripts}  # "Han (simplified)" is Han
    return scripts[0] in {*written, "Latin"}


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
    return [text for text in dict.fromkeys([*lines, *quoted_signs("", clues)]) if may_be_name(text)]


def may_be_name(text: str) -> bool:
    """Return whether a text is long enough to be a name and is mostly letters."""
    letters = sum(char.isalpha() for char in text)
    wide = sum(char >= "\u2e80" for char in text)  # one sign of Chinese or Japanese says as much as two letters
    return letters + wide >= _LEAST_LETTERS and len(text) <= _LONGEST and letters >= len(text) / 2
