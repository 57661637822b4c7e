"""The commands of the guides run: in order, in a folder that holds what the guide's reader has, against servers here.

`tests/test_docs.py` checks every command's options; `tests/test_tutorials.py` follows the tutorials to the letter. What
cannot run here stands in ``NOT_RUN``, with the reason.
"""

import csv
import gzip
import json
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PIL import Image

from tests.app.test_eval_recorded import ROWS
from tests.support.cli import ROOT, Ran, sextant
from tests.support.map_extract import write_liechtenstein
from tests.support.model_script import PROTOCOLS
from tests.support.model_server import ModelServer
from tests.support.recorded import script
from tests.support.small_gallery import PLACES, hash_of, picture
from tests.test_docs import COMMANDS

# The beginning of a command, and why it is not run.
NOT_RUN = {
    "align train": "trains for minutes over downloaded weights; tests/gallery/alignment trains a small encoder",
    "align measure g3": "needs what `align train` makes; tests/gallery/alignment measures a small encoder",
    "align import": "needs the authors' weights; tests/gallery/alignment imports weights of the same form",
    "gallery build photos --metadata photos.csv --encoder aligned": "needs what `align train` makes",
    "locate photo.jpg --preset g3": "needs the gallery of such an encoder; tests/test_g3_aligned.py locates in one",
    "eval ablate g3-modules": "needs the published weights and data; tests/eval/running/test_plans.py runs the plan",
    "eval ablate plan.yaml": "needs a plan of one's own; tests/eval/running/test_plans.py runs plans",
    "eval fit scored": "needs records with position scores; tests/test_g3_aligned.py makes and fits them",
    "eval recorded scored": "needs records with position scores; tests/test_g3_aligned.py makes and reads them",
    "gallery build images --metadata im2gps3k_places365.csv --encoder onnx": "needs the weights that it names",
    "eval import g3": "needs G3's own output; tests/eval/running/test_prediction_files.py reads files of that form",
    "eval import predictions": "needs others' output; tests/eval/running/test_prediction_files.py reads such files",
    "gallery build my-photos --encoder mean-colour": "needs the plug-in that tests/test_plugins.py installs",
    "locate photo.jpg --model groq": "asks Groq's server; tests/agent/llm/test_langchain_packages.py asks one like it",
    "locate photo.jpg --model openai:gpt-4o --tools": "needs the plug-in that tests/test_plugins.py installs",
    "places add allCountries.zip": "needs GeoNames' files; tests/atlas/gazetteer reads lines of them",
    "places add enwiki-latest": "needs Wikipedia's dump; tests/atlas/gazetteer reads lines of it",
    "locate photo.jpg --model ollama:qwen2.5vl --online": "asks public services; tests/test_online_in_a_run.py",
    "locate photo.jpg --model openai:gpt-4o --online": "asks public services; tests/test_online_in_a_run.py",
    "mcp": "serves until it is stopped; tests/app/test_mcp.py talks to it",
    "serve": "serves until it is stopped; tests/app/web talks to it",
    "chat": "reads from a person; tests/app/test_chat.py and tests/test_tutorials.py type into it",
    "check --json": "needs a case file; tests/app/test_check_command.py makes one",
    "check case.html": "needs a case file; tests/app/test_check_command.py makes one",
    "calibrate": "needs 50 photos and hundreds of replies; tests/app/test_calibrate.py has them",
    "replay RUN --from tools.1:clues-first --set without=2 --set candidate.p17": "names a candidate of another run",
    "eval fit": "needs hundreds of records; tests/eval/fitting has them",
    "eval recorded recorded.jsonl.gz answers": "needs hundreds; tests/app/test_eval_recorded.py",
    "eval recorded answers": "needs hundreds; tests/app/test_eval_recorded.py",
    "eval retrieve": "needs records of its photos; tests/app/test_eval_recorded.py makes them",
    "locate my-photos --gallery my-gallery --out located --track": "needs a track; tests/app/library has one",
}
TUTORIALS = ("archive.md", "benchmark.md", "investigation.md")
RUN_NAME = re.compile(r"\b(?:RUN|20260131-\d\d)\b")
ADDRESS = re.compile(r"https?://[\w.:/-]+")
GUIDES = list(dict.fromkeys(guide for guide, _ in COMMANDS if guide not in TUTORIALS))
KEYS = dict.fromkeys(("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "MISTRAL_API_KEY"), "key-1234567890")
VARIABLES = dict(
    zip(
        PROTOCOLS,
        ("OPENAI_BASE_URL", "OLLAMA_HOST", "ANTHROPIC_BASE_URL", "GOOGLE_GEMINI_BASE_URL", "MISTRAL_BASE_URL"),
        strict=True,
    )
)


def find_reason(line: str) -> str | None:
    """Return why a command is not run; None where it is."""
    return next((why for start, why in NOT_RUN.items() if re.match(rf"{re.escape(start)}(?!\w)", line)), None)


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, str]]:
    """The environment of one scripted server for each provider."""
    with ExitStack() as stack:
        started = {protocol: stack.enter_context(ModelServer(script, protocol)) for protocol in PROTOCOLS}
        yield {**KEYS, **{VARIABLES[protocol]: server.base_url for protocol, server in started.items()}}


@pytest.fixture(scope="module")
def desk(gallery: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the guides name: photos with and without a table, a gallery, an extract, settings."""
    folder = tmp_path_factory.mktemp("desk")
    rows = []
    for name in ("my-photos", "images", "im2gps3k", "Pictures/2025"):
        (folder / name).mkdir(parents=True)
    for place, (colour, latitude, longitude, author) in PLACES.items():
        for number in range(6):
            file = f"{place}-{number}.jpg"
            photo = picture(colour, seed=hash_of(f"docs {file}"))
            photo.save(folder / "images" / file, quality=90)
            photo.save(folder / "my-photos" / file, quality=80)
            album = "Pictures/2025" if number else "Pictures"
            photo.save(folder / album / file, quality=85, exif=write_position(photo, latitude, longitude))
            rows.append((file, author, latitude, longitude))
    with (folder / "im2gps3k_places365.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("IMG_ID", "AUTHOR", "LAT", "LON"), *rows])
    with (folder / "own-list.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("name", "latitude", "longitude"), ("Old Mill", 38.71, -9.13)])
    shutil.copytree(folder / "images", folder / "im2gps3k", dirs_exist_ok=True)
    shutil.copy(folder / "im2gps3k_places365.csv", folder / "im2gps3k")
    picture(PLACES["lisbon"][0], seed=hash_of("another")).save(folder / "photo.jpg")
    for name in ("my-gallery", "gallery", "home/galleries/mine"):
        shutil.copytree(gallery, folder / name)
    with gzip.open(folder / "recorded.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(row)}\n" for row in ROWS)
    write_liechtenstein(folder / "liechtenstein.osm.pbf")
    default = ROOT / "agent" / "verification" / "models" / "default.json"
    for name in ("mine.json", "model.json"):
        shutil.copy(default, folder / name)
    (folder / "mine.yaml").write_text("max_rounds: 1\n")
    (folder / "mine.txt").write_text("Where was this photo taken? Answer with latitude and longitude.")
    (folder / "list.txt").write_text("# two photos\nmy-photos/lisbon-1.jpg\nmy-photos/oslo-2.jpg\n")
    return folder


def write_position(photo: Image.Image, latitude: float, longitude: float) -> Image.Exif:
    """Return EXIF that states a position."""
    exif = photo.getexif()
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "S" if latitude < 0 else "N", (abs(latitude), 0.0, 0.0)
    gps[3], gps[4] = "W" if longitude < 0 else "E", (abs(longitude), 0.0, 0.0)
    return exif


class Reader:
    """Runs a guide's commands in a folder of its own."""

    def __init__(self, folder: Path, servers: dict[str, str]) -> None:
        self.folder, self.home = folder, folder / "home"
        self._env = {**servers, "HOME": str(folder), "SEXTANT_PRICE": "2.5/10"}  # loopback has no known price
        self._servers = servers

    def run(self, *words: str) -> Ran:
        """Run a command; an exported run is imported into the home of somebody else."""
        home = self.folder / "their-home" if words[:2] == ("runs", "import") else self.home
        return sextant(*words, home=home, env=self._env, cwd=self.folder)

    def follow(self, line: str) -> Ran:
        """Run a command as a reader does: with runs of their own, and a new folder for what is built."""
        words = [os.path.join(self.folder, word[2:]) if word.startswith("~/") else word for word in shlex.split(line)]
        self._prepare(words)
        runs = sorted(folder.name for folder in (self.home / "runs").glob("*"))
        names = {"RUN": runs[:1], "OTHER": runs[1:2]}
        words = [(names.get(RUN_NAME.sub("RUN", word)) or [word])[0] for word in words]
        if "--base-url" in words:
            words[words.index("--base-url") + 1] = self._servers[VARIABLES["openai"]]
        return self.run(*words)

    def _prepare(self, words: list[str]) -> None:
        if "--out" in words and words[0] in ("gallery", "locate"):
            shutil.rmtree(self.folder / words[words.index("--out") + 1], ignore_errors=True)
        if RUN_NAME.search(" ".join(words)) and not (self.home / "runs").exists():
            for number in ("1", "2"):
                model = ("--model", "openai:gpt-4o", "--gallery", "my-gallery", "--seed", number)
                assert self.run("locate", "photo.jpg", *model).code == 0
        evaluated = [word for word in words[2:4] if word in ("runs/offline", "runs/a", "runs/b")]
        for name in evaluated if words[0] == "eval" else ():
            if not (self.folder / name).exists():
                asked = ("eval", "run", "im2gps3k", "--data", "im2gps3k", "--gallery", "gallery", "--out", name)
                assert self.run(*asked).code == 0


@pytest.mark.slow
@pytest.mark.parametrize("guide", GUIDES)
def test_the_commands_of_a_guide_run(guide: str, desk: Path, servers: dict[str, str], tmp_path: Path) -> None:
    pytest.importorskip("osmium")
    reader = Reader(shutil.copytree(desk, tmp_path / "desk"), servers)
    lines = [line for of, line in COMMANDS if of == guide and find_reason(line) is None]
    if not lines:
        pytest.skip("every command of it stands in NOT_RUN, with a reason")
    for line in lines:
        if line.startswith("tag ") and not shutil.which("exiftool"):
            continue
        ran = reader.follow(line)
        assert ran.code == 0, f"sextant {line}\n{ran.err}"


def test_only_commands_that_guides_show_are_left_out() -> None:
    """A reason of a command that no guide shows any longer would hide the next one that begins like it."""
    shown = [line for guide, line in COMMANDS if guide not in TUTORIALS]
    unused = [start for start in NOT_RUN if all(find_reason(line) != NOT_RUN[start] for line in shown)]
    assert not unused
