import io
import json
import re
from pathlib import Path

import pytest

import sextant.app
from sextant.app.render.screen import Screen
from sextant.app.render.terminal import align_columns, echo, echo_json, shorten_line

EVIL = "\x1b]0;owned\x07\x1b[2Jred\x9b31m\u202egpj"


def test_echo_strips_controls_on_both_streams(capsys):
    echo(EVIL)
    echo(EVIL, err=True)
    out, err = capsys.readouterr()
    assert out == err and out.rstrip("\n").isprintable() and "owned" in out


def test_json_keeps_its_value(capsys):
    echo_json({"name": EVIL}, 2)
    out = capsys.readouterr().out
    assert out.replace("\n", "").isprintable() and json.loads(out) == {"name": EVIL}


def test_a_table_is_aligned_for_wide_letters_and_one_line_a_row():
    lines = align_columns(
        ("RUN", "PHOTO", "STOP"), [("1", "東京タワー.jpg", "budget"), ("22", f"a{EVIL}", "agreement")]
    )
    assert len(lines) == 3 and all(line.isprintable() and line == line.rstrip() for line in lines)
    assert lines[0].index("STOP") == len("RUN  ") + len(f"a{EVIL}") + 2
    assert lines[1].index("budget") == lines[0].index("STOP") - 5, "five letters take two columns each"


def test_a_long_cell_is_neither_cut_nor_folded():
    assert align_columns((), [("x" * 3000, "y")]) == [f"{'x' * 3000}  y"]


@pytest.mark.parametrize("markup", [True, False])
def test_a_screen_prints_no_controls_but_its_own(markup):
    out = io.StringIO()
    screen = Screen(out)
    screen.print(f"[bold]a[/bold] {EVIL}", markup=markup)
    assert out.getvalue().rstrip("\n").isprintable()


def test_somebody_s_words_are_cut_to_one_line():
    assert shorten_line("a\nb" * 100, 10) == "a ba ba b…"


def test_whatever_the_commands_print_goes_through_one_function():
    """A print of its own, in any file of the room, would let escape sequences through."""
    room = Path(sextant.app.__file__).parent
    own = re.compile(r"\bclick\.(?:echo|secho)\(|(?<![.\w])print\(|\bsys\.std(?:out|err)\.write\(|\bConsole\(file")
    found = {
        f"{path.relative_to(room)}: {line.strip()}"
        for path in room.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if own.search(line) and path.name not in ("terminal.py", "loading.py")
    }
    assert found == set()
