"""A reader of a guide: does what it shows, in a folder that holds what it names, against servers of this machine."""

import ast
import asyncio
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from packaging.requirements import Requirement

from sextant.agent.privacy.precision import load_policy
from sextant.agent.world.mcp_tools import read_servers
from sextant.app.options.setting_sources import read_config
from sextant.eval.running.ablation_plan import read_plan
from tests.support.cli import Ran, sextant
from tests.support.guides.lines import ROOT, Shown
from tests.support.langgraph_dev import serve_graphs
from tests.support.open_services import OpenServices
from tests.support.serving import Server

RUN_NAME = re.compile(r"\b(?:RUN|20260131-\d\d)\b")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
QUICKER = {
    ("eval", "fit"): ("--folds", "2", "--members", "1"),
    ("align", "train"): ("--epochs", "1", "--workers", "0"),
}
"""What is added to commands that would take long: less of the same work."""
EVALUATED = ("runs/offline", "runs/a", "runs/b")


class Reader:
    """Follows a guide from its top to its bottom.

    Attributes:
        folder: the desk; the home lies in it.
        servers: the environment that names a scripted server for each provider.
    """

    def __init__(self, folder: Path, servers: Mapping[str, str], stack: ExitStack) -> None:
        self.folder, self.home, self._stack = folder, folder / "home", stack
        self._env = {**servers, "HOME": str(folder), "SEXTANT_PRICE": "2.5/10"}  # loopback has no known price
        self._servers = servers
        self._services = stack.enter_context(OpenServices())
        self._names: dict[str, Any] = {"__name__": "guide"}
        self._typed: list[str] = []
        self._addresses: dict[str, str] = {}
        self._session = ""

    def follow(self, shown: Shown) -> None:
        """Do what one line or example shows."""
        if shown.kind == "chat":
            self._typed.append(shown.text)
        elif shown.kind == "python":
            self._run_python(shown.text)
        elif shown.kind != "shell":
            self._read_example(shown)
        elif "|" in shlex.split(shown.text):
            self._run_in_bash(shown.text)
        else:
            program, *words = shlex.split(shown.text.replace("$(openssl rand -hex 16)", "0123456789abcdef"))
            do: Mapping[str, Callable[[list[str]], object]] = {
                "sextant": self._run_sextant,
                "export": self._export,
                "pip": self._install,
                "uv": check_requirements,
                "uvx": lambda words: self._run_sextant(words[words.index("sextant") + 1 :]),
                "make": check_targets,
                "python": self._run_module,
                "python3": self._run_module,
                ".": lambda words: (self.folder / words[0]).read_text(),
                "curl": self._send,
                "inspect": self._inspect,
                "langgraph": self._serve_graphs,
            }
            do[program](words)

    def _read_example(self, shown: Shown) -> None:
        """Have an example of a file read by the code that reads such files."""
        path = self.folder / f"example.{shown.kind}"
        path.write_text(shown.text, encoding="utf-8")
        if shown.kind == "toml":
            example = tomllib.loads((ROOT / "docs/examples/plugin/pyproject.toml").read_text(encoding="utf-8"))
            assert tomllib.loads(shown.text)["project"]["entry-points"] == example["project"]["entry-points"]
        elif shown.kind == "json":
            servers = json.loads(shown.text)["mcpServers"]
            if "sextant" in servers:
                words = [word.replace("/photos/", "") for word in servers["sextant"]["args"]]
                asyncio.run(self._speak_mcp(words[1:]))
            else:
                assert read_servers(str(path)).keys() == servers.keys()
        elif "benchmark" in yaml.safe_load(shown.text):
            assert read_plan(path).benchmark
        elif "precision" in yaml.safe_load(shown.text):
            assert load_policy(None, str(path)).reason
        else:
            assert read_config(str(path))

    def finish(self) -> None:
        """Type what the guide shows of a conversation."""
        if self._typed:
            ran = self.run(
                "chat", "photo.jpg", "--model", "openai:gpt-4o", typed="\n".join([*self._typed, "/quit", ""])
            )
            assert ran.code == 0 and not re.search(r"unknown|cannot|Usage", ran.out), ran.out

    def run(self, *words: str, typed: str | None = None) -> Ran:
        """Run a command; an exported run is imported into the home of somebody else."""
        home = self.folder / "their-home" if words[:2] == ("runs", "import") else self.home
        return sextant(*words, home=home, env=self._env, cwd=self.folder, typed=typed, seconds=280)

    def _run_sextant(self, words: list[str]) -> None:
        """Run a command as a reader does: with runs of their own, and a new folder for what is built."""
        words = [os.path.join(self.folder, word[2:]) if word.startswith("~/") else word for word in words]
        if words[0] == "tag" and not shutil.which("exiftool"):
            return
        self._prepare(words)
        words = [*(self._name_run(word) for word in words), *QUICKER.get(tuple(words[:2]), ())]
        if "--base-url" in words:
            words[words.index("--base-url") + 1] = self._servers["OPENAI_BASE_URL"]
        if "--online" in words:
            services = words[words.index("--online") + 1].split(",")
            words[words.index("--online") + 1] = self._services.name(*(one.partition("=")[0] for one in services))
        if words[0] == "serve":
            self._serve(words[1:])
        elif words[0] == "mcp":
            asyncio.run(self._speak_mcp(words[1:]))
        else:
            ran = self.run(*words, typed="/quit\n" if words[0] == "chat" else None)
            assert ran.code == 0, f"sextant {shlex.join(words)}\n{ran.err}"

    def _name_run(self, word: str) -> str:
        """Put a run of this home, and a candidate of that run, in place of the guide's."""
        runs = sorted(folder.name for folder in (self.home / "runs").glob("*"))
        if word.startswith("candidate."):
            answer = json.loads((self.home / "runs" / runs[0] / "answer.json").read_text(encoding="utf-8"))
            found = next(one["id"] for one in answer["candidates"] if one["origin"] == "nearest")
            return re.sub(r"^candidate\.\w+", f"candidate.{found}", word)
        known = {"RUN": runs[:1], "OTHER": runs[1:2]}.get(RUN_NAME.sub("RUN", word))
        return known[0] if known else word

    def _prepare(self, words: list[str]) -> None:
        """Have what earlier commands of a reader have left."""
        if "--out" in words and words[0] in ("gallery", "locate"):
            shutil.rmtree(self.folder / words[words.index("--out") + 1], ignore_errors=True)
        if RUN_NAME.search(" ".join(words)) and not (self.home / "runs").exists():
            for number in ("1", "2"):
                model = ("--model", "openai:gpt-4o", "--gallery", "my-gallery", "--seed", number)
                assert self.run("locate", "photo.jpg", *model).code == 0
        for name in [word for word in words[2:4] if word in EVALUATED] if words[0] == "eval" else ():
            if not (self.folder / name).exists():
                asked = ("eval", "run", "im2gps3k", "--data", "im2gps3k", "--gallery", "gallery", "--out", name)
                assert self.run(*asked).code == 0
        if words[:2] == ["calibrate", "runs/gpt-4o"]:
            shutil.copytree(self.folder / "mine-run", self.folder / words[1])
        if "case.html" in words and not (self.folder / "case.html").exists():
            assert self.run("chat", "photo.jpg", typed="/export html case.html\n/quit\n").code == 0

    def _serve(self, words: list[str]) -> None:
        server = self._stack.enter_context(Server(*words, home=self.home, env=self._env, cwd=self.folder))
        assert "Sextant" in server.http.get("/").raise_for_status().text
        self._addresses["http://127.0.0.1:8642"] = server.url

    def _serve_graphs(self, words: list[str]) -> None:
        assert words == ["dev", "--no-browser"]
        self._addresses["localhost:2024"] = self._stack.enter_context(serve_graphs(self.folder, self._env))

    async def _speak_mcp(self, words: list[str]) -> None:
        """List the server's tools with the official client."""
        from mcp import Client, StdioServerParameters
        from mcp.client.streamable_http import streamable_http_client

        command = [sys.executable, "-m", "sextant.app", "mcp", *words]
        env = {**os.environ, **self._env, "SEXTANT_HOME": str(self.home)}
        if "--http" not in words:
            over: Any = StdioServerParameters(command=command[0], args=command[1:], env=env, cwd=self.folder)
            async with Client(over) as client:
                assert "locate" in {tool.name for tool in (await client.list_tools()).tools}
            return
        import httpx2

        process = subprocess.Popen(
            [*command, "--port", "0"], env=env, cwd=self.folder, stderr=subprocess.PIPE, text=True
        )
        self._stack.callback(process.wait)
        self._stack.callback(process.terminate)
        assert process.stderr
        self._stack.callback(process.stderr.close)
        found = re.search(r"http://\S+/mcp", process.stderr.readline())
        assert found
        token = words[words.index("--token") + 1]
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=60) as http,
            Client(streamable_http_client(found[0], http_client=http)) as client,
        ):
            assert "locate" in {tool.name for tool in (await client.list_tools()).tools}

    def _send(self, words: list[str]) -> None:
        """Send a request with curl to the server that the guide has started."""
        if not shutil.which("curl"):
            return
        for shown, started in self._addresses.items():
            words = [word.replace(shown, started).replace("/ID/", f"/{self._session}/") for word in words]
        command = ["curl", "--noproxy", "*", "--max-time", "120", "--fail-with-body", *words]
        sent = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert sent.returncode == 0, sent.stdout + sent.stderr
        said = json.loads(sent.stdout)
        assert "__error__" not in said, said
        self._session = said.get("session", self._session)

    def _export(self, words: list[str]) -> None:
        """Set a variable; keys are those of the servers here, and nobody collects spans."""
        for name, _, value in (word.partition("=") for word in words):
            if name == "OTEL_EXPORTER_OTLP_ENDPOINT":
                self._env[name] = self._services.url
            elif "…" not in value:
                self._env[name] = value

    def _install(self, words: list[str]) -> None:
        """Install a folder of this repository beside the desk; of the package itself, check the extras."""
        assert words[0] == "install"
        if not words[1].startswith("."):
            check_requirements(words)
            return
        shutil.copytree(ROOT / words[1], self.folder / "plugin")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
        target = self.folder / "site"
        subprocess.run([*pip, "--target", str(target), str(self.folder / "plugin")], check=True, capture_output=True)
        self._env["PYTHONPATH"] = f"{target}{os.pathsep}{ROOT}"

    def _run_module(self, words: list[str]) -> None:
        """Run a module of the package; of a benchmark, which takes long, ask for help and look for the options."""
        if words[1] not in ("venv", "eval.answers"):
            check_options(words)
            return
        where = self.folder if words[1] == "venv" else ROOT
        words = [str(self.folder / word) if (self.folder / word).exists() else word for word in words]
        ran = subprocess.run([sys.executable, *words], cwd=where, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr

    def _inspect(self, words: list[str]) -> None:
        pytest.importorskip("inspect_ai")
        command = [sys.executable, "-m", "inspect_ai", *words, "--display", "none"]
        env = {**os.environ, **self._env, "SEXTANT_HOME": str(self.home)}
        ran = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr

    def _run_in_bash(self, line: str) -> None:
        """Run a pipeline, with a program `sextant` on the path."""
        shim = self.folder / "bin" / "sextant"
        shim.parent.mkdir(exist_ok=True)
        shim.write_text(f'#!/bin/sh\nexec {sys.executable} -m sextant.app "$@"\n')
        shim.chmod(0o755)
        shutil.rmtree(self.folder / "located", ignore_errors=True)
        path = f"{shim.parent}{os.pathsep}{os.environ['PATH']}"
        env = {**os.environ, **self._env, "SEXTANT_HOME": str(self.home), "PATH": path}
        ran = subprocess.run(
            ["bash", "-c", line], cwd=self.folder, env=env, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr

    def _run_python(self, example: str) -> None:
        """Run an example; compare each value with the comment that states it."""
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            for name, value in {**self._env, "SEXTANT_HOME": str(self.home)}.items():
                patch.setenv(name, value)
            for statement in ast.parse(example).body:
                whole = compile(ast.Module([statement], []), "guide", "exec")
                if isinstance(statement, ast.Expr) and not is_print(statement):
                    value = eval(compile(ast.Expression(statement.value), "guide", "eval"), self._names)
                    compare_stated(value, example, statement)
                else:
                    exec(whole, self._names)


def is_print(statement: ast.Expr) -> bool:
    """Return whether a statement prints."""
    call = statement.value
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "print"


def compare_stated(value: Any, example: str, statement: ast.stmt) -> None:
    """Compare a value with the comment behind its statement, or below it, where that comment is a value."""
    lines = example.splitlines()
    assert statement.end_lineno
    behind = lines[statement.end_lineno - 1][statement.end_col_offset or 0 :].strip()
    below = "".join(
        line[1:].strip() for line in lines[statement.end_lineno : statement.end_lineno + 1] if line[:1] == "#"
    )
    for stated in filter(None, (behind.removeprefix("#").strip(), below)):
        if stated.startswith("array("):
            assert np.array_equal(value, eval(stated, {"array": np.array})), (value, stated)
            continue
        try:
            expected = ast.literal_eval(stated)
        except (ValueError, SyntaxError):
            continue  # words
        assert value == expected, (value, stated)


def check_requirements(words: list[str]) -> None:
    """The extras that an installation names exist."""
    named = [Requirement(word) for word in words if word.startswith("sextant-geo")]
    assert named, words
    for one in named:
        assert one.extras <= PROJECT["optional-dependencies"].keys(), one


def check_targets(words: list[str]) -> None:
    """The targets of the Makefile exist."""
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert set(words) <= targets


def check_options(words: list[str]) -> None:
    """A benchmark or script exists and has the options that are shown."""
    command = words[:2] if words[0] == "-m" else words[:1]
    asked = subprocess.run([sys.executable, *command, "--help"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr
    missing = [word for word in words[len(command) :] if word.startswith("--") and word not in asked.stdout]
    assert not missing, f"{shlex.join(command)} has no {missing}"
