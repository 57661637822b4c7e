"""The tutorials are true: each is followed to its end in an empty folder, and prints what it says.

In a block marked ``console``, a line after ``$`` is a command, lines after ``>`` are typed into it, and every other
line must stand in what it prints. ``RUN`` is the newest run.
"""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.support.cli import sextant

README = Path(__file__).resolve().parents[1] / "README.md"
DOCS = README.parent / "docs"
TUTORIALS = sorted((DOCS / "tutorials").glob("*.md"))
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


def read_commands(tutorial):
    """Yield each command with what is typed and what it prints."""
    for block in BLOCK.findall(tutorial.read_text(encoding="utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *lines = part.splitlines()
            typed = "".join(f"{line[2:]}\n" for line in lines if line.startswith("> "))
            yield command, typed, [line.strip() for line in lines if not line.startswith("> ")]


def newest_run(home):
    return max(folder.name for folder in (home / "runs").iterdir())


def follow(command, typed, folder):
    """Run one command in the folder; return what it printed."""
    home = folder / "home"
    words = shlex.split(command)
    if words[0] == "export":
        assert command == "export SEXTANT_HOME=$PWD/home"
        return ""
    if words[0] == "sextant":
        words = [newest_run(home) if word == "RUN" else word for word in words[1:]]
        ran = sextant(*words, home=home, typed=typed or None, cwd=folder)
        assert ran.code == 0, (command, ran.err)
        return ran.out + ran.err
    if words[0] == "cp":
        source, target = folder / words[-2], folder / words[-1]
        shutil.copytree(source, target) if "-r" in words else shutil.copy(source, target)
        return ""
    if words[0] == "mkdir":
        (folder / words[1]).mkdir()
        return ""
    assert words[0] == "ls", f"a tutorial uses {words[0]!r}; teach this test to do it"
    return "\n".join(sorted(path.name for path in (folder / words[1]).iterdir()))


@pytest.fixture(scope="module")
def demo_home(tmp_path_factory):
    """A home in which the demo was drawn, which takes most of the time of each tutorial."""
    home = tmp_path_factory.mktemp("drawn") / "home"
    assert sextant("demo", home=home, seconds=280).code == 0  # 50 s of processor time; other work may share the cores
    return home


@pytest.mark.slow
@pytest.mark.parametrize("tutorial", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_can_be_followed_to_its_end(tutorial, demo_home, tmp_path):
    shutil.copytree(demo_home, tmp_path / "home")
    followed = 0
    for command, typed, printed in read_commands(tutorial):
        if command.startswith("sextant tag") and not shutil.which("exiftool"):
            continue
        said = follow(command, typed, tmp_path)
        missing = [line for line in printed if line not in said]
        assert not missing, f"{command} does not print {missing}:\n{said}"
        followed += 1
    assert followed >= 6


@pytest.mark.slow
def test_the_guide_of_the_demo_opens_its_world(demo_home, tmp_path, monkeypatch):
    shutil.copytree(demo_home / "demo-world", tmp_path / "drawn")
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"^```python\n(.*?)^```", (DOCS / "demo.md").read_text(encoding="utf-8"), re.M | re.S)
    names: dict[str, object] = {}
    exec(example, names)
    assert (Path("drawn") / "queries.csv").is_file() and names["world"]


_VARIES = re.compile(r"Spent  |Run  |^\S*/demo-world/|^$")  # what differs from run to run, and the folder


def round_areas(text):
    """Round areas to three digits: the last ones depend on the processor."""
    return re.sub(r"([\d,]+) km²", lambda area: f"{float(area[1].replace(',', '')):.2e} km²", text)


@pytest.mark.slow
def test_the_readme_shows_what_the_demo_prints(demo_home):
    """Each line of the answer in the README, but for time, name and folder; lines are folded there."""
    block = re.search(r"`make demo` prints this.*?^```\n(.*?)^```", README.read_text(encoding="utf-8"), re.M | re.S)
    shown = " ".join(line.strip() for line in block.group(1).splitlines() if not _VARIES.search(line))
    printed = sextant("demo", home=demo_home).out
    said = " ".join(line.strip() for line in printed.splitlines() if not _VARIES.search(line))
    assert round_areas(" ".join(shown.split())) in round_areas(" ".join(said.split()))
