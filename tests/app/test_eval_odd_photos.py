"""`sextant eval run` over photos with odd names, and photos that the model's server refuses: each is its own line."""

import csv
import os
import shutil
import threading

import pytest

from sextant.eval.running.folder import EvaluationFolder
from tests.support.cli import sextant
from tests.support.model_script import Fault, Reply, always
from tests.support.model_server import ModelServer

ODD_NAMES = (
    "two\nlines.jpg",
    "\x1b[31mred\x07.jpg",
    "-dash.jpg",
    "--json.jpg",
    "\"quoted\" 'twice'.jpg",
    "comma, semicolon; tab\t.jpg",
    "🗿 Moai ﷽.jpg",
    "x" * 251 + ".jpg",
    "dots..and...jpg",
    "%2e%2e%2fpercent.jpg",
    "=SUM(A1).jpg",
    "plain.jpg",
)
FILTERED = 6  # more in a row than end an evaluation whose server cannot be asked
LISBON = Reply(text='{"latitude": 38.72, "longitude": -9.14, "confidence": 0.7}', usage=(1000, 50))


@pytest.fixture
def data(photos, tmp_path):
    folder = tmp_path / "data"
    (folder / "images").mkdir(parents=True)
    for name, photo in zip(ODD_NAMES, sorted(photos.rglob("*.jpg")), strict=False):
        shutil.copy(photo, folder / "images" / name)
    with (folder / "metadata.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["image", "latitude", "longitude"])
        table.writerows([name, 38.72, -9.14] for name in ODD_NAMES)
        table.writerow(["not there\n.jpg", 38.72, -9.14])
    return folder


def evaluate(data, out, server, home):
    model = ["--model", "openai:scripted", "--base-url", server.base_url, "--price", "0/0"]
    return sextant(
        "eval", "run", "folder", "--data", data, "--out", out, *model, "--max-calls", 1, "--concurrency", 1, home=home
    )


def first_ones_moderated():
    """Refuse the first photos as a moderation does, answer the others."""
    lock, asked_so_far = threading.Lock(), []

    def script(asked):
        with lock:
            asked_so_far.append(1)
            return Fault("moderated") if len(asked_so_far) <= FILTERED else LISBON

    return script


def test_odd_names_and_filtered_photos_are_lines_of_their_own(data, tmp_path):
    out = tmp_path / "run"
    with ModelServer(first_ones_moderated()) as server:
        ran = evaluate(data, out, server, tmp_path / "home")
    assert ran.code == 0, ran.err
    assert "\x1b" not in ran.out + ran.err and "\x07" not in ran.out + ran.err
    lines = EvaluationFolder(out).lines()
    assert set(lines) == {*ODD_NAMES, "not there\n.jpg"}
    outcomes = [line["outcome"] for line in lines.values()]
    assert outcomes.count("filtered") == FILTERED and outcomes.count("failed") == 1
    assert outcomes.count("answered") == len(ODD_NAMES) - FILTERED
    assert lines["not there\n.jpg"]["error"]["kind"] == "missing"
    assert len({line["record"] for line in lines.values()}) == len(lines)
    reported = sextant("eval", "report", out, "--out", tmp_path / "report", home=tmp_path / "home")
    assert reported.code == 0, reported.err
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "content filter" in page and "\x1b" not in page


def test_a_name_that_is_not_utf8_is_a_line_of_its_own(data, photos, tmp_path):
    name = os.fsencode(data / "images") + b"/caf\xe9.jpg"
    try:
        with open(name, "wb") as file:
            file.write(next(photos.rglob("*.jpg")).read_bytes())
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    table = b"image,latitude,longitude\ncaf\xe9.jpg,38.72,-9.14\nplain.jpg,38.72,-9.14\n"  # all of it Latin-1
    (data / "metadata.csv").write_bytes(table)
    with ModelServer(always(LISBON)) as server:
        ran = evaluate(data, tmp_path / "run", server, tmp_path / "home")
    assert ran.code == 0, ran.err
    lines = EvaluationFolder(tmp_path / "run").lines()
    assert {image: line["outcome"] for image, line in lines.items()} == {
        "café.jpg": "answered",
        "plain.jpg": "answered",
    }
