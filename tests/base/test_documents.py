"""The answer's type: the published schema is made from it, recorded answers fit it, mypy finds a misspelt key."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from sextant.agent.privacy.precision import load_policy
from sextant.agent.privacy.view import view_answer
from sextant.base.documents.schema import make_answer_schema
from tests.support.cli import ROOT, sextant
from tests.support.record import RECORDINGS

CLOSED = jsonschema.Draft202012Validator(make_answer_schema(closed=True))


def list_objections(answer):
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message}" for error in CLOSED.iter_errors(answer)]


def test_the_published_schema_is_that_of_today():
    published = json.loads(Path(ROOT, "docs", "answer.schema.json").read_text(encoding="utf-8"))
    assert published == make_answer_schema(), "run: python scripts/answer_schema.py"
    jsonschema.Draft202012Validator.check_schema(published)


@pytest.mark.parametrize("file", sorted(RECORDINGS.glob("*/answer.json")), ids=lambda file: file.parent.name)
def test_a_recorded_answer_has_every_key_of_the_type_and_no_other(file):
    assert list_objections(json.loads(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("cap", ["country", "region", "city", "street"])
def test_a_capped_answer_fits_too(cap):
    for file in RECORDINGS.glob("*/answer.json"):
        shown = view_answer(json.loads(file.read_text(encoding="utf-8")), load_policy(cap))
        assert list_objections(json.loads(json.dumps(shown))) == [], file


@pytest.mark.parametrize("options", [(), ("--full", "--precision", "city")])
def test_what_the_command_prints_fits_the_schema(gallery, query, tmp_path, options):
    ran = sextant("locate", query, "--gallery", gallery, "--json", *options, home=tmp_path / "home")
    assert list_objections(ran.json) == []


def test_the_schema_can_object():
    answer = json.loads((RECORDINGS / "default" / "answer.json").read_text(encoding="utf-8"))
    assert list_objections({**answer, "probabillity": {}})
    assert list_objections({**answer, "best": {**answer["best"], "latitude": "north"}})


def test_mypy_finds_a_misspelt_key_of_an_answer(tmp_path):
    house = tmp_path / "house" / "sextant"
    house.mkdir(parents=True)
    (house / "__init__.py").write_text("")
    (house / "base").symlink_to(ROOT / "base")
    code = tmp_path / "reader.py"
    code.write_text(
        "from sextant.base.documents.answer import Answer\n\n\n"
        "def right(answer: Answer) -> str:\n    return answer['stop']\n\n\n"
        "def wrong(answer: Answer) -> object:\n    return answer['probabillity']\n\n\n"
        "def deeper(answer: Answer) -> object:\n    return answer['photo']['widht']\n"
    )
    ran = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-incremental", "--config-file", os.devnull, str(code)],
        env={**os.environ, "MYPYPATH": str(tmp_path / "house")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert 'no key "probabillity"' in ran.stdout and 'no key "widht"' in ran.stdout
    assert "Found 2 errors" in ran.stdout
