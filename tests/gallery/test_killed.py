"""Builds that are killed: real processes, real SIGKILL, at random moments."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sextant.gallery.build.build import build
from sextant.gallery.database import connect
from sextant.gallery.sources.recognise import open_source
from tests.support.encoders import ThumbnailEncoder
from tests.support.photos import photo_folder

pytestmark = pytest.mark.kill

PHOTOS = 120
SLOW = """
import sys
from sextant.gallery.build import pipeline as filling
from sextant.gallery.encoders import spec
spec.BATCH, filling._COMMIT_ROWS = 8, 8
from sextant.gallery.build.build import build
from sextant.gallery.sources.recognise import open_source
from tests.support.encoders import ThumbnailEncoder
import time

class Slow(ThumbnailEncoder):
    def encode_prepared(self, prepared):
        time.sleep(0.05)
        return super().encode_prepared(prepared)

if __name__ == "__main__":
    encoder = Slow()
    report = build(open_source(sys.argv[1]), sys.argv[2], encoder, workers=int(sys.argv[3]))
    print([report.count, report.resumed_from, encoder.encoded])
"""


def started(script: Path, *arguments: str) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    command = [sys.executable, str(script), *arguments]
    environment = {"PYTHONPATH": str(root), "PATH": "", "LANCEDB_LOG": "error"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def rows(path: Path) -> list[dict[str, object]]:
    return connect(str(path)).open_table("photos").to_arrow().to_pylist()


def commits(path: Path) -> int:
    return len(list((path / "photos.lance" / "data").glob("*.lance")))


def test_a_killed_build_ends_with_the_same_rows(tmp_path: Path):
    photos = photo_folder(tmp_path / "photos", [(n / 2, n) for n in range(1, PHOTOS + 1)])
    script = tmp_path / "build.py"
    script.write_text(SLOW)
    killed = tmp_path / "killed"
    chance = random.Random(3)
    for _ in range(2):
        process = started(script, str(photos), str(killed), "0")
        enough = commits(killed) + chance.randint(1, 4)
        while commits(killed) < enough and process.poll() is None:
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.06))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    last, words = started(script, str(photos), str(killed), "0").communicate(timeout=120)
    count, resumed_from, encoded = json.loads(last)
    assert count == PHOTOS and 0 < resumed_from == PHOTOS - encoded, words
    build(open_source(str(photos)), str(tmp_path / "whole"), ThumbnailEncoder())
    assert rows(killed) == rows(tmp_path / "whole")


def test_decode_processes_end_with_the_build_that_is_killed(tmp_path: Path):
    photos = photo_folder(tmp_path / "photos", [(n / 2, n) for n in range(1, PHOTOS + 1)])
    script = tmp_path / "build.py"
    script.write_text(SLOW)
    process = started(script, str(photos), str(tmp_path / "g"), "2")
    deadline = time.monotonic() + 60
    while not (children := _children(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    process.communicate()
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert children and not [child for child in children if Path(f"/proc/{child}").exists()]


def _children(parent: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
