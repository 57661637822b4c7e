"""What the guides show: commands and examples, in the order in which a reader meets them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
GUIDES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
DATA = ("python", "json", "yaml", "toml")
PROGRAMS = (
    *("sextant", "python", "python3", "pip", "uv", "uvx", "pipx", "make", "curl", "export", "find", "."),
    *("inspect", "langgraph", "ollama", "vllm", "llama-server"),
)
_PROMPT = re.compile(r"^(?:\$ )?((?:[A-Z_]+=\S+ )*)")


@dataclass(frozen=True)
class Shown:
    """A command line, without its comment; or a whole example in a language of data or Python.

    Attributes:
        guide: the file's name.
        kind: `shell`, `chat` (typed into a conversation), or the language of the example.
    """

    guide: str
    kind: str
    text: str


def read_guide(path: Path) -> Iterator[Shown]:
    """Yield what a guide shows, from its top to its bottom."""
    for language, block in FENCE.findall(path.read_text(encoding="utf-8")):
        if language in DATA:
            yield Shown(path.name, language, block)
        else:
            for line in read_lines(block):
                kind = "chat" if line.startswith("/") else "shell"
                yield Shown(path.name, kind, line)


def read_lines(block: str) -> Iterator[str]:
    """Yield the commands of a block of shell lines: continued ones joined; no comments, prompts or printed lines."""
    lines = iter(re.sub(r"\s*\\\n\s*", " ", block).splitlines())
    for line in lines:
        command = _PROMPT.sub("", line.strip(), count=1)
        if command.startswith("/") and not line.startswith("$"):
            yield drop_comment(command)
        elif command.split(" ", 1)[0] in PROGRAMS:
            while not is_closed(command):
                command += " " + next(lines).strip()
            yield drop_comment(command)


def is_closed(command: str) -> bool:
    """Return whether every quotation mark of a command has its partner."""
    try:
        shlex.split(drop_comment(command))
    except ValueError:
        return False
    return True


def drop_comment(command: str) -> str:
    """Return a command without the comment behind it, or the column beside it."""
    return re.split(r"\s{2,}|\s#", command)[0]


SHOWN = [shown for guide in GUIDES for shown in read_guide(guide)]
COMMANDS = [
    (shown.guide, shown.text.removeprefix("sextant "))
    for shown in SHOWN
    if shown.kind == "shell" and shown.text.startswith("sextant ")
]
"""Each `sextant …` line, without its first word, beside its guide."""
