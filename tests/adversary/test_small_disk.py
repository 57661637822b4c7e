"""A disk that is really full, at six moments of each writer; then the same command again.

A small file system is filled up but for a share of what the work needs. SQLite, Lance and Python all meet its end then.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import sextant
from sextant.agent.settings import Settings
from sextant.app.cli import main
from sextant.base.errors import SextantError
from sextant.eval.running.folder import EvaluationFolder
from sextant.graphs.chat import ChatContext
from sextant.graphs.runs.folder import list_runs
from sextant.graphs.sessions.store import Sessions
from tests.adversary.test_kills import IN_FLIGHT, LISBON, count_recorded
from tests.support.evaluations import benchmark_folder
from tests.support.model_script import Reply, always
from tests.support.model_server import ModelServer
from tests.support.small_gallery import PLACES, picture

SIZE_MB = 64
SHARES = (0.0, 0.15, 0.4, 0.6, 0.8, 0.97)
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="a small tmpfs is mounted"),
    pytest.mark.filterwarnings("ignore::sextant.SextantWarning"),
]


class SmallDisk:
    """A mounted tmpfs, and a file that fills it up."""

    def __init__(self, path: Path) -> None:
        self.path, self.ballast = path, path / "ballast"

    @property
    def free(self) -> int:
        """Bytes that are free."""
        found = os.statvfs(self.path)
        return found.f_bavail * found.f_frsize

    def leave(self, size: int) -> None:
        """Fill the disk up to so many bytes."""
        with self.ballast.open("wb") as file:
            if self.free > size:
                os.posix_fallocate(file.fileno(), 0, self.free - size)

    def make_room(self) -> None:
        self.ballast.unlink()


@pytest.fixture
def disk(tmp_path):
    path = tmp_path / "disk"
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(path)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    yield SmallDisk(path)
    subprocess.run(["umount", "-l", str(path)], check=True)


@dataclass
class World:
    """What the writers work with; ``run`` is the command line in this process: exit code, stdout, stderr."""

    model: ModelServer
    gallery: Path
    photos: Path
    query: Path
    benchmark: Path
    table: Path
    more: Path
    archive: Path
    run: Callable[..., tuple[int, str, str]]

    @property
    def asking(self) -> list[str]:
        return [
            *("--gallery", str(self.gallery), "--verify", "density"),
            *("--model", "openai:s", "--base-url", self.model.base_url),
        ]


@pytest.fixture(scope="module")
def model():
    with ModelServer(always(Reply(text=LISBON))) as running:
        yield running


@pytest.fixture(scope="module")
def sources(tmp_path_factory, photos):
    """A benchmark, a table of places, and photos that the gallery lacks."""
    folder = tmp_path_factory.mktemp("sources")
    rows = "".join(f"Old Mill {number},47.{number:06d},9.5,LI\n" for number in range(20_000))
    (folder / "big.csv").write_text(f"name,latitude,longitude,country_code\n{rows}")
    (folder / "more").mkdir()
    lines = ["image,latitude,longitude"]
    for seed in range(30):
        picture(PLACES["lisbon"][0], seed=1000 + seed).save(folder / "more" / f"{seed}.jpg", quality=90)
        lines.append(f"{seed}.jpg,38.7,-9.1")
    (folder / "more" / "metadata.csv").write_text("\n".join(lines) + "\n")
    return folder, benchmark_folder(photos, folder / "benchmark")


@pytest.fixture
def world(model, gallery, photos, query, sources, monkeypatch, capsys, tmp_path):
    for name in ("SEXTANT_MODEL", "OPENAI_BASE_URL", "SEXTANT_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")

    def run(*args):
        monkeypatch.setattr(sys, "argv", ["sextant", *map(str, args)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    folder, benchmark = sources
    made = World(
        model, gallery, photos, query, benchmark, folder / "big.csv", folder / "more", tmp_path / "run.zip", run
    )
    home = tmp_path / "other"
    assert run("locate", query, *made.asking, "--home", home, "--quiet")[0] == 0
    name = next(list_runs(str(home))).name
    assert run("runs", "export", name, "--out", made.archive, "--photo", "--home", home)[0] == 0
    return made


def do_locate(world: World, place: Path) -> tuple[int, str, str]:
    begun = [run.name for run in list_runs(str(place)) if run.answer() is None]
    again = ["--resume", begun[0], *world.asking[4:]] if begun else [world.query, *world.asking]
    return world.run("locate", *again, "--home", place, "--quiet", "--json")


def do_chat(world: World, place: Path) -> tuple[int, str, str]:
    settings = Settings(
        model="openai:s", base_url=world.model.base_url, gallery=str(world.gallery), verify="density", home=str(place)
    )
    context = ChatContext(settings)
    try:
        sessions = Sessions(str(place))
        if not sessions.exists("s"):
            sessions.create(session="s")
        if sessions.is_interrupted("s"):
            sessions.finish_interrupted("s", context)
        for number, text in enumerate(("where?", "why there?")):
            said = [turn["id"] for turn in sessions.read_state("s").get("turns", [])]
            if f"m{number}" in said:
                continue
            photos = [] if number else [{"sha256": keep(place, world.query), "file": "a.jpg"}]
            message = {"id": f"m{number}", "text": text, "photos": photos, "steer": [], "photo": None}
            with sessions.hold_session("s"):
                sessions.accept("s", message)
                sessions.answer("s", message, context)
    except SextantError as error:
        return 1, "", f"sextant: {error}\n"
    return 0, "", ""


def keep(place: Path, photo: Path) -> str:
    """Store a photo as the chat does."""
    from sextant.app.terminal.repl import ChatRepl

    repl = ChatRepl.__new__(ChatRepl)
    repl.context = ChatContext(Settings(home=str(place)))
    return str(repl._keep(photo)["sha256"])


def do_evaluate(world: World, place: Path) -> tuple[int, str, str]:
    words = ["eval", "run", "folder", "--data", world.benchmark, *world.asking, "--limit", "8"]
    return world.run(*words, "--out", place / "out", "--home", place)


def do_locate_many(world: World, place: Path) -> tuple[int, str, str]:
    call = {"model": "openai:s", "base_url": world.model.base_url, "verify": "density"}
    try:
        found = list(
            sextant.locate_many(
                sorted(world.more.glob("*.jpg"))[:6], gallery=world.gallery, out=place / "out", home=place, **call
            )
        )
    except SextantError as error:
        return 1, "", f"sextant: {error}\n"
    errors = [str(answer.error) for answer in found if answer.error]
    return (1, "", f"sextant: {errors[0]}\n") if errors else (0, "", "")


def do_build(world: World, place: Path) -> tuple[int, str, str]:
    return world.run(
        "gallery", "build", world.photos, "--metadata", world.photos.parent / "metadata.csv", "--out", place / "g"
    )


def do_add(world: World, place: Path) -> tuple[int, str, str]:
    if not (place / "g").exists():
        shutil.copytree(world.gallery, place / "g")
    return world.run("gallery", "add", world.more, "--gallery", place / "g")


def do_places(world: World, place: Path) -> tuple[int, str, str]:
    return world.run("places", "add", world.table, "--home", place)


def do_import(world: World, place: Path) -> tuple[int, str, str]:
    return world.run("runs", "import", world.archive, "--home", place)


def do_export(world: World, place: Path) -> tuple[int, str, str]:
    home = world.archive.parent / "other"
    name = next(list_runs(str(home))).name
    return world.run("runs", "export", name, "--out", place / "run.zip", "--photo", "--home", home)


def check_locate(world: World, place: Path) -> bool:
    return [run.answer()["best"]["country_code"] for run in list_runs(str(place))] == ["PT"]


def check_chat(world: World, place: Path) -> bool:
    turns = Sessions(str(place)).read_state("s")["turns"]
    return [turn["by"] for turn in turns] == ["you", "sextant"] * 2


def check_evaluate(world: World, place: Path) -> bool:
    return len(EvaluationFolder(place / "out").lines()) == 8


def check_locate_many(world: World, place: Path) -> bool:
    lines = [json.loads(line) for line in (place / "out" / "answers.jsonl").read_text().splitlines()]
    return len({line["photo"] for line in lines if "error" not in line["answer"]}) == 6


def count_gallery(world: World, place: Path) -> int:
    return int(json.loads(world.run("gallery", "info", place / "g", "--json")[1])["count"])


def check_build(world: World, place: Path) -> bool:
    return count_gallery(world, place) == 24


def check_add(world: World, place: Path) -> bool:
    return count_gallery(world, place) == 54


def check_places(world: World, place: Path) -> bool:
    return "Old Mill 19999" in world.run("places", "search", "Old Mill 19999", "--home", place)[1]


def check_import(world: World, place: Path) -> bool:
    return check_locate(world, place)


def check_export(world: World, place: Path) -> bool:
    return world.run("runs", "import", place / "run.zip", "--home", place / "again")[0] == 0


WRITERS = {
    "locate": (do_locate, check_locate),
    "chat": (do_chat, check_chat),
    "eval run": (do_evaluate, check_evaluate),
    "locate_many": (do_locate_many, check_locate_many),
    "gallery build": (do_build, check_build),
    "gallery add": (do_add, check_add),
    "places add": (do_places, check_places),
    "runs import": (do_import, check_import),
    "runs export": (do_export, check_export),
}
FINISHED = ("already", "holds", "exists")  # what a second command says of work that was whole the first time


@pytest.mark.parametrize("writer", WRITERS)
def test_a_full_disk_is_one_line_and_the_same_command_finishes(writer, world, disk):
    act, check = WRITERS[writer]
    whole, free = disk.path / "whole", disk.free
    whole.mkdir()
    code, _, told = act(world, whole)
    assert code == 0 and check(world, whole), told
    need = free - disk.free
    shutil.rmtree(whole)
    failed = 0
    for number, share in enumerate(SHARES):
        place = disk.path / f"{number}"
        place.mkdir()
        if writer == "gallery add":
            shutil.copytree(world.gallery, place / "g")
        asked = world.model.count
        disk.leave(int(need * share))
        code, _, told = act(world, place)
        disk.make_room()
        failed += code != 0
        lines = told.strip().splitlines()
        print(f"{writer}, {share:.0%} of {need / 1e6:.1f} MB: {code} {lines[-1][:150] if lines and code else ''}")
        assert code in (0, 1), told
        assert not code or lines[-1].startswith("sextant: "), told
        assert "internal error" not in told and "Traceback" not in told
        made, recorded = world.model.count - asked, count_recorded(place)
        assert made - recorded <= IN_FLIGHT * 4
        code, _, told = act(world, place)
        deadline = time.monotonic() + 60
        while "is answering a message" in told and time.monotonic() < deadline:
            time.sleep(0.5)  # the disk had no room for the end of the hold either: it expires
            code, _, told = act(world, place)
        assert code == 0 or any(word in told for word in FINISHED), told
        assert check(world, place)
        # What the disk took is not paid again.
        again = world.model.count - asked - made
        assert again == (count_recorded(place) - recorded if world.model.count > asked else 0)
        assert not list(place.rglob("*.part"))
        shutil.rmtree(place)
    assert failed >= 2
