"""Tools of the user's own MCP servers: listed once, allowed by name, called through the port, never trusted.

A file names the servers and, for each, the tools that a model may call:

    {"mcpServers": {"trains": {"command": "trains-mcp", "args": ["--offline"], "tools": ["find_station"]},
                    "parcels": {"url": "https://parcels.example.org/mcp", "tools": ["find_parcel"]}}}

What the model is told of the tools is stored as a blob and named in the settings (``FILE@SHA256``), so that a run
replays without file and servers. The file is read again for each live call: its ``env`` may hold secrets and is not
recorded.
"""

import asyncio
import json
import os
import re
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sextant.agent.guard.quoting import strip_invisible
from sextant.agent.recording.blobs import BlobStore
from sextant.agent.world.tool_names import MCP_PREFIX
from sextant.atlas.online.services import check_address
from sextant.base.errors import SextantError, WrongUse
from sextant.base.home import Home
from sextant.base.json_types import Json
from sextant.base.packages import require_package
from sextant.base.settings import Settings

SECONDS = 30.0  # for starting a server, one call and its end
_DESCRIPTION, _SCHEMA_BYTES, _ANSWER = 500, 8_000, 8_000  # characters, bytes, characters
_MOST_TOOLS = 16
_LONGEST_NAME = 64  # characters, as model servers allow
_NAME = re.compile(r"[^A-Za-z0-9_-]")
_STORED = re.compile(r"(?P<path>.+)@(?P<sha256>[0-9a-f]{64})$")
# Files that this process was given. A record may come from anybody: the file it names starts no command by itself.
_NAMED_HERE: set[str] = set()
Result = TypeVar("Result")


class McpError(SextantError):
    """An MCP server cannot be reached, or lacks a tool."""


class McpServer(BaseModel):
    """One server of the file: a command that is started, or an address; and the tools that may be called."""

    model_config = ConfigDict(extra="forbid")

    command: str | None = None
    args: list[str] = Field(default_factory=list)
    env: dict[str, str] = Field(default_factory=dict)
    url: str | None = None
    tools: list[str] = Field(min_length=1)


class McpFile(BaseModel):
    """The file of servers."""

    mcpServers: dict[str, McpServer] = Field(min_length=1)  # noqa: N815 (the name that MCP clients share)


def store_catalogue(path: str, blobs: BlobStore) -> str:
    """Ask the servers of a file for their allowed tools, store what the model is told of them, and name both.

    Raises:
        WrongUse: the file is wrong, or names a tool that its server lacks.
        McpError: a server cannot be reached.
        MissingPackage: the extra `mcp` is not installed.
    """
    if _STORED.match(path):
        return path
    require_package("mcp", "--mcp", "mcp")
    _NAMED_HERE.add(str(Path(path).resolve()))
    tools = _name_apart(
        [tool for name, server in read_servers(path).items() for tool in _list_tools(name, server, path)]
    )
    if len(tools) > _MOST_TOOLS:
        raise WrongUse(f"--mcp {path!r} allows {len(tools)} tools; at most {_MOST_TOOLS} can be offered")
    return f"{Path(path).resolve()}@{blobs.put_json({'tools': tools})}"


def resolve_mcp(settings: Settings) -> Settings:
    """Return the settings with the file of servers replaced by what is recorded of it.

    Raises:
        WrongUse, McpError, MissingPackage: as `store_catalogue`.
    """
    if not settings.mcp:
        return settings
    return replace(settings, mcp=store_catalogue(settings.mcp, BlobStore(Home.at(settings.home).blobs)))


def read_servers(path: str) -> dict[str, McpServer]:
    """Read the file of servers.

    Raises:
        WrongUse: it cannot be read, or a server has neither a command nor an address that may be asked.
    """
    try:
        servers = McpFile.model_validate_json(Path(path).read_bytes()).mcpServers
    except OSError as error:
        raise WrongUse(f"--mcp {path!r} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise WrongUse(f"--mcp {path!r}: {where}: {first['msg']}") from error
    for name, server in servers.items():
        if (server.command is None) == (server.url is None):
            raise WrongUse(f"--mcp {path!r}: {name}: give either a command or a url")
        if server.url:
            check_address(server.url, f"--mcp {path!r}: {name}")
    return servers


def describe_servers(path: str) -> list[str]:
    """Say which servers will be told what the model asks of their tools, one line each."""
    shown = _STORED.match(path)
    return [
        f"mcp server {name} ({_name_host(server)}) will be told what the model asks of {', '.join(server.tools)}; "
        "never the photo"
        for name, server in read_servers(shown["path"] if shown else path).items()
    ]


def load_catalogue(setting: str | None, blobs: BlobStore) -> list[Json]:
    """Return the tools of a run: ``name`` as the model calls it, ``server``, ``tool``, ``description``, ``schema``."""
    stored = _STORED.match(setting or "")
    found: list[Json] = blobs.get_json(stored["sha256"])["tools"] if stored else []
    return found


def describe_mcp_tools(setting: str | None, blobs: BlobStore) -> list[Json]:
    """Describe the tools as the model sees them."""
    return [
        {
            "type": "function",
            "function": {"name": one["name"], "description": one["description"], "parameters": one["schema"]},
        }
        for one in load_catalogue(setting, blobs)
    ]


def call_mcp_tool(setting: str | None, name: str, args: Json, blobs: BlobStore) -> Json:
    """Call a tool; its text is untrusted, also where it is an error. Only tools of the catalogue are called."""
    one = next((tool for tool in load_catalogue(setting, blobs) if tool["name"] == name), None)
    stored = _STORED.match(setting or "")
    if one is None or stored is None:
        return {"error": f"there is no tool {name[:80]}; answer without it"}
    if stored["path"] not in _NAMED_HERE:
        return {"error": "the mcp servers of this run were not named again (--set mcp=FILE); answer without them"}
    try:
        server = read_servers(stored["path"]).get(one["server"])
        if server is None or one["tool"] not in server.tools:
            return {"error": f"the tool {name} is no longer allowed; answer without it"}
    except SextantError as error:
        return {"error": str(error)}
    request = json.dumps({one["tool"]: args}, ensure_ascii=False)[:300]
    sent = {"service": f"mcp {one['server']}", "host": _name_host(server), "request": request}
    try:
        content = _run(_call(server, one["tool"], args), one["server"])
    except McpError as error:
        return {"error": str(error), "sent": [sent]}  # a server that died or hangs may have read it
    return {"content": content, "images": [], "untrusted": True, "sent": [sent]}


def _name_apart(tools: list[Json]) -> list[Json]:
    """Give numbers to tools that would be called alike, such as `b_c` of server `a` and `c` of `a_b`."""
    taken: set[str] = set()
    for tool in tools:
        plain, number = tool["name"], 1
        while tool["name"] in taken:
            number += 1
            tool["name"] = f"{plain[: _LONGEST_NAME - 1 - len(str(number))]}_{number}"
        taken.add(tool["name"])
    return tools


def _list_tools(name: str, server: McpServer, path: str) -> list[Json]:
    offered = {tool.name: tool for tool in _run(_ask_tools(server), name)}
    lacking = [tool for tool in server.tools if tool not in offered]
    if lacking:
        there = ", ".join(sorted(offered)) or "none"
        raise WrongUse(f"--mcp {path!r}: {name} has no tool {lacking[0]!r}; its tools are: {there[:200]}")
    tools = []
    for wanted in server.tools:
        schema = offered[wanted].input_schema
        if len(json.dumps(schema)) > _SCHEMA_BYTES:
            raise WrongUse(f"--mcp {path!r}: the arguments of {wanted!r} of {name} are too many for a prompt")
        about = strip_invisible(str(offered[wanted].description or wanted))[:_DESCRIPTION]
        called = _NAME.sub("_", f"{MCP_PREFIX}{name}_{wanted}")[:_LONGEST_NAME]
        tools.append({"name": called, "server": name, "tool": wanted, "description": about, "schema": schema})
    return tools


async def _ask_tools(server: McpServer) -> list[Any]:
    from mcp import Client

    async with Client(_connect(server)) as client:
        return list((await client.list_tools()).tools)


async def _call(server: McpServer, tool: str, args: Json) -> str:
    from mcp import Client

    async with Client(_connect(server)) as client:
        result = await client.call_tool(tool, args)
    texts = [block.text for block in result.content if block.type == "text"]
    left = len(result.content) - len(texts)
    said = "\n".join([*(["the tool failed:"] if result.is_error else []), *texts])[:_ANSWER]
    return said + (f"\n({left} parts that are not text were left out)" if left else "") or "(nothing)"


def _connect(server: McpServer) -> str | AbstractAsyncContextManager[Any]:
    """Return what the client connects to. A server gets no environment of ours but its own and the usual few."""
    if server.url:
        return server.url
    from mcp.client.stdio import StdioServerParameters, stdio_client

    parameters = StdioServerParameters(command=server.command or "", args=server.args, env=server.env)
    return stdio_client(parameters, errlog=open(os.devnull, "w"))


def _run(work: Coroutine[Any, Any, Result], name: str) -> Result:
    """Run a conversation with a server to its end, in a loop of its own.

    Raises:
        McpError: it fails or takes too long.
    """

    async def bounded() -> Result:
        return await asyncio.wait_for(work, SECONDS)

    try:
        with ThreadPoolExecutor(1) as thread:  # a caller may have a loop of its own, such as a notebook
            return thread.submit(lambda: asyncio.run(bounded())).result()
    except TimeoutError as error:
        raise McpError(f"the mcp server {name} did not answer in {SECONDS:.0f} s; answer without it") from error
    except Exception as error:  # transports raise groups of whatever went wrong
        raise McpError(f"the mcp server {name} cannot be used ({type(error).__name__}); answer without it") from error


def _name_host(server: McpServer) -> str:
    from urllib.parse import urlsplit

    return urlsplit(server.url).hostname or "" if server.url else Path(server.command or "").name
