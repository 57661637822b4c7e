"""An answer as a piece of HTML for notebooks. It needs no script and no network, and survives what cleans HTML."""

import base64

from sextant.agent.answer_words import list_scale_rows
from sextant.app.render.answer import list_answer_rows
from sextant.app.render.answer_map import LEGEND, REGION, draw_case_map
from sextant.app.render.pages import TEMPLATES, render_fragment
from sextant.base.documents.answer import Answer, ScoredCandidate

_WIDTH = 600.0  # pixels of the map: an answer stays small enough for a notebook of hundreds
_SHOWN = frozenset(
    {
        "Place",
        "Region",
        "Rival",
        "Similar",
        "Scene",
        "Map",
        "Gallery",
        "Because",
        "Looked",
        "File",
        "Precision",
        "Stopped",
    }
)


def render_answer_fragment(answer: Answer, headline: str) -> str:
    """Return headline, map, probabilities, regions and evidence; of a photo that was not located, the headline."""
    if not answer.get("best"):
        return render_fragment("answer", headline=headline, warnings=answer.get("warnings", []), answer=None)
    facts = [(name, text) for name, text in list_answer_rows(answer) if name in _SHOWN]
    return render_fragment(
        "answer",
        headline=headline,
        answer=answer,
        map=encode_svg(draw_case_map({"answer": answer, "nearest": _similar(answer)}, _WIDTH)),
        legend=[*LEGEND, REGION],
        how_sure=list_scale_rows(answer["probability"]),
        facts=[*facts, ("Run", answer["run"])],
        warnings=answer["warnings"],
    )


def encode_svg(svg: str) -> str:
    """Return a drawing as a data address, its colours inside.

    As a picture of its own it can fetch nothing, and its style touches nothing else on the page.
    """
    style = (TEMPLATES / "answer_map.css").read_text(encoding="utf-8")
    whole = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).replace(
        ">", f"><style>{style}</style>", 1
    )
    return "data:image/svg+xml;base64," + base64.b64encode(whole.encode()).decode()


def _similar(answer: Answer) -> list[ScoredCandidate]:
    return [item for item in answer["candidates"] if item["origin"] == "nearest"]
