"""Say why a question to the maps finds nothing: an unknown place or thing, or things too far from each other."""

from dataclasses import replace

from sextant.atlas.gazetteer.lookup import SearchCircle
from sextant.atlas.map_index.query import Question, read_questions
from sextant.atlas.map_index.search import MapIndex

_WIDER_M = (1000.0, 5000.0, 25_000.0)


def explain_nothing(index: MapIndex, text: str, circle: SearchCircle | None = None) -> str:
    """Return the reason and a remedy, as half a sentence.

    Raises:
        MapError: a part of the question stands for too many things.
    """
    questions = read_questions(text) or [Question(text)]
    placed = [one for one in questions if one.where and index.knows_place(one.where)]
    question = (placed or questions)[0]
    if question.where and not index.knows_place(question.where):
        return f"no place is called {question.where!r}; try another spelling, or leave it out"
    for part in (question.what, *(one.what for one in question.conditions)):
        if not index.answer(Question(part)):
            return f"no feature and no kind of feature is called {part!r}; try fewer words or another spelling"
    if not question.conditions:
        return "it is elsewhere; try a larger --radius-km or another place"
    for metres in _WIDER_M:
        wider = tuple(replace(one, metres=max(one.metres, metres)) for one in question.conditions)
        hits = index.answer(replace(question, conditions=wider), circle)
        if hits:
            best = min(hits, key=lambda hit: sum(one.metres for one in hit.near))
            near = " and ".join(f"{one.metres:.0f} m from {one.name}" for one in best.near)
            return (
                f"the nearest is {best.name}, {near}; try 'within {max(one.metres for one in best.near) + 1:.0f} m of'"
            )
    return "these things do not lie near each other; ask for one of them"
