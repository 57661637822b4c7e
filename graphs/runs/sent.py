"""List what a run sent to which service: read from its recording, not from what was planned."""

from typing import Any
from urllib.parse import urlsplit

from typing_extensions import TypedDict

from sextant.agent.llm.address import LOOPBACK
from sextant.agent.llm.services import SERVICES
from sextant.agent.llm.spec import parse_spec
from sextant.agent.recording.cassette import Call, Cassette
from sextant.base.errors import SextantError
from sextant.base.json_types import Json
from sextant.base.printable import pluralise
from sextant.graphs.runs.folder import RunFolder


class Sent(TypedDict):
    """What one service received: calls, characters of text, and pictures by their sha256.

    ``left`` is False where the service is on this machine.
    """

    service: str
    host: str
    left: bool
    calls: int
    characters: int
    pictures: list[str]


def list_sent(*folders: RunFolder) -> list[Sent]:
    """List what runs and the questions about them sent; empty where nothing was sent, or the recordings are gone.

    A fork's recording holds the calls of its parent too; given after its parent, it adds only its own.
    """
    found: dict[tuple[str, str], Sent] = {}
    counted: set[tuple[str, str]] = set()
    for folder in folders:
        _count_run(found, counted, folder)
    return list(found.values())


def _count_run(found: dict[tuple[str, str], Sent], counted: set[tuple[str, str]], folder: RunFolder) -> None:
    try:
        record = folder.record()
    except SextantError:
        return
    settings = record["settings"]
    for path in [folder.cassette, *sorted((folder.path / "follow-ups").glob("*.jsonl"))]:
        try:
            cassette = Cassette.read(path)
        except SextantError:
            continue
        for key, call in cassette.calls.items():
            if (key, call.reply) in counted:
                continue
            counted.add((key, call.reply))
            if call.kind == "model" and call.request["model"] != "offline":
                _count(found, cassette, call, settings)
            elif call.kind in ("tool", "exemplars"):
                for request in cassette.read_reply(call).get("sent", ()):
                    _count_request(found, request)


def describe_sent(sent: list[Sent]) -> list[str]:
    """Describe in one sentence a service what left the machine."""
    if not any(one["left"] for one in sent):
        stayed = "; ".join(
            f"{one['service']} runs on this machine and was called {pluralise(one['calls'], 'time')}" for one in sent
        )
        return [f"Nothing left the machine{f': {stayed}' if stayed else ''}."]
    return [
        f"{one['service']} at {one['host']}: {pluralise(one['calls'], 'call')} with "
        f"{one['characters']:,} characters of text and {pluralise(len(one['pictures']), 'different picture')}."
        for one in sent
        if one["left"]
    ]


def _count(found: dict[tuple[str, str], Sent], cassette: Cassette, call: Call, settings: Json) -> None:
    service = str(call.request["model"])
    host = _find_host(service, settings)
    new: Sent = {
        "service": service,
        "host": host,
        "left": host not in LOOPBACK,
        "calls": 0,
        "characters": 0,
        "pictures": [],
    }
    one = found.setdefault((service, host), new)
    one["calls"] += 1
    for message in cassette.expand(call)["messages"]:
        blocks: Any = message["content"]
        for block in blocks if isinstance(blocks, list) else [{"type": "text", "text": blocks or ""}]:
            if block["type"] == "text":
                one["characters"] += len(block["text"])
            elif block.get("sha256") and block["sha256"] not in one["pictures"]:
                one["pictures"].append(block["sha256"])


def _count_request(found: dict[tuple[str, str], Sent], request: Json) -> None:
    """Count a request to an open service or a user's own MCP server, which never holds a picture."""
    service, host = str(request["service"]), str(request["host"])
    left = host not in LOOPBACK and not (service.startswith("mcp ") and "." not in host)
    new: Sent = {"service": service, "host": host, "left": left, "calls": 0, "characters": 0, "pictures": []}
    one = found.setdefault((service, host), new)
    one["calls"] += 1
    one["characters"] += len(request["request"])


def _find_host(service: str, settings: Json) -> str:
    """Return the host that the run's model service has; its protocol's own where no address was given."""
    provider, _ = parse_spec(service)
    address = settings.get("base_url") or (SERVICES[provider].address if provider in SERVICES else "")
    return urlsplit(address).hostname or "an unknown address"
