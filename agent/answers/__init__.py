"""Parse model answers: ``parse_answer`` turns any text into an ``Outcome``."""

from sextant.agent.answers.outcome import Clue, Kind, Outcome, Position, Precision
from sextant.agent.answers.parse import parse_answer, parse_reply

__all__ = ["Clue", "Kind", "Outcome", "Position", "Precision", "parse_answer", "parse_reply"]
