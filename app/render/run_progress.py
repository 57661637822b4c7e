"""Progress of a run on stderr: one live line per branch on a terminal, plain lines elsewhere."""

import sys
import threading
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from sextant.app.render.answer import printable
from sextant.base.json_types import Json


def event_words(event: Json) -> tuple[str, str] | None:
    """Which line an event belongs to, and what it says there; None for events that say nothing new."""
    step = event["step"]
    line = event.get("branch", "")
    words = {
        "ingest": ("photo", "opening"),
        "retrieve": ("gallery", "looking for similar and dissimilar photos"),
        "plan": ("round", f"{event.get('round')}: {len(event.get('branches', []))} prompts"),
        "ask": (line, "last turn …" if event.get("final") else "asking …"),
        "tool": (line, f"{event.get('name')} {arguments(event.get('args', {}))}"),
        "verify": ("verdict", verdict_words(event)),
    }
    if step == "reply":
        return line, reply_words(event)
    return words.get(step)


def arguments(args: Json) -> str:
    """Tool arguments on one short line."""
    return ", ".join(f"{name}={value}" for name, value in args.items())[:60]


def reply_words(event: Json) -> str:
    """What came back, in a few words."""
    if event["failure"]:
        return f"failed: {event['failure']}"
    if event["tools"]:
        return f"wants {', '.join(event['tools'])}"[:70]
    return " ".join(event["text"].split())[:70]


def verdict_words(event: Json) -> str:
    """The place so far and whether the run goes on."""
    if event.get("latitude") is None:
        return f"no place yet; {event.get('stop') or 'another round'}"
    return f"{event['latitude']:.2f}, {event['longitude']:.2f}; {event.get('stop') or 'another round'}"


class Progress:
    """Receives a run's events, from any thread. Use as a context manager around the run.

    Events of several runs at once carry ``whose`` they are, which goes before their lines.
    """

    def __init__(self, title: str, stream: TextIO = sys.stderr, quiet: bool = False) -> None:
        self._title = " ".join(printable(title).split())
        self._quiet = quiet
        self._lines: dict[str, str] = {}
        self._lock = threading.Lock()
        self._console = Console(file=stream, highlight=False)
        self._live: Live | None = None

    def __enter__(self) -> "Progress":
        if self._console.is_terminal and not self._quiet:
            self._live = Live(console=self._console, transient=True, refresh_per_second=8)
            self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._live:
            self._live.stop()

    def __call__(self, event: Json) -> None:
        found = event_words(event)
        if found is None or self._quiet:
            return
        with self._lock:
            line, words = f"{event.get('whose', '')}{found[0]}", printable(found[1])
            self._lines[line] = words
            if self._live:
                self._live.update(self._picture())
            else:
                self._console.print(Text(f"{self._title}: {line}: {words}"), soft_wrap=True)

    def _picture(self) -> Text:
        lines = [Text(f"{self._title}", style="bold")]
        width = max(len(line) for line in self._lines)
        lines += [
            Text(f"  {line:<{width}}  {words}", no_wrap=True, overflow="ellipsis")
            for line, words in self._lines.items()
        ]
        return Text("\n").join(lines)
