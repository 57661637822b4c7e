"""`langgraph dev` on this repository's graphs: its browser and its telemetry off, with nothing but loopback."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.support.processes import ROOT

STARTS_S = 120  # on two busy cores; a free one takes 10
NAMED = ("langgraph.json", "pyproject.toml", "graphs")


@contextmanager
def serve_graphs(folder: Path, env: Mapping[str, str]) -> Iterator[str]:
    """Serve from a folder, since the server writes its threads beside what it reads; stop it with its children."""
    for name in NAMED:
        (folder / name).symlink_to(ROOT / name)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    start = "from langgraph_cli.cli import cli; cli()"
    command = [sys.executable, "-c", start, "dev", "--no-browser", "--no-reload", "--port", str(port)]
    quiet = {"LANGSMITH_TRACING": "false", "LANGGRAPH_CLI_NO_ANALYTICS": "1", "SEXTANT_HOME": str(folder / "home")}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1"],
            cwd=folder,
            env={**os.environ, **env, **quiet, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_until_up(f"http://127.0.0.1:{port}", process, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def wait_until_up(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + STARTS_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{address}/ok", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.3)
    pytest.fail(f"langgraph dev did not start: {log.read_text()[-2000:]}")
