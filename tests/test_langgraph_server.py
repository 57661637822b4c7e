"""The graph under `langgraph dev`: the same builder, through LangGraph's own HTTP API, with nothing but loopback."""

import base64
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest
from langgraph_sdk import get_sync_client

from tests.support.langgraph_dev import serve_graphs
from tests.support.small_gallery import PLACES, picture

pytestmark = pytest.mark.skipif(
    find_spec("langgraph_cli") is None or find_spec("langgraph_api") is None,
    reason="langgraph-cli[inmem] is not installed",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of `langgraph dev` on langgraph.json."""
    with (
        serve_graphs(tmp_path_factory.mktemp("langgraph"), {}) as address,
        httpx.Client(base_url=address, timeout=120) as client,
    ):
        yield client


@pytest.fixture
def context(gallery: Path, tmp_path: Path) -> dict[str, Any]:
    """Settings as JSON brings them: lists where ours have tuples."""
    return {"gallery": str(gallery), "home": str(tmp_path), "verify": "density", "tools": ["nearest_photos"]}


def run(client: httpx.Client, thread: str, **body: Any) -> dict[str, Any]:
    done = client.post(f"/threads/{thread}/runs/wait", json={"assistant_id": "geolocate", **body})
    state: dict[str, Any] = done.raise_for_status().json()
    assert "__error__" not in state, state
    return state


def new_thread(client: httpx.Client) -> str:
    return str(client.post("/threads", json={}).raise_for_status().json()["thread_id"])


@pytest.mark.slow
def test_a_thread_locates_a_photo_and_keeps_its_history(server: httpx.Client, context: dict[str, Any], query: Path):
    thread = new_thread(server)
    state = run(server, thread, input={"path": str(query)}, context=context, durability="sync")
    assert state["answer"]["best"]["country_code"] == "PT"
    assert state["answer"]["model"] == "offline"
    history = server.post(f"/threads/{thread}/history", json={"limit": 100}).json()
    assert [entry["next"] for entry in reversed(history)][1:4] == [["ingest"], ["plan"], ["lmm"]]


def test_an_interrupted_thread_goes_on_where_it_stood(server: httpx.Client, context: dict[str, Any], query: Path):
    thread = new_thread(server)
    stopped = run(server, thread, input={"path": str(query)}, context=context, interrupt_before=["verify"])
    assert "answer" not in stopped
    assert server.get(f"/threads/{thread}/state").json()["next"] == ["verify"]
    done = run(server, thread, input=None, context=context)
    assert done["answer"]["best"]["country_code"] == "PT"


def test_a_second_photo_in_a_thread_owes_nothing_to_the_first(
    server: httpx.Client, context: dict[str, Any], query: Path, tmp_path: Path
):
    other = tmp_path / "oslo.jpg"
    picture(PLACES["oslo"][0], seed=99).save(other, quality=90)
    thread = new_thread(server)
    run(server, thread, input={"path": str(query)}, context=context)
    state = run(server, thread, input={"path": str(other)}, context=context)
    alone = run(server, new_thread(server), input={"path": str(other)}, context=context)
    assert state["answer"]["best"] == alone["answer"]["best"]
    assert state["answer"]["best"]["country_code"] == "NO"
    assert state["answer"]["spent"]["calls"] == alone["answer"]["spent"]["calls"]
    assert state["round"] == 1


def test_a_photo_that_is_none_fails_the_run_and_not_the_server(server: httpx.Client, context: dict[str, Any], tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_text("no photo")
    body = {"assistant_id": "geolocate", "input": {"path": str(broken)}, "context": context}
    assert "__error__" in server.post("/runs/wait", json=body).json()
    assert server.get("/ok").status_code == 200


def photo_message(query: Path, text: str = "Where was this taken?") -> dict[str, Any]:
    """A message as Agent Chat UI uploads it."""
    data = base64.b64encode(query.read_bytes()).decode()
    image = {"type": "image", "mimeType": "image/jpeg", "data": data}
    return {"role": "user", "content": [{"type": "text", "text": text}, image]}


@pytest.mark.slow
def test_a_conversation_through_the_sdk(server: httpx.Client, context: dict[str, Any], query: Path):
    client = get_sync_client(url=str(server.base_url))
    thread = client.threads.create()["thread_id"]
    events = list(
        client.runs.stream(
            thread,
            "chat",
            input={"messages": [photo_message(query)]},
            context=context,
            stream_mode=["custom", "values"],
            durability="sync",
        )
    )
    assert not [part.data for part in events if part.event == "error"]
    told = [part.data for part in events if part.event == "custom"]
    assert {"ingest", "verify", "answer"} <= {event["step"] for event in told}
    first = client.threads.get_state(thread)["values"]
    assert [message["type"] for message in first["messages"]] == ["human", "ai"]
    assert "Portugal" in first["messages"][-1]["content"]
    assert base64.b64encode(query.read_bytes()).decode()[:40] not in str(first)

    second = client.runs.wait(
        thread, "chat", input={"messages": [{"role": "user", "content": "not Europe"}]}, context=context
    )
    assert "__error__" not in second, second
    assert [message["type"] for message in second["messages"]] == ["human", "ai", "human", "ai"]
    assert "Kenya" in second["messages"][-1]["content"]
    last = {"messages": [{"role": "user", "content": "not Europe, why there?"}]}
    third = client.runs.wait(thread, "chat", input=last, context=context)
    assert [message["type"] for message in third["messages"]] == ["human", "ai"] * 3
    assert "photos" in third["messages"][-1]["content"]

    # Replay: the step that weighs the candidates again. Fork: other words from before that step.
    history = client.threads.get_history(thread, limit=50)
    steering = next(entry for entry in history if entry["next"] == ["steer"])
    again = client.runs.wait(thread, "chat", input=None, checkpoint=steering["checkpoint"], context=context)
    assert again["messages"][-1]["content"] == second["messages"][-1]["content"]
    heard = next(entry for entry in history if entry["next"] == ["receive"] and len(entry["values"]["messages"]) == 3)
    said = heard["values"]["messages"][-1]
    changed = client.threads.update_state(
        thread,
        {"messages": [{"role": "user", "content": "not Portugal", "id": said["id"]}]},
        checkpoint=heard["checkpoint"],
        as_node="__start__",
    )
    forked = client.runs.wait(thread, "chat", input=None, checkpoint=changed["checkpoint"], context=context)
    assert forked["messages"][-2]["content"][0]["text"] == "not Portugal"
    assert forked["messages"][-1]["content"] != second["messages"][-1]["content"]
