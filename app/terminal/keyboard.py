"""Read lines from the keyboard, with history and completion, or from a pipe."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path


def read_lines(history: Path, commands: Sequence[str]) -> Iterator[str]:
    """Yield one line after another until the end of input; Ctrl-C only empties the line.

    Args:
        history: the file of earlier lines.
        commands: completed by the tabulator.
    """
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.history import FileHistory

    history.parent.mkdir(parents=True, exist_ok=True)
    prompt: PromptSession[str] = PromptSession(
        history=FileHistory(str(history)),
        completer=WordCompleter(sorted(commands), sentence=True),
        complete_while_typing=False,
        reserve_space_for_menu=3,
    )
    while True:
        try:
            yield prompt.prompt("› ")
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
