"""Datasets of the hub, against a server on loopback that speaks what huggingface_hub asks of one."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gallery.sources.hub import is_dataset
from tests.support.photos import jpeg

COMMIT = "a" * 40
FILES = {
    "meta.csv": b"image,latitude,longitude\nx.jpg,1,2\n",
    "x.jpg": jpeg(1, size=(200, 200)),
    "weights.bin": b"not wanted",
}


class Hub(BaseHTTPRequestHandler):
    cuts = 0  # how many photo downloads still break off in the middle
    asked: list[tuple[str, str | None]] = []  # noqa: RUF012 - shared on purpose: one server, one log

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, body: bool) -> None:
        path = self.path.split("?")[0]
        if path.startswith("/api/datasets/ann/places/tree/"):
            tree = [{"type": "file", "path": name, "size": len(FILES[name]), "oid": "b" * 40} for name in FILES]
            self.reply(json.dumps(tree).encode(), body)
        elif path.startswith("/api/datasets/ann/places"):
            siblings = [{"rfilename": name} for name in FILES]
            self.reply(json.dumps({"id": "ann/places", "sha": COMMIT, "siblings": siblings}).encode(), body)
        elif path.startswith("/datasets/ann/places/resolve/"):
            self.file(path.rsplit("/", 1)[1], body)
        else:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.end_headers()

    def file(self, name: str, body: bool) -> None:
        content, start = FILES[name], 0
        if body:
            Hub.asked.append((name, self.headers.get("Range")))
        if (wanted := self.headers.get("Range")) and wanted.startswith("bytes="):
            start = int(wanted[6:].split("-")[0])
        etag = hashlib.sha256(content).hexdigest()
        headers = {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        cut = body and name == "x.jpg" and Hub.cuts > 0
        Hub.cuts -= cut
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


READ = """
import sys
from gallery.sources.opening import open_source
for _ in range(int(sys.argv[2])):
    records = list(open_source(sys.argv[1]))
print([record.photo.read().hex() for record in records])
"""


@pytest.fixture
def hub(tmp_path):
    """Reads a dataset so many times in a process of its own, whose hub is this server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Hub.asked, Hub.cuts = [], 0
    environment = {
        **os.environ,
        "HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
        "HF_HOME": str(tmp_path / "cache"),
        "HF_HUB_DISABLE_XET": "1",
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }

    def read(name: str, times: int = 1) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", READ, name, str(times)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)

    yield read
    server.shutdown()


def test_names_of_datasets_are_told_from_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").mkdir()
    assert is_dataset("osv5m/osv5m") and is_dataset("hf:osv5m/osv5m")
    assert not is_dataset("../b") and not is_dataset("a/c") and not is_dataset("a/b/c") and not is_dataset("photos")


def test_a_dataset_is_downloaded_once_and_a_broken_download_is_repeated(hub):
    Hub.cuts = 1
    done = hub("ann/places", times=2)
    assert done.stdout.strip() == str([FILES["x.jpg"].hex()]), done.stderr
    # Files come side by side, in any order; and nothing is asked the second time.
    assert sorted(name for name, _ in Hub.asked) == ["meta.csv", "x.jpg", "x.jpg"]


def test_a_dataset_that_is_none_is_refused_with_the_way_out(hub):
    words = hub("ann/nothing").stderr.splitlines()[-1]
    assert "source 'ann/nothing' is neither a path here nor a dataset on the hub" in words
