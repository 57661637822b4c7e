"""The agent skill is true: its commands run as they stand, and an answer has every field it speaks of."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from sextant.agent.warning_codes import Code
from sextant.app.cli import sextant

SKILL = Path(__file__).resolve().parents[1] / ".agents" / "skills" / "sextant" / "SKILL.md"
TEXT = SKILL.read_text(encoding="utf-8")
BLOCK = re.search(r"```sh\n(.*?)```", TEXT, re.S)[1].splitlines()


@pytest.fixture(scope="module")
def place(gallery, query, tmp_path_factory):
    """A folder with what the commands name: photo.jpg, photos/, my-gallery."""
    folder = tmp_path_factory.mktemp("skill")
    shutil.copy(query, folder / "photo.jpg")
    (folder / "photos").mkdir()
    shutil.copy(query, folder / "photos" / "one.jpg")
    (folder / "my-gallery").symlink_to(gallery)
    return folder


@pytest.fixture
def run(place, monkeypatch):
    monkeypatch.chdir(place)
    monkeypatch.setenv("SEXTANT_HOME", str(place / "home"))

    def call(line):
        words = shlex.split(line)
        assert words[0] == "sextant"
        return CliRunner().invoke(sextant, words[1:], standalone_mode=False)

    return call


def test_the_front_matter_names_the_skill():
    head = TEXT.split("---")[1]
    assert re.search(r"^name: sextant$", head, re.M) and "description: " in head
    assert SKILL.parent.name == "sextant"


@pytest.mark.parametrize("line", BLOCK)
def test_a_command_of_the_skill_runs_and_prints_one_document(line, run):
    done = run(line)
    assert done.exception is None, done.output
    assert json.loads(done.stdout) is not None


def test_the_commands_of_the_table_exist(run):
    for line in re.findall(r"`(sextant [^`]+)`", TEXT):
        words = [word for word in shlex.split(line)[1:3] if word.islower() and "." not in word]
        command = sextant
        for word in words:
            inner = command.get_command(None, word) if hasattr(command, "get_command") else None
            if inner is None:
                break
            command = inner
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        assert {word for word in shlex.split(line) if word.startswith("--")} <= known, line


def test_an_answer_has_the_fields_that_the_skill_names(run):
    answer = json.loads(run("sextant locate photo.jpg --gallery my-gallery --json").stdout)
    for name in ("best", "probability", "region", "calibration", "rival", "claims", "metadata", "warnings", "coverage"):
        assert f"`{name}" in TEXT and name in answer
    assert list(answer["probability"]) == ["1", "25", "200", "750", "2500"]
    assert answer["calibration"]["basis"] in ("own", "profile", "borrowed")
    assert answer["metadata"]["verdict"] in ("agrees", "conflicts", "absent")
    codes = set(re.findall(r"above all `(\w+)` and `(\w+)`", TEXT)[0])
    assert codes <= {code.value for code in Code}
