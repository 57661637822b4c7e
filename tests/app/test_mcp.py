"""`sextant mcp`, asked by the official client: in this process, over HTTP, and over standard input and output."""

import asyncio
import base64
import contextlib
import io
import json
import sys
import threading
import time

import anyio
import httpx2
import pytest
import uvicorn
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from PIL import Image

from sextant.agent.privacy.precision import load_policy
from sextant.agent.settings import Settings
from sextant.app.mcp_server.server import make_server
from sextant.app.mcp_server.service import ToolService
from sextant.app.mcp_server.serving import make_application, make_rules
from sextant.base.errors import WrongUse
from sextant.graphs.chat import ChatContext
from sextant.graphs.runs.folder import list_runs
from sextant.graphs.runs.replay import replay
from tests.support.model_server import ModelServer
from tests.support.recorded import script, settings_for

TOKEN = "a-token-of-16-letters"
TOOLS = {"locate", "where", "find_place", "map_search", "gallery_search", "explain_run"}


@pytest.fixture(scope="module")
def settings(gallery, tmp_path_factory):
    return Settings(gallery=str(gallery), home=str(tmp_path_factory.mktemp("mcp")), preset="offline", model="offline")


def ask(service, *calls, **options):
    """Make tool calls of a client in this process; their results."""

    async def work():
        async with Client(make_server(service)) as client:
            return [await client.call_tool(name, args, **options) for name, args in calls]

    return asyncio.run(work())


def read(service, *addresses):
    """Read resources; an error's text stands for a refused one."""

    async def read_one(client, address):
        try:
            return (await client.read_resource(address)).contents[0]
        except MCPError as error:
            return str(error)

    async def work():
        async with Client(make_server(service)) as client:
            return [await read_one(client, address) for address in addresses]

    return asyncio.run(work())


def pictures(result):
    return [Image.open(io.BytesIO(base64.b64decode(block.data))) for block in result.content if block.type == "image"]


@pytest.fixture(scope="module")
def located(settings, query):
    """A server of this process and what it said of the query."""
    service, heard = ToolService(ChatContext(settings)), []

    async def progress(done, total, message):
        heard.append((done, message))

    (result,) = ask(service, ("locate", {"photo": str(query)}), progress_callback=progress)
    return service, result, heard


def test_a_photo_is_located_with_progress_and_a_picture(located):
    _, result, heard = located
    assert not result.is_error
    answer = result.structured_content["answer"]
    assert answer["best"]["country_code"] == "PT"
    assert "Portugal" in result.content[0].text
    assert sorted(done for done, _ in heard) == list(range(1, len(heard) + 1))
    assert any("looking for similar" in message for _, message in heard)
    (sheet,) = pictures(result)
    assert sheet.width > 300


def test_a_run_is_explained_and_read_as_a_resource(located):
    service, result, _ = located
    run = result.structured_content["answer"]["run"]
    (told,) = ask(service, ("explain_run", {"run": run}))
    assert told.structured_content["verdicts"] and "home" not in told.structured_content["settings"]
    listed, answer, picture = read(
        service, "sextant://runs", f"sextant://runs/{run}/answer", f"sextant://runs/{run}/picture"
    )
    assert run in [one["run"] for one in json.loads(listed.text)]
    assert json.loads(answer.text)["best"] == result.structured_content["answer"]["best"]
    assert Image.open(io.BytesIO(base64.b64decode(picture.blob))).format == "JPEG"


def test_single_things_are_looked_up(located, query):
    service = located[0]
    place, town, photos, unknown, no_map = ask(
        service,
        ("where", {"latitude": 48.86, "longitude": 2.35}),
        ("find_place", {"name": "Lisbon", "country": "PT"}),
        ("gallery_search", {"photo": str(query), "count": 3}),
        ("find_place", {"name": "Xyzzyplugh"}),
        ("map_search", {"query": "church"}),
    )
    assert place.structured_content["country_code"] == "FR"
    assert "38.7" in town.content[0].text
    assert len(photos.structured_content["photos"]) == 3 and pictures(photos)
    assert not {"uri", "id", "author"} & photos.structured_content["photos"][0].keys()
    assert unknown.is_error and "no place like" in unknown.content[0].text
    assert no_map.is_error and "no map has been added" in no_map.content[0].text


def test_a_precision_cap_holds_for_every_tool(settings, located, query):
    run = located[1].structured_content["answer"]["run"]
    service = ToolService(ChatContext(settings, policy=load_policy("country")))
    answer, place, photos, told = ask(
        service,
        ("locate", {"photo": str(query)}),
        ("where", {"latitude": 38.7139, "longitude": -9.1394}),
        ("gallery_search", {"photo": str(query), "count": 3}),
        ("explain_run", {"run": run}),
    )
    shown = answer.structured_content["answer"]
    assert shown["best"]["place"] is None and shown["precision"]["cap"] == "country"
    assert not pictures(answer) and not pictures(photos)
    assert "Lisbon" not in str(answer) + str(place) + str(photos) + str(told)
    assert "withheld" in read(service, f"sextant://runs/{run}/picture")[0]


def test_model_calls_end_with_the_budget(settings, query):
    service = ToolService(ChatContext(settings, max_calls=1))
    first, second = ask(service, *[("locate", {"photo": str(query)})] * 2)
    assert not first.is_error
    assert second.is_error and "model calls are used up" in second.content[0].text


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({}, "give either photo"),
        ({"data": "%%%"}, "not base64"),
        ({"photo": "/nowhere/x.jpg"}, "does not exist"),
        ({"data": base64.b64encode(b"no picture").decode()}, ""),
    ],
)
def test_bad_photos_are_one_line_of_error(located, args, words):
    (result,) = ask(located[0], ("locate", args))
    assert result.is_error and words in result.content[0].text and "\n" not in result.content[0].text


@contextlib.contextmanager
def serve(service):
    """Serve over real HTTP on loopback; its address."""
    config = uvicorn.Config(make_application(service, make_rules("127.0.0.1", TOKEN)), port=0, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/mcp"
    finally:
        server.should_exit = True
        thread.join(10)
        service.close()


@pytest.fixture
def address(settings):
    """The address of a real HTTP server."""
    with serve(ToolService(ChatContext(settings), remote=True)) as url:
        yield url


def test_a_photo_is_sent_over_http_behind_a_token(address, query, located):
    other = located[1].structured_content["answer"]["run"]

    async def work():
        over = httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)
        async with over, Client(streamable_http_client(address, http_client=over)) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            data = base64.b64encode(query.read_bytes()).decode()
            found = await client.call_tool("locate", {"data": data})
            by_path = await client.call_tool("locate", {"photo": str(query)})
            foreign = await client.call_tool("explain_run", {"run": other})
            return names, found, by_path, foreign

    names, found, by_path, foreign = asyncio.run(work())
    assert names == TOOLS
    answer = found.structured_content["answer"]
    assert answer["best"]["country_code"] == "PT" and answer["photo"]["path"] is None
    assert by_path.is_error and "does not read files" in by_path.content[0].text
    assert foreign.is_error and "was made here" in foreign.content[0].text
    with httpx2.Client() as plain:
        assert plain.post(address, json={}).status_code == 401
        assert plain.post(address, json={}, headers={"Authorization": "Bearer wrong"}).status_code == 401
        foreign_host = {"Authorization": f"Bearer {TOKEN}", "Host": "evil.example"}
        assert plain.post(address, json={}, headers=foreign_host).status_code == 421


@pytest.fixture
def slow_model(monkeypatch):
    """A model that takes a while, so that a run can be interrupted in the middle of its calls."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-1234567890")
    with ModelServer(script, latency_s=4.0) as model:
        yield model


async def locate_and_leave(client, model, args):
    """Start to locate, and cancel the call once the model has been asked."""
    with anyio.CancelScope() as scope:

        async def leave():
            while not model.count:
                await anyio.sleep(0.02)
            scope.cancel()

        async with anyio.create_task_group() as group:
            group.start_soon(leave)
            raise AssertionError(await client.call_tool("locate", args))
    assert scope.cancelled_caught


def wait_for_end(home):
    """The only run of a home, once it has ended."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        runs = list(list_runs(str(home)))
        if runs and runs[0].record()["status"] != "running":
            return runs[0]
        time.sleep(0.05)
    raise AssertionError("the run did not end")


def check_stopped(home, model):
    """A cancelled run is whole: it has an answer, replays from its recording, and nothing is asked any more."""
    (run,) = [wait_for_end(home)]
    asked = model.count
    answer = run.answer()
    assert answer["stop"] == "stopped" and answer["spent"]["calls"] == asked == 4, "the first round, and no call after"
    assert replay(run, home=str(home)).answer == answer
    assert model.count == asked
    return answer


def test_a_cancelled_call_over_http_ends_its_run_and_frees_its_budget(slow_model, gallery, query, tmp_path):
    settings = settings_for(slow_model, gallery, tmp_path, preset="default")
    service = ToolService(ChatContext(settings, max_calls=20), remote=True)
    data = base64.b64encode(query.read_bytes()).decode()

    async def work(address):
        over = httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)
        async with over, Client(streamable_http_client(address, http_client=over)) as client:
            await locate_and_leave(client, slow_model, {"data": data})
            await anyio.to_thread.run_sync(wait_for_end, tmp_path)
            place = await client.call_tool("where", {"latitude": 48.86, "longitude": 2.35})
            listed = await client.read_resource("sextant://runs")
            return place, json.loads(listed.contents[0].text)

    with serve(service) as address:
        place, listed = asyncio.run(work(address))
        answer = check_stopped(tmp_path, slow_model)
        assert service.calls == answer["spent"]["calls"], "what the run did not use is free again"
    assert place.structured_content["country_code"] == "FR"
    assert [(one["status"], one["stop"]) for one in listed] == [("done", "stopped")]


def test_a_client_that_goes_away_ends_its_run(slow_model, gallery, query, tmp_path):
    service = ToolService(ChatContext(settings_for(slow_model, gallery, tmp_path)), remote=True)
    data = base64.b64encode(query.read_bytes()).decode()

    async def work(address):
        over = httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)
        with anyio.CancelScope() as scope:
            async with (
                over,
                Client(streamable_http_client(address, http_client=over)) as client,
                anyio.create_task_group() as group,
            ):
                group.start_soon(client.call_tool, "locate", {"data": data})
                while not slow_model.count:
                    await anyio.sleep(0.02)
                scope.cancel()  # everything at once, the connection too

    with serve(service) as address:
        asyncio.run(work(address))
        check_stopped(tmp_path, slow_model)


@pytest.mark.slow
@pytest.mark.parametrize("leaves", ["cancels", "disconnects"])
def test_over_standard_input_a_cancel_or_a_closed_pipe_ends_the_run(leaves, slow_model, gallery, query, tmp_path):
    args = ["--gallery", str(gallery), "--home", str(tmp_path), "--model", "openai:scripted", "--verify", "density"]
    command = ["-m", "sextant.app", "mcp", *args, "--base-url", slow_model.base_url]
    server = StdioServerParameters(command=sys.executable, args=command, env={"OPENAI_API_KEY": "sk-test-1234567890"})

    async def work():
        async with Client(server) as client:
            await locate_and_leave(client, slow_model, {"photo": str(query)})
            if leaves == "cancels":
                await anyio.to_thread.run_sync(wait_for_end, tmp_path)
                return await client.call_tool("where", {"latitude": 48.86, "longitude": 2.35})
        return None

    with contextlib.redirect_stderr(io.StringIO()):
        place = asyncio.run(work())
    assert leaves == "disconnects" or place.structured_content["country_code"] == "FR"
    check_stopped(tmp_path, slow_model)


def test_http_needs_a_token():
    for token in (None, "short"):
        with pytest.raises(WrongUse, match="token"):
            make_rules("127.0.0.1", token)


@pytest.mark.slow
def test_the_command_speaks_over_standard_input_and_output(settings):
    command = ["-m", "sextant.app", "mcp", "--gallery", settings.gallery, "--home", settings.home]

    async def work():
        async with Client(StdioServerParameters(command=sys.executable, args=command)) as client:
            return await client.call_tool("where", {"latitude": 38.71, "longitude": -9.14})

    with contextlib.redirect_stderr(io.StringIO()):
        assert asyncio.run(work()).structured_content["country_code"] == "PT"
