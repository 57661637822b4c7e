"""A real `sextant serve` in a process of its own, on a free loopback port."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import httpx

from tests.support.processes import ROOT, Process


class Server:
    """Context manager round the process. ``url`` has no slash at its end; ``http`` may change things.

    A ``fresh`` one starts as a user's does, in seconds, without the modules that tests have loaded: to measure memory.
    """

    def __init__(
        self,
        *args: object,
        home: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path = ROOT,
        fresh: bool = False,
    ) -> None:
        self.args = [str(arg) for arg in args]
        self.home, self.cwd, self.fresh = home, cwd, fresh
        self.env = dict(env or {})

    def __enter__(self) -> Self:
        keep = {name: v for name, v in os.environ.items() if not name.startswith(("OPENAI", "OLLAMA", "SEXTANT"))}
        args = ["serve", "--port", "0", *self.args]
        env = {**keep, "SEXTANT_HOME": str(self.home), "PYTHONUNBUFFERED": "1", **self.env}
        self.process: Process | subprocess.Popen[str] = (
            subprocess.Popen(
                [sys.executable, "-m", "sextant.app", *args],
                env=env,
                cwd=self.cwd,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            if self.fresh
            else Process(*args, env=env, merged=True, cwd=self.cwd)
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"Sextant is at (\S+?)/(?:\?|\s)", line)
        if not found:
            self.process.wait(20)
            raise AssertionError(line + self.process.stdout.read())
        self.url = found[1]
        self.http = httpx.Client(
            base_url=self.url, headers={"X-Sextant": "1"}, timeout=60, limits=httpx.Limits(max_connections=None)
        )
        return self

    def __exit__(self, *error: object) -> None:
        self.http.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        if self.process.stdout:
            self.said = self.process.stdout.read()
            print(self.said)
            self.process.stdout.close()

    def kill(self) -> None:
        """Kill -9, as the power does."""
        self.process.kill()
        self.process.wait(5)

    def session(self) -> str:
        """A new session's id."""
        return str(self.http.post("/api/sessions").raise_for_status().json()["session"])

    def say(self, session: str, text: str, *photos: Path) -> httpx.Response:
        """Send a message."""
        files = [("files", (photo.name, photo.read_bytes(), "image/jpeg")) for photo in photos]
        # httpx makes a multipart form only when there is a file.
        fields = [("text", (None, text))]
        return self.http.post(f"/api/sessions/{session}/messages", files=[*fields, *files])

    def settled(self, session: str, seconds: float = 60) -> dict:
        """The session once nobody is at work on it."""
        import time

        until = time.monotonic() + seconds
        while time.monotonic() < until:
            reply = self.http.get(f"/api/sessions/{session}")
            assert reply.status_code == 200, reply.text
            view = reply.json()
            if not view["busy"]:
                return view
            time.sleep(0.05)
        raise AssertionError(f"session {session} is still at work after {seconds} s")

    def asked(self, session: str, text: str, *photos: Path) -> dict:
        """Send a message, follow the session's events until it is answered, and return the session."""
        with self.http.stream("GET", f"/api/sessions/{session}/events", timeout=300) as stream:
            lines = stream.iter_lines()
            next(line for line in lines if line.startswith("data: "))
            self.say(session, text, *photos).raise_for_status()
            next(line for line in lines if line == "event: idle")
        view: dict = self.http.get(f"/api/sessions/{session}").raise_for_status().json()
        return view
