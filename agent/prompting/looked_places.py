"""The places of a second look, as the prompt lists them and as the reply names them: by letters."""

from collections.abc import Sequence

from sextant.agent.prompting.disagreement import describe_place
from sextant.agent.state import LookedPlace

LETTERS = "ABCD"


def list_letters(looked: Sequence[LookedPlace]) -> list[str]:
    """Return the letter of each place."""
    return list(LETTERS[: len(looked)])


def list_places(looked: Sequence[LookedPlace]) -> str:
    """List the places for the prompt, one a line."""
    return "\n".join(
        f"Place {letter}: {describe_place(place['latitude'], place['longitude'])}, {place['pictures']} pictures"
        for letter, place in zip(list_letters(looked), looked, strict=True)
    )
