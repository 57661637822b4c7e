"""docs/recipes.md, row by row, on the requests that a server logged; and the wire against the record and the price."""

import base64
import hashlib
import io
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import pytest
from PIL import Image

from sextant.agent.cost.forecast import forecast
from sextant.agent.recording.cassette import Cassette
from sextant.agent.settings import Settings
from sextant.app.cli import sextant as cli
from sextant.gallery.store import Gallery
from sextant.graphs.runs.folder import find_run
from sextant.graphs.runs.run import locate
from tests.support.model_script import Reply
from tests.support.model_server import ModelServer

GUIDE = Path(__file__).resolve().parents[1] / "docs" / "recipes.md"
ROWS = re.findall(r"^\| (g3|img2loc|street-rag) \| ([^|]+?) \|", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
LISTED = re.compile(r"^\d+\. (-?\d[\d.]*), (-?\d[\d.]*)$", re.MULTILINE)
WIDE = 16_600  # pixels: more than a server takes


def script(asked):
    """Answer each sample with a place of its own and two alternatives; one in seven names none."""
    texts = []
    for number in range(asked.body.get("n", 1)):
        place = {"latitude": 38.0 + number + len(asked.text) / 10_000, "longitude": -9.0}
        others = [{"latitude": -1.0 - number, "longitude": 36.0}, {"latitude": 59.0, "longitude": 10.0 + number}]
        texts.append("I cannot say." if number == 2 else json.dumps({**place, "alternatives": others}))
    return Reply(text=texts[0], more=texts[1:], usage=(900, 25 * len(texts)))


class Logged:
    """One run of a preset with everything the server saw of it."""

    def __init__(self, preset, query, gallery, home, model="openai:gpt-4o", **more):
        with ModelServer(script) as server:
            settings = Settings(
                model=model,
                base_url=server.base_url,
                gallery=gallery and str(gallery),
                home=str(home),
                preset=preset,
                price="2.5/10",
                retries=0,
                **more,
            )
            run = locate(str(query), settings)
        self.settings, self.answer, self.server = settings, run.answer, server
        cassette = Cassette.read(find_run(run.name, str(home)).cassette)
        calls = [call for call in cassette.calls.values() if call.kind == "model"]
        self.recorded = [cassette.expand(call) for call in calls]
        self.scores = [json.loads(call.reply)["scores"] for call in cassette.calls.values() if call.kind == "positions"]
        self.usd = sum(json.loads(call.reply)["usd"] for call in calls)

    @property
    def bodies(self):
        return self.server.requests

    def lists(self):
        """Lines listed in each request, as (similar, dissimilar)."""
        return sorted((len(near), len(far)) for near, far in map(listed_places, self.server.asked))


def listed_places(asked):
    """The positions listed in a request: those of similar and those of dissimilar photos."""
    near, _, far = asked.text.partition("look least alike")
    assert bool(LISTED.findall(near)) == ("look most alike" in near)
    return tuple([(float(a), float(b)) for a, b in LISTED.findall(part)] for part in (near, far))


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    """A photo of more pixels than a preset sends by default."""
    file = tmp_path_factory.mktemp("big") / "big.jpg"
    pixels = np.random.default_rng(3).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    Image.fromarray(pixels).resize((2400, 1600)).save(file, quality=80)
    return file


@pytest.fixture(scope="module")
def runs(gallery, aligned, big, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "sk-test-1234567890")
        home = tmp_path_factory.mktemp("recipes")
        return make_runs(gallery, aligned, big, home)


def make_runs(gallery, aligned, big, home):
    found = {name: Logged(name, big, gallery, home) for name in ("g3", "img2loc", "street-rag")}
    found["llava"] = Logged("g3", big, gallery, home, model="openai:llava-1.6-34b", samples=1)
    found["aligned"] = Logged("g3", big, aligned / "gallery", home)
    found["no gallery"] = Logged("img2loc", big, None, home)
    wide = home / "wide.jpg"
    Image.new("RGB", (WIDE, 64), (90, 120, 60)).save(wide)
    found["wide"] = Logged("img2loc", wide, None, home)
    return found


def find_least_alike(gallery, photo, count):
    """The positions of the gallery's photos whose vectors are farthest from the photo's, over all of them."""
    opened = Gallery.open(str(gallery))
    vector = opened.encoder().encode([Image.open(photo).convert("RGB")])[0]
    rows = opened.photos.to_arrow().to_pylist()
    rows.sort(key=lambda row: float(np.dot(row["vector"], vector)))
    return {(round(row["latitude"], 4), round(row["longitude"], 4)) for row in rows[:count]}


def sent_picture(body):
    """The picture of a request: its bytes and its detail."""
    (block,) = [part for part in body["messages"][1]["content"] if part["type"] == "image_url"]
    return base64.b64decode(block["image_url"]["url"].partition(",")[2]), block["image_url"]["detail"]


def texts_of(messages):
    """The words of a request's messages."""
    return [one["content"][0]["text"] if isinstance(one["content"], list) else one["content"] for one in messages]


def check(recipe, part, runs, gallery, big):
    run = runs[recipe]
    bodies = run.bodies
    if part == "prompts":
        # The small gallery has 24 photos, so near and far may share some.
        wanted = {"g3": [0, 5, 10, 15], "img2loc": [16], "street-rag": [10]}[recipe]
        assert run.lists() == [(count, count) for count in wanted]
    elif part == "samples":
        assert [body.get("n") for body in bodies] == {"g3": [10] * 4}.get(recipe, [None])
    elif part == "kept samples":
        per_variant = Counter(one["variant"] for one in run.answer["candidates"] if one["origin"] == "answer")
        assert set(per_variant.values()) == {5} and len(per_variant) == 4
        kept = {one["sample"] for one in run.answer["candidates"] if one["origin"] == "answer"}
        assert kept == {0, 1, 3, 4, 5}  # the third names no place
    elif part == "temperature" and recipe == "g3":
        assert {body["temperature"] for body in bodies} == {1.2}
        assert {body["temperature"] for body in runs["llava"].bodies} == {0.7}
    elif part == "temperature":
        assert all("temperature" not in body for body in bodies)
    elif part == "answer length":
        assert {body["max_tokens"] for body in bodies} == {{"g3": 200, "img2loc": 300}[recipe]}
    elif part == "picture":
        data, detail = sent_picture(bodies[0])
        size, info = Image.open(io.BytesIO(data)).size, Image.open(io.BytesIO(data)).getexif()
        assert not info
        assert (size, detail) == {"g3": ((1024, 683), "low"), "img2loc": ((2400, 1600), "auto")}[recipe]
        if recipe == "img2loc":
            assert Image.open(io.BytesIO(sent_picture(runs["wide"].bodies[0])[0])).width == 16_384
    elif part == "answer form" and recipe != "street-rag":
        assert all('{"latitude": <latitude>, "longitude": <longitude>}' in asked.text for asked in run.server.asked)
        assert not any("alternatives" in asked.text or "clues" in asked.text for asked in run.server.asked)
    elif part == "answer form":
        assert all("clues" in asked.text for asked in run.server.asked)
    elif part == "candidates":
        assert not any(one["origin"] == "alternative" for one in run.answer["candidates"])
        origins = Counter(one["origin"] for one in runs["aligned"].answer["candidates"])
        assert origins == {"answer": 20, "nearest": 1}
    elif part == "choice":
        assert any(warning["code"] == "not_aligned" for warning in run.answer["warnings"])
        alone = runs["aligned"]
        assert not any(warning["code"] == "not_aligned" for warning in alone.answer["warnings"])
        (scores,) = alone.scores
        assert len(scores) == 21 and alone.answer["candidates"][0]["position_score"] == max(scores)
        best = alone.answer["candidates"][0]
        assert (alone.answer["best"]["latitude"], alone.answer["best"]["longitude"]) == (
            best["latitude"],
            best["longitude"],
        )
    elif part == "failed answers":
        assert run.answer["outcomes"]["answered"] == 36
        assert not any(one["latitude"] == one["longitude"] == 0 for one in run.answer["candidates"])
    elif part == "without retrieval":
        (asked,) = runs["no gallery"].server.asked
        assert runs["no gallery"].lists() == [(0, 0)]
        assert "Say where this photo was taken." in asked.text and "given for reference" not in asked.text
        assert '{"latitude": <latitude>, "longitude": <longitude>}' in asked.text
    elif part == "farthest":
        (asked,) = run.server.asked
        _, far = listed_places(asked)
        assert set(far) == find_least_alike(gallery, big, 16)
    else:
        raise AssertionError(f"no check of {recipe}, {part}")


@pytest.mark.parametrize(("recipe", "part"), ROWS)
def test_a_row_of_the_table_holds_on_the_wire(recipe, part, runs, gallery, big):
    check(recipe, part, runs, gallery, big)


def test_the_table_has_every_recipe():
    assert {recipe for recipe, _ in ROWS} == {"g3", "img2loc", "street-rag"} and len(ROWS) > 20


@pytest.mark.parametrize("name", ["g3", "img2loc", "street-rag", "llava"])
def test_what_is_sent_is_what_is_recorded_and_what_is_priced(name, runs):
    run = runs[name]
    said = {json.dumps(texts_of(request["messages"])): request for request in run.recorded}
    for body in run.bodies:
        recorded = said[json.dumps(texts_of(body["messages"]))]
        data, detail = sent_picture(body)
        (picture,) = [block for block in recorded["messages"][1]["content"] if block["type"] == "image"]
        assert hashlib.sha256(data).hexdigest() == picture["sha256"]
        assert detail == (recorded["image_detail"] or "auto")
        assert body.get("temperature") == recorded["temperature"]
        assert body["max_tokens"] == recorded["max_output_tokens"]
        assert body.get("n", 1) == len(recorded.get("together", [0]))
    paid = sum((900 * 2.5 + 25 * body.get("n", 1) * 10) / 1e6 for body in run.bodies)
    assert run.usd == pytest.approx(paid) == run.answer["spent"]["usd"]
    foreseen = forecast(run.settings)["first_round"]
    assert foreseen["requests"] == len(run.bodies) and foreseen["calls"] == run.answer["spent"]["calls"]


@pytest.mark.parametrize(("nearest", "farthest"), [(7, 3), (16, 0), (1, 16)])
def test_counts_of_near_and_far_reach_the_request_and_the_forecast(nearest, farthest, gallery, big, tmp_path, keys):
    run = Logged("img2loc", big, gallery, tmp_path, nearest=nearest, farthest=farthest)
    assert run.lists() == [(nearest, farthest)]
    usual = forecast(replace(run.settings, nearest=None, farthest=None))["first_round"]["input_tokens"]
    assert forecast(run.settings)["first_round"]["input_tokens"] < usual  # the preset lists 16 and 16


@pytest.mark.parametrize("command", ["locate", "serve", "eval run"])
def test_the_counts_are_options_of_every_command_that_runs_a_preset(command):
    group, _, name = command.rpartition(" ")
    found = cli.get_command(click.Context(cli), group or name)
    found = found.get_command(click.Context(found), name) if group else found
    assert {"--nearest", "--farthest"} <= {option for parameter in found.params for option in parameter.opts}
