"""Classify the intent of a chat message by its words; the chat graph acts on it."""

import re
from typing import Literal

from sextant.agent.chat.steering_parser import is_steering
from sextant.base.json_types import Json

Intent = Literal["locate", "again", "undo", "steer", "together", "ask", "nothing"]

_AGAIN = re.compile(r"\b(?:look again|try (?:again|harder)|more effort|spend more|think harder|once more)\b", re.I)
_UNDO = re.compile(r"^\W*(?:undo|start over|forget (?:that|all|everything)|clear|reset)\b", re.I)
_ALL = re.compile(r"\b(?:start over|all|everything|clear|reset)\b", re.I)
_PLACE = re.compile(r"\b(?:same|one) (?:place|spot|location|town|city)\b", re.I)
_TRIP = re.compile(r"\b(?:same|one) (?:trip|journey|holiday|tour|vacation)\b", re.I)


def classify_intent(message: Json, located: int) -> Intent:
    """Classify a message. ``located`` is the number of photos the session has located."""
    text = message["text"].strip()
    if message["photos"]:
        return "locate"
    if message["steer"]:
        return "steer" if located else "nothing"
    if not text or not located:
        return "nothing"
    if _UNDO.search(text):
        return "undo"
    if _AGAIN.search(text):
        return "again"
    if find_joint_kind(text):
        return "together"
    return "steer" if is_steering(text) else "ask"


def find_joint_kind(text: str) -> Literal["place", "trip"] | None:
    """Find whether the message says that the photos show one place or one trip."""
    return "place" if _PLACE.search(text) else "trip" if _TRIP.search(text) else None


def is_undo_all(text: str) -> bool:
    """Return whether "undo" means all constraints, not only the last one."""
    return bool(_ALL.search(text))
