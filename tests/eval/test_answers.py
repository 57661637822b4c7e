import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sextant.eval.answers import main

PARIS = {"latitude": 48.8566, "longitude": 2.3522}
RAW = {
    "there": '{"lat": 48.8566, "lon": 2.3522}',
    "near": '{"lat": 48.9, "lon": 2.4}',  # 6 km
    "far": '{"lat": 51.5, "lon": -0.1}',  # 340 km
    "refused": "I cannot help with that.",
    "noise": "0.77",
}


def run(path: Path, *options: str) -> Result:
    return CliRunner().invoke(main, [str(path), *options])


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    text = "".join(f"{json.dumps(row)}\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize("name", ["answers.jsonl", "answers.jsonl.gz"])
def test_every_row_is_in_the_denominator(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, [{"model": "m", "raw": raw, **PARIS} for raw in RAW.values()])
    scores = {one["model"]: one for one in json.loads(run(path, "--json").stdout)}
    assert scores["m"]["rows"] == 5
    assert (scores["m"]["answered"], scores["m"]["refused"], scores["m"]["unparsable"]) == (3, 1, 1)
    assert scores["m"]["within_km"] == {"1": 0.2, "25": 0.4, "200": 0.4, "750": 0.6, "2500": 0.6}


def test_models_are_scored_apart_and_together(tmp_path: Path) -> None:
    rows = [{"model": "b", "raw": RAW["there"], **PARIS}, {"file": "a", "raw": RAW["refused"], **PARIS}]
    scores = json.loads(run(write(tmp_path / "x.jsonl", rows), "--json").stdout)
    assert [(one["model"], one["rows"], one["answered"]) for one in scores] == [("a", 1, 0), ("b", 1, 1), ("all", 2, 1)]


def test_the_table_says_how_it_counts(tmp_path: Path) -> None:
    result = run(write(tmp_path / "x.jsonl", [{"model": "m", "raw": RAW["there"], **PARIS}]))
    assert "100.0" in result.stdout
    assert "% of all rows" in result.stdout


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"raw": "x", "latitude": 1, "longitude": 2}\n{"raw"', "line 2"),
        ('{"latitude": 1, "longitude": 2}\n', "line 1: no 'raw'"),
        ('{"raw": "x", "latitude": "north", "longitude": 2}\n', "line 1"),
        ('{"raw": "x", "latitude": 91, "longitude": 2}\n', "(91.0, 2.0)"),
        ("[1]\n", "line 1"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text(text)
    result = run(path)
    assert result.exit_code == 1
    assert result.stderr.startswith("sextant: ")
    assert complaint in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_file_that_is_not_there_or_not_gzip_is_one_clear_line(tmp_path: Path) -> None:
    fake = tmp_path / "fake.jsonl.gz"
    fake.write_text("plain")
    for path in (tmp_path / "none.jsonl", fake):
        result = run(path)
        assert result.exit_code == 1
        assert repr(str(path)) in result.stderr
