"""The case file: one HTML page that works offline, with hash, map, ledger, transcript and versions."""

import platform
from importlib.metadata import version

from markupsafe import Markup

from sextant.agent.answer_words import format_coordinates, format_headline, format_place_name, list_scale_rows
from sextant.app.render.answer_map import LEGEND, REGION, draw_case_map
from sextant.app.render.pages import render_page
from sextant.base.documents.session import SessionView, ShownPhoto
from sextant.base.json_types import Json


def make_case_file(session: SessionView) -> str:
    """Return the page. Every text is escaped; nothing in it runs."""
    return render_page(
        "case_file",
        session=session,
        photos=[_make_photo(photo) for photo in session["photos"]],
        legend=[*LEGEND, REGION],
        versions=_list_versions(),
        place_name=format_place_name,
        coordinates=format_coordinates,
    )


def _make_photo(photo: ShownPhoto) -> Json:
    """Make an article of a photo with everything the page shows about it."""
    if photo["status"] != "located":
        return dict(photo)
    answer = photo["answer"]
    told = {"headline": format_headline(answer), "how_sure": list_scale_rows(answer["probability"])}
    return {**photo, **told, "map": Markup(draw_case_map(photo))}


def _list_versions() -> list[tuple[str, str]]:
    names = ("sextant-geo", "langgraph", "langchain-core", "lancedb")
    return [*((name, version(name)) for name in names), ("Python", platform.python_version())]
