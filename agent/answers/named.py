"""Places a model names without coordinates, found in the offline gazetteer."""

from agent.answers.fields import Reading


def by_name(readings: list[Reading]) -> Reading | None:
    return None


def place_in_prose(text: str) -> Reading | None:
    return None
