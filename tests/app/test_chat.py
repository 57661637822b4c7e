"""The conversation in a terminal: what a line means, and the whole of it through a pseudo-terminal."""

import json
import os
import re
import signal
import sys

import pexpect
import pytest

from sextant.app.terminal.typed import read_line
from tests.support.cli import ROOT, sextant


def test_a_path_is_a_photo_however_a_terminal_pastes_it(tmp_path):
    photo = tmp_path / "my photo.jpg"
    photo.write_bytes(b"x")
    for line in (str(photo), f"'{photo}'", str(photo).replace(" ", r"\ "), f"file://{str(photo).replace(' ', '%20')}"):
        assert read_line(line).photos == (photo,), line


def test_words_beside_a_path_are_the_message(tmp_path):
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"x")
    assert read_line(f"where was {photo} taken?").words == "where was taken?"


def test_an_apostrophe_is_no_quote():
    assert read_line("it's not in Europe").words == "it's not in Europe"


def test_a_slash_is_a_command():
    typed = read_line("/steer not Europe")
    assert (typed.command, typed.words) == ("steer", "not Europe")


def test_a_name_too_long_for_a_file_is_words():
    assert read_line("x" * 5000).photos == ()


ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")


@pytest.fixture
def talk(gallery, tmp_path):
    """The real command on a pseudo-terminal."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI", "OLLAMA", "SEXTANT"))}
    opened = []

    def start(*args):
        child = pexpect.spawn(
            sys.executable,
            ["-m", "sextant.app", "chat", "--gallery", str(gallery), "--verify", "density", *map(str, args)],
            env={**clean, "SEXTANT_HOME": str(tmp_path / "home"), "TERM": "xterm", "COLUMNS": "120"},
            cwd=str(ROOT),
            encoding="utf-8",
            timeout=60,
            dimensions=(40, 120),
        )
        opened.append(child)
        return child

    yield start
    for child in opened:
        if child.isalive():  # close() waits too short a time for the end on a busy machine
            child.kill(signal.SIGKILL)
            child.wait()
        child.close()


@pytest.mark.slow
def test_where_why_steer_map_evidence_export_and_resume(talk, query, tmp_path):
    child = talk("--session", "trip")
    child.expect("paste the path of a photo")
    child.sendline(str(query))
    child.expect("Lisbon, Portugal")
    child.expect("No model looked at the picture")
    child.sendline("/why")
    child.expect("similar gallery photos lie within 200 km")
    child.sendline("not Portugal")
    child.expect(r"The answer moved [\d,]+ km")
    child.expect("No model was called")
    child.sendline("/map")
    child.expect("A answer")
    child.sendline("/evidence")
    child.expect("nearest_photos")
    child.sendline("/budget")
    child.expect("2 model calls")
    child.sendline("/steer nowhere-at-all-xyzzy")
    child.expect("no continent, country or place")
    out = tmp_path / "places.geojson"
    child.sendline(f"/export geojson {out}")
    child.expect("Written")
    child.sendline("/quit")
    child.expect("sextant chat --session trip")
    child.expect(pexpect.EOF)
    roles = {feature["properties"]["role"] for feature in json.loads(out.read_text())["features"]}
    assert {"answer", "nearest", "farthest", "candidate"} <= roles
    assert query.name in sextant("runs", "list", home=tmp_path / "home").out
    again = talk("--session", "trip")
    again.expect("you: not Portugal")
    again.sendline("undo")
    again.expect("to Lisbon, Portugal")


@pytest.mark.slow
def test_no_finer_place_than_the_cap_is_printed(talk, query):
    child = talk("--precision", "country", query)
    child.expect("Precision is capped")
    for line in ("why?", "show nearest", "how sure?", "/map", "/evidence", "what else?", "same place?"):
        child.sendline(line)
    child.sendline("/quit")
    child.expect(pexpect.EOF)
    said = ANSI.sub("", child.before)
    assert "Portugal" in said
    assert "Lisbon" not in said.replace(str(query), "")
    assert not re.search(r"38\.7|9\.13", said)


def test_lines_may_come_from_a_pipe_and_a_missing_photo_is_one_line(gallery, query, tmp_path):
    ran = sextant("chat", "no-such.jpg", "--gallery", gallery, "--verify", "density", home=tmp_path)
    assert ran.code == 1
    assert ran.error == "sextant: photo 'no-such.jpg' does not exist; check the path"
