"""Datasets of the hub, against a server on loopback that speaks what huggingface_hub asks of one."""

import hashlib
import io
import json
import os
import random
import subprocess
import sys
import tarfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sextant.gallery.sources.hub import is_dataset
from tests.support.photos import jpeg

COMMIT = "a" * 40
PHOTO = jpeg(1, size=(200, 200))
META = b"image,latitude,longitude\nx.jpg,1,2\n"


def archive() -> bytes:
    """A tar of one photo and 24 MB beside it: huggingface_hub writes what has come in pieces of 10 MB."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for name, data in (("x.jpg", PHOTO), ("notes.bin", random.Random(1).randbytes(24 * 1024**2))):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return content.getvalue()


ARCHIVE = archive()
FILES = {
    "ann/places": {"meta.csv": META, "x.jpg": PHOTO, "weights.bin": b"not wanted"},
    "ann/large": {"meta.csv": META, "photos.tar": ARCHIVE},
}
LARGE = 8 * 1024**2  # what the hub keeps with Git LFS here


class Hub(BaseHTTPRequestHandler):
    cuts = 0  # how many downloads of photos or archives still break off in the middle
    wrong = False  # whether archives come with a byte changed
    asked: list[tuple[str, str | None]] = []  # noqa: RUF012 - shared on purpose: one server, one log

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, body: bool) -> None:
        path = self.path.split("?")[0]
        name = next((name for name in FILES if name in path), None)
        if name is None:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.end_headers()
        elif path.startswith(f"/api/datasets/{name}/tree/"):
            tree = [
                {"type": "file", "path": file, "oid": "b" * 40, "size": len(FILES[name][file])} for file in FILES[name]
            ]
            self.reply(json.dumps(tree).encode(), body)
        elif path.startswith("/api/datasets/"):
            siblings = [described(file, content) for file, content in FILES[name].items()]
            self.reply(json.dumps({"id": name, "sha": COMMIT, "siblings": siblings}).encode(), body)
        else:
            file = path.rsplit("/", 1)[1]
            self.file(file, FILES[name][file], body)

    def file(self, name: str, content: bytes, body: bool) -> None:
        start, wanted = 0, self.headers.get("Range")
        if body:
            Hub.asked.append((name, wanted))
        if wanted and wanted.startswith("bytes="):
            start = int(wanted[6:].split("-")[0])
        headers = {
            "ETag": f'"{hashlib.sha256(content).hexdigest()}"',
            "X-Repo-Commit": COMMIT,
            "Accept-Ranges": "bytes",
        }
        cut = body and name in ("x.jpg", "photos.tar") and Hub.cuts > 0
        Hub.cuts -= cut
        if Hub.wrong and name == "photos.tar":
            content = content[:-1] + b"?"
        self.reply(content[start:], body, headers, 206 if start else 200, half=cut)

    def reply(
        self, content: bytes, body: bool, headers: dict[str, str] | None = None, code: int = 200, half: bool = False
    ) -> None:
        self.send_response(code)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content[: len(content) // 2] if half else content)


def described(name: str, content: bytes) -> dict[str, object]:
    """A file as the hub lists it; only large ones have a SHA-256."""
    large = {"lfs": {"size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "pointerSize": 130}}
    return {"rfilename": name, "size": len(content), **(large if len(content) >= LARGE else {})}


READ = """
import sys
from sextant.gallery.sources.recognise import open_source
for _ in range(int(sys.argv[2])):
    records = list(open_source(sys.argv[1]))
print([record.photo.read().hex() for record in records if hasattr(record, "photo")])
"""


@pytest.fixture
def hub(tmp_path):
    """Starts a process that reads a dataset several times, and whose hub is this server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Hub.asked, Hub.cuts, Hub.wrong = [], 0, False
    environment = {
        **os.environ,
        "HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
        "HF_HOME": str(tmp_path / "cache"),
        "HF_HUB_DISABLE_XET": "1",
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }

    def start(name: str, times: int = 1) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", READ, name, str(times)]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    yield start
    server.shutdown()


def finished(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What it printed, and what it complained of."""
    printed, complaints = process.communicate(timeout=120)
    return printed.strip(), complaints


def test_names_of_datasets_are_told_from_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").mkdir()
    assert is_dataset("osv5m/osv5m") and is_dataset("hf:osv5m/osv5m")
    assert not is_dataset("../b") and not is_dataset("a/c") and not is_dataset("a/b/c") and not is_dataset("photos")


def test_a_dataset_is_downloaded_once_and_a_broken_download_is_repeated(hub):
    Hub.cuts = 1
    printed, complaints = finished(hub("ann/places", times=2))
    assert printed == str([PHOTO.hex()]), complaints
    # Files come side by side, in any order; and nothing is asked the second time.
    assert sorted(name for name, _ in Hub.asked) == ["meta.csv", "x.jpg", "x.jpg"]


def test_a_large_file_goes_on_where_its_download_broke_off(hub):
    Hub.cuts = 1
    printed, complaints = finished(hub("ann/large", times=2))
    assert printed == str([PHOTO.hex()]), complaints
    first, second = [wanted for name, wanted in Hub.asked if name == "photos.tar"]
    assert first is None and second not in (None, "bytes=0-")


@pytest.mark.kill
def test_a_large_file_goes_on_after_the_download_was_killed(hub, tmp_path):
    Hub.cuts = 99
    killed = hub("ann/large")
    deadline = time.monotonic() + 60
    while not (parts := [part for part in tmp_path.rglob("*.part") if part.stat().st_size]):
        assert time.monotonic() < deadline and killed.poll() is None
        time.sleep(0.02)
    killed.kill()
    killed.communicate()
    there = parts[0].stat().st_size
    Hub.cuts, Hub.asked = 0, []
    printed, complaints = finished(hub("ann/large"))
    assert printed == str([PHOTO.hex()]), complaints
    assert [wanted for name, wanted in Hub.asked if name == "photos.tar"] == [f"bytes={there}-"]
    assert not list(tmp_path.rglob("*.part"))


def test_a_large_file_that_came_wrong_is_not_kept(hub, tmp_path):
    Hub.wrong = True
    _, complaints = finished(hub("ann/large"))
    assert "arrived with SHA-256" in complaints.splitlines()[-1] and not list(tmp_path.rglob("*.part"))
    Hub.wrong = False
    assert finished(hub("ann/large"))[0] == str([PHOTO.hex()])


def test_a_dataset_that_is_none_is_refused_with_the_way_out(hub):
    _, complaints = finished(hub("ann/nothing"))
    assert "source 'ann/nothing' is neither a local path nor a dataset on the hub" in complaints.splitlines()[-1]
