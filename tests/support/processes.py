"""Processes of their own that start at once: forked from one that has imported the heavy packages already.

A command spends two to three seconds importing; hundreds of tests start one. The standard library's fork server
imports once per test process and forks; nothing is connected, and no gallery is open, before the fork. What a process
reads is its own: arguments, environment, working directory, standard streams, signals.
"""

import atexit
import io
import multiprocessing
import os
import runpy
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from multiprocessing import reduction
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
_PRELOADED = ["tests.support.preloaded"]
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(_PRELOADED)


class _Inherited:
    """A file descriptor that crosses into the new process."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __reduce__(self) -> tuple[Any, ...]:
        return _detach, (reduction.DupFd(self.descriptor),)


def _detach(duplicate: Any) -> int:
    return int(duplicate.detach())


def _run(module: str, args: list[str], env: dict[str, str], cwd: str, own_group: bool, *streams: int) -> None:
    if own_group:
        os.setsid()
    for standard, given in enumerate(streams):
        os.dup2(given, standard)
        os.close(given)
    sys.stdin = os.fdopen(0, closefd=False, encoding="utf-8")
    lines = 1 if env.get("PYTHONUNBUFFERED") else -1
    sys.stdout = os.fdopen(1, "w", lines, closefd=False, encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", closefd=False, encoding="utf-8", errors="backslashreplace", buffering=1)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.path.insert(0, str(ROOT))
    sys.argv = [module, *args]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()


class Process:
    """``python -m MODULE ARGS`` in a process of its own. The names are those of `subprocess.Popen`.

    ``stdout`` and ``stderr`` are pipes that are read as text, unless ``merged`` (stderr into stdout) or ``silent``
    (both to nowhere). ``stdin`` is a pipe if ``typing``, else empty.
    """

    stdin: IO[str] | None = None
    stdout: IO[str] | None = None
    stderr: IO[str] | None = None

    def __init__(
        self,
        *args: object,
        env: Mapping[str, str],
        module: str = "sextant.app",
        merged: bool = False,
        silent: bool = False,
        typing: bool = False,
        own_group: bool = False,
        cwd: Path = ROOT,
    ) -> None:
        inherited: list[int] = []
        if typing:
            theirs, ours = os.pipe()
            self.stdin = os.fdopen(ours, "w", encoding="utf-8")
            inherited.append(theirs)
        else:
            inherited.append(os.open(os.devnull, os.O_RDONLY))
        for name in ("stdout", "stderr"):
            if silent:
                inherited.append(os.open(os.devnull, os.O_WRONLY))
            elif name == "stderr" and merged:
                inherited.append(os.dup(inherited[1]))
            else:
                ours, theirs = os.pipe()
                setattr(self, name, os.fdopen(ours, encoding="utf-8", errors="replace"))
                inherited.append(theirs)
        self._process = _context.Process(
            target=_run,
            args=(module, [str(arg) for arg in args], dict(env), str(cwd), own_group, *map(_Inherited, inherited)),
        )
        self._process.start()
        for descriptor in inherited:
            os.close(descriptor)

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(str(self._process.name), timeout or 0.0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, typed: str | None = None, timeout: float | None = None) -> tuple[str, str]:
        """Type, read both streams to their ends and wait.

        Raises:
            subprocess.TimeoutExpired: after ``timeout`` seconds; the process goes on.
        """
        if self.stdin:
            self.stdin.write(typed or "")
            self.stdin.close()
        said: dict[str, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
        until = None if timeout is None else time.monotonic() + timeout
        with selectors.DefaultSelector() as waiting:
            for name in said:
                stream = getattr(self, name)
                if isinstance(stream, io.TextIOWrapper):
                    waiting.register(stream.fileno(), selectors.EVENT_READ, name)
            while waiting.get_map():
                left = None if until is None else max(until - time.monotonic(), 0)
                ready = waiting.select(left)
                if not ready:
                    raise subprocess.TimeoutExpired(str(self._process.name), timeout or 0.0)
                for key, _ in ready:
                    piece = os.read(key.fd, 65536)
                    said[key.data] += piece
                    if not piece:
                        waiting.unregister(key.fd)
        self.wait(timeout)
        return said["stdout"].decode(errors="replace"), said["stderr"].decode(errors="replace")


def needs_its_own_interpreter(env: Mapping[str, str]) -> bool:
    """Whether the environment says something that an interpreter reads only when it starts."""
    return any(name.startswith(("PYTHON", "LC_", "LANG", "LD_")) for name in env)
