"""A rich console for untrusted text: progress, the conversation, its tables."""

from collections.abc import Iterable
from typing import IO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from sextant.app.render.loading import end_loading
from sextant.base.printable import make_printable


class Screen(Console):
    """A rich console on which no text can steer the terminal, whoever wrote it."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        """Draw on a stream; stdout when None."""
        super().__init__(file=stream, highlight=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield rich's segments with printable text. What rich itself tells the terminal passes."""
        end_loading()
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=make_printable(segment.text))
