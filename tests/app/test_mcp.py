"""`sextant mcp`, asked by the official client: in this process, over HTTP, and over standard input and output."""

import asyncio
import base64
import contextlib
import io
import json
import sys
import threading
import time

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


@pytest.fixture
def address(settings):
    """A real HTTP server on loopback, and its service."""
    service = ToolService(ChatContext(settings), remote=True)
    config = uvicorn.Config(make_application(service, make_rules("127.0.0.1", TOKEN)), port=0, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/mcp"
    server.should_exit = True
    thread.join(10)
    service.close()


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
    assert by_path.is_error and "reads no files" in by_path.content[0].text
    assert foreign.is_error and "was made here" in foreign.content[0].text
    with httpx2.Client() as plain:
        assert plain.post(address, json={}).status_code == 401
        assert plain.post(address, json={}, headers={"Authorization": "Bearer wrong"}).status_code == 401
        foreign_host = {"Authorization": f"Bearer {TOKEN}", "Host": "evil.example"}
        assert plain.post(address, json={}, headers=foreign_host).status_code == 421


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
