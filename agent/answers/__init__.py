"""What a model's answer says: ``parse_answer`` turns any text into an ``Outcome``."""

from agent.answers.outcome import Clue, Kind, Outcome, Position
from agent.answers.parse import parse_answer

__all__ = ["Clue", "Kind", "Outcome", "Position", "parse_answer"]
