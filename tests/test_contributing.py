"""The worked examples of CONTRIBUTING.md work: they are taken from it and built."""

import csv
import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from sextant.agent.llm import client, spec
from sextant.gallery.build.build import build
from sextant.gallery.encoders.load import load_encoder
from sextant.gallery.store import Gallery

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def example(title):
    """The Python block of a section, as a module."""
    section = TEXT.partition(f"## {title}\n")[2].partition("\n## ")[0]
    module = ModuleType(title.replace(" ", "_"))
    exec(re.search(r"```python\n(.*?)```", section, re.S)[1], module.__dict__)
    return module


def test_the_source_builds_a_gallery(photos, tmp_path):
    with (photos.parent / "metadata.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))[:5]
    named = next(name for name in rows[0] if rows[0][name].endswith(".jpg"))
    told = [
        {"file": str(photos / row[named]), "latitude": float(row["latitude"]), "longitude": float(row["longitude"])}
        for row in rows
    ]
    (tmp_path / "list.json").write_text(json.dumps(told))
    source = example("Add a source of photos").JsonListSource(tmp_path / "list.json")
    build(source, str(tmp_path / "gallery"), load_encoder("builtin"), workers=0)
    assert Gallery.open(str(tmp_path / "gallery"), None).count == 5


def test_the_provider_answers(monkeypatch):
    monkeypatch.setitem(sys.modules, "sextant.agent.llm.providers.echo", example("Add a model provider"))
    for table, value in (
        (spec.KEY_VARIABLES, "ECHO_API_KEY"),
        (spec.ADDRESS_VARIABLES, "ECHO_URL"),
        (spec.DEFAULT_ADDRESSES, "http://127.0.0.1:1"),
    ):
        monkeypatch.setitem(table, "echo", value)
    model = client.load_model("echo:parrot", base_url="http://127.0.0.1:2")
    said = client.complete(model, [{"role": "user", "content": "Where?"}], temperature=0.2)
    assert said.text == "parrot thinks of Lisbon" and said.usage.estimated


@pytest.mark.parametrize("path", [p for p in re.findall(r"`([\w./]+/[\w./-]+)`", TEXT) if "NAME" not in p])
def test_the_files_that_it_names_exist(path):
    assert (ROOT / path).exists(), path


@pytest.mark.parametrize("file", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda file: file.name)
def test_a_workflow_or_form_is_yaml_and_calls_targets_that_exist(file):
    text = file.read_text(encoding="utf-8")
    assert yaml.safe_load(text)
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert set(re.findall(r"\bmake ([a-z]+)", text)) <= targets


def test_the_citation_is_of_this_version():
    told = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M)[1]
    assert told["version"] == project
    assert f"ARG VERSION={project}\n" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
