"""What a run connects to, traced from outside of it: the model and the services that it names, and nobody else."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.model_server import ModelServer
from tests.support.open_services import OpenServices, page
from tests.support.processes import ROOT
from tests.test_online_in_a_run import KEYS, script

# Python runs this before a command: it writes down each address that the process connects or sends to, or looks up.
HOOK = """
import os, sys

def note(event, args):
    if event in ("socket.connect", "socket.sendto") and isinstance(args[1], tuple):
        line = f"{args[1][0]} {args[1][1]}"
    elif event == "socket.getaddrinfo":
        line = f"{args[0]} {args[1]}"
    else:
        return
    with open(os.environ["ADDRESSES"], "a") as file:
        print(line, file=file)

sys.addaudithook(note)
"""
_CONNECTED = re.compile(r"sin_port=htons\((\d+)\), sin_addr=inet_addr\(\"([\d.]+)\"\)")
_CONNECTED_6 = re.compile(r"sin6_port=htons\((\d+)\).*?inet_pton\(AF_INET6, \"([^\"]+)\"")


def can_trace() -> bool:
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, check=False).returncode == 0


class Traced:
    """Runs commands and keeps the addresses (host, port) that they connect to."""

    def __init__(self, tracer: str, folder: Path, home: Path) -> None:
        self._tracer, self._folder, self._home = tracer, folder, home
        (folder / "sitecustomize.py").write_text(HOOK)

    def run(self, *args: object) -> tuple[subprocess.CompletedProcess[str], set[tuple[str, int]]]:
        log = self._folder / "addresses.txt"
        log.write_text("")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI", "SEXTANT"))}
        env = {**kept, **KEYS, "SEXTANT_HOME": str(self._home), "ADDRESSES": str(log)}
        command = [sys.executable, "-m", "sextant.app", *map(str, args)]
        if self._tracer == "strace":
            command = ["strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg", "-o", str(log), *command]
        else:
            env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(self._folder), env.get("PYTHONPATH")]))
        done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
        return done, self._read(log.read_text())

    def _read(self, text: str) -> set[tuple[str, int]]:
        if self._tracer == "strace":
            found = [*_CONNECTED.findall(text), *_CONNECTED_6.findall(text)]
            return {(host, int(port)) for port, host in found}
        pairs = [line.split() for line in text.splitlines()]
        return {(host, int(port)) for host, port in pairs if port.isdigit()}


def search_an_address_too(asked):
    """Answer as `script`, which calls every tool, and search an address, as the services of names do."""
    reply = script(asked)
    calls = [*reply.tool_calls, ("map_search", {"query": "Städtle 32, Vaduz"})] if reply.tool_calls else ()
    return replace(reply, tool_calls=calls)


@pytest.mark.slow
@pytest.mark.parametrize("tracer", ["audit hook", "strace"])
def test_only_the_named_servers_are_connected_to(tracer, query, tmp_path):
    if tracer == "strace" and not can_trace():
        pytest.skip("no strace here, or no right to trace")
    (tmp_path / "hook").mkdir()
    home = tmp_path / "home"
    traced = Traced(tracer, tmp_path / "hook", home)
    with (
        ModelServer(search_an_address_too) as server,
        OpenServices() as services,
        OpenServices() as broken,
        OpenServices() as others,
    ):
        broken.faults = [page()] * 50  # what Photon lacks, Nominatim is asked for
        model, open_services, photon, second = (
            ("127.0.0.1", urlsplit(url).port) for url in (server.base_url, services.url, broken.url, others.url)
        )
        where = ("--model", "openai:scripted", "--base-url", server.base_url, "--max-calls", "12", "--json")
        plain, asked = traced.run("locate", query, *where)
        assert plain.returncode == 0, plain.stderr
        assert asked == {model}
        named = ("overpass", "nominatim", "wikipedia", "commons", "panoramax", "mapillary", "searxng")
        online = f"{services.name(*named)},{broken.name('photon')}"
        ran, asked = traced.run("locate", query, *where, "--online", online)
        assert ran.returncode == 0, ran.stderr
        assert asked == {model, open_services, photon}
        run, sent = (json.loads(ran.stdout)[name] for name in ("run", "sent"))
        assert {one["service"] for one in sent} == {*named, "photon"}
        change = f"online={others.name(*named, 'photon')}"
        forked, asked = traced.run("replay", run, "--from", "1", "--set", change, "--live", "--json")
        assert forked.returncode == 0, forked.stderr
        assert asked <= {model, second} and second in asked
    replayed, asked = traced.run("replay", run, "--json")
    assert replayed.stdout == ran.stdout
    assert asked == set()
