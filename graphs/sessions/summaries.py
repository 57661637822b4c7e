"""Summaries of sessions for lists: which photo stands for it, where that was taken, and when."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import TypedDict

from sextant.agent.answer_words import format_short_place
from sextant.agent.privacy.precision import Policy, coarsen
from sextant.base.json_types import Document, Json

_COUNTRIES = 3  # named of a session with several photos


class ListedSession(TypedDict):
    """What a list shows of a session: a photo's key for the thumbnail, a place in a few words, when it was taken."""

    photo: str | None
    photos: int
    located: int
    place: str
    taken_at: str | None


def summarise_photos(photos: Mapping[str, Json]) -> Json:
    """Summarise a session's photos, exactly as they are stored: never show it without ``view_summary``."""
    located = [photo for photo in photos.values() if photo["status"] == "located"]
    answers = [{**photo["answer"], **(photo.get("now") or {})} for photo in located]
    return {
        "photo": located[0]["key"] if located else None,
        "photos": len(photos),
        "located": len(located),
        "answers": [{name: one.get(name) for name in ("best", "probability", "calibration")} for one in answers[:20]],
        "taken_at": located[0]["metadata"].get("captured_at") if located else None,
    }


def view_summary(summary: Json | None, policy: Policy) -> ListedSession:
    """Build the view of a summary, no finer than the policy allows."""
    if not summary:
        return {"photo": None, "photos": 0, "located": 0, "place": "", "taken_at": None}
    shown: Json = coarsen(summary, policy)
    return {
        "photo": shown["photo"],
        "photos": shown["photos"],
        "located": shown["located"],
        "place": _name_places(shown["answers"]),
        "taken_at": None if policy.withholds_words else shown["taken_at"],
    }


def _name_places(answers: list[Document]) -> str:
    """Name the place of one photo, or the countries of several."""
    placed: list[Any] = [answer for answer in answers if answer["best"]]
    if len(answers) <= 1:
        return format_short_place(placed[0]) if placed else ""
    countries = dict.fromkeys(answer["best"].get("country") or "open sea" for answer in placed)
    listed = ", ".join(list(countries)[:_COUNTRIES])
    return listed + (" and others" if len(countries) > _COUNTRIES else "")
