"""Have one investigation on the page and in the terminal, and write the words of both into docs/chat.md, side by side.

Run it after a change of what answers say: ``python -m scripts.investigation``. It needs Chromium; the model is scripted
and the photos are drawn.
"""

import tempfile
from pathlib import Path

from tests.support.drawn_gallery import make_drawn
from tests.support.investigation import FIRST, FORK, SAID, Told, investigate

GUIDE = Path(__file__).resolve().parents[1] / "docs" / "chat.md"
BEGIN, END = "<!-- investigation: begin -->\n", "<!-- investigation: end -->\n"
SHOWN = 7  # sentences of one reply; six photos have some thirty


def main() -> None:
    """Write the table."""
    with tempfile.TemporaryDirectory() as folder:
        page, terminal = investigate(make_drawn(Path(folder)), Path(folder))
    text = GUIDE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    GUIDE.write_text(f"{before}{BEGIN}{make_table(page, terminal)}{END}{after}", encoding="utf-8")


def make_table(page: Told, terminal: Told) -> str:
    """Make the table: one row a sentence, the page's words on the left, the terminal's on the right."""
    rows = ["| | page | terminal |", "|---|---|---|"]
    said = iter(terminal.replies[0])
    for words, reply in zip((f"six photos: {FIRST}", *SAID), page.replies, strict=True):
        theirs = [next(said) for _ in reply]
        for number, (left, right) in enumerate(zip(reply, theirs, strict=True)):
            if number < SHOWN:
                rows.append(f"| {f'*{words}*' if number == 0 else ''} | {left} | {right} |")
        if len(reply) > SHOWN:
            rows.append(f"| | … {len(reply) - SHOWN} more | … {len(theirs) - SHOWN} more |")
    rows += [f"| *fork from {' with '.join(FORK)}* | {page.fork[0]} | {terminal.fork[0]} |"]
    rows += [f"| | {page.fork[1]} | {terminal.fork[1]} |"]
    rows += [f"| *export: case file* | {page.case_file} | {terminal.case_file} |"]
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    main()
