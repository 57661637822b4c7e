"""The public API: what it returns, what it refuses, and that it works where notebooks call it."""

import asyncio
import json
import subprocess
import sys

import pytest

import sextant
from sextant.base.errors import MissingPackage, WrongUse
from sextant.graphs.runs.folder import list_runs
from tests.support.model_script import Fault, always
from tests.support.model_server import ModelServer


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SEXTANT_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def answer(gallery, query, tmp_path_factory):
    return sextant.locate(query, gallery=gallery, home=tmp_path_factory.mktemp("home"))


def test_every_public_name_exists_and_is_documented():
    for name in sextant.__all__:
        assert getattr(sextant, name) is not None
        assert name in ("__version__", "graph") or getattr(sextant, name).__doc__, name
    assert set(dir(sextant)) == set(sextant.__all__)


def test_an_unknown_name_is_an_attribute_error_that_lists_the_names():
    with pytest.raises(AttributeError, match="locate_many"):
        sextant.find  # noqa: B018


def test_importing_sextant_imports_nothing_heavy():
    code = "import sextant, sys; print(json.dumps(sorted(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", f"import json; {code}"], capture_output=True, text=True, check=True)
    heavy = {"numpy", "langgraph", "pydantic", "torch", "scipy", "PIL", "click", "lancedb"}
    assert not heavy & set(json.loads(loaded.stdout))


def test_an_answer_has_place_probability_region_and_run(answer, query):
    assert answer.document["best"]["latitude"] == answer.latitude
    assert answer.place.endswith("Portugal") and answer.photo == str(query)
    assert set(answer.probability) == {1, 25, 200, 750, 2500}
    assert answer.region(0.5).contains(answer.latitude, answer.longitude)
    assert answer.region(0.9).area_km2 >= answer.region(0.5).area_km2
    assert answer.region(0.9).to_geojson()["type"] in ("Polygon", "MultiPolygon")
    assert answer.run in sextant.replay(answer).run
    assert str(query) in repr(answer)


@pytest.mark.parametrize("share", [0.8, 90, "0.9", float("nan"), None])
def test_a_region_of_another_probability_is_refused(answer, share):
    with pytest.raises(WrongUse, match=r"0\.5 and 0\.9"):
        answer.region(share)


def test_a_notebook_shows_map_and_evidence_and_fetches_nothing(answer):
    shown = answer._repr_html_()
    assert "data:image/svg+xml;base64," in shown and answer.headline in shown
    assert not any(word in shown for word in ("http:", "https:", "<script", "<link", "@import", "url("))


def test_a_hostile_text_is_escaped_in_a_notebook(answer):
    hostile = "<img src=x onerror=alert(1)>"
    document = {**answer.document, "claims": [{"text": hostile, "source": "seen", "call": "x"}]}
    document["warnings"] = [{"code": "other", "text": hostile}]
    shown = sextant.Answer(document)._repr_html_()
    assert "<img src=x" not in shown and shown.count("&lt;img src=x") == 2


def test_a_fork_is_a_run_of_its_own_and_a_replay_is_the_same(answer):
    assert sextant.replay(answer).document == answer.document
    with pytest.warns(sextant.SextantWarning, match="not calibrated"):
        fork = sextant.replay(answer.run, set={"verify": "density", "keep_samples": None}, home=answer.home)
    assert fork.run != answer.run and fork.document["warnings"]


def test_it_works_inside_a_running_loop_and_alocate_leaves_the_loop_free(gallery, query):
    async def both():
        beats = 0

        async def beat():
            nonlocal beats
            while True:
                await asyncio.sleep(0.001)
                beats += 1

        ticking = asyncio.ensure_future(beat())
        first = await sextant.alocate(query, gallery=gallery)
        ticking.cancel()
        return first, sextant.locate(query, gallery=gallery), beats

    first, second, beats = asyncio.run(both())
    assert first.best == second.best and beats > 0


def test_a_cancelled_task_ends_its_run(query):
    async def cancelled(server):
        task = asyncio.ensure_future(sextant.alocate(query, model="openai:gpt-4o", base_url=server.base_url))
        while not server.asked:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with ModelServer(always(Fault("hang", seconds=60))) as server:
        asyncio.run(cancelled(server))
    ended = [folder.record() for folder in list_runs(None)]
    assert [record["status"] for record in ended] == ["done"] and ended[0]["summary"]["stop"] == "stopped"


def test_warnings_are_python_warnings(gallery, query):
    with pytest.warns(sextant.SextantWarning, match="candidates"):
        found = sextant.locate(query, gallery=gallery, verify="density")
    assert found.warnings


def test_progress_comes_as_events(gallery, query):
    events = []
    sextant.locate(query, gallery=gallery, on_event=events.append)
    assert "answer" in [event["step"] for event in events]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"max_usd": float("nan")}, "max_usd is nan; it must be a finite number"),
        ({"max_calls": 0}, "max_calls is 0; it must be at least 1"),
        ({"modle": "offline"}, "did you mean 'model'"),
        ({"samples": "many"}, "samples"),
        ({"precision": "metre"}, "country, region, city, street"),
        ({"model": "nobody:x"}, "nobody"),
        ({"tools": ["telescope"]}, "telescope"),
        ({"gallery": "no-such-gallery"}, "no-such-gallery"),
        ({"preset": "best"}, "best"),
    ],
)
def test_a_wrong_setting_is_named_as_the_caller_wrote_it(gallery, query, settings, words):
    with pytest.raises(sextant.SextantError, match=words) as refused:
        sextant.locate(query, **{"gallery": gallery, **settings})
    assert "\n" not in str(refused.value)


def test_a_folder_a_missing_file_and_bytes_are_refused(photos):
    for photo, words in ((photos, "locate_many"), ("no.jpg", "does not exist"), (b"\xff\xd8", "path")):
        with pytest.raises(sextant.SextantError, match=words):
            sextant.locate(photo)


def test_without_pandas_the_error_names_the_way_out(answer, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingPackage, match="pip install pandas"):
        sextant.to_dataframe([answer])


def test_a_gallery_searches_and_is_taken_as_gallery(gallery, query):
    opened = sextant.Gallery.open(gallery)
    found = opened.search(query, k=3)
    assert [item.country_code for item in found] == ["PT"] * 3 and len(opened) == 24
    assert opened.search(query, k=1, farthest=True)[0].similarity < found[0].similarity
    assert sextant.locate(query, gallery=opened).latitude is not None
    for k in (0, 2.5, True):
        with pytest.raises(WrongUse, match="k is"):
            opened.search(query, k=k)


@pytest.mark.parametrize("position", [(91, 0), (0, 181), (float("nan"), 0), ("north", 0), (None, 0)])
def test_a_position_that_is_none_is_refused(position):
    with pytest.raises(sextant.SextantError, match="degrees"):
        sextant.where(*position)


def test_the_graph_runs_as_it_is(gallery, query):
    state = sextant.graph.invoke({"path": str(query)}, context=sextant.Settings(gallery=str(gallery)))
    assert state["answer"]["best"]["country_code"] == "PT"
