"""Calls kept on disk and shared by the cells of a grid: what does not change is asked once."""

import json
from pathlib import Path

from agent.cassette import compact, key_of
from agent.equipment import Outside
from agent.state import Json
from eval.run_folder import digest
from graphs.folders import write_bytes

SHARED = ("references", "tool", "model")


class SharedCalls:
    """A world that answers retrieval, tools and model calls from a folder where it can, and fills it where it cannot.

    A failed model call is not kept: another cell tries it again.

    Args:
        folder: one file a call, named by what was asked.
        retrieval: what references and tool results depend on besides the request: gallery, encoder, exclusions.
    """

    def __init__(self, world: Outside, folder: Path, retrieval: Json) -> None:
        self._world = world
        self._folder = folder
        self._retrieval = digest(retrieval)

    def __call__(self, kind: str, request: Json) -> Json:
        if kind not in SHARED:
            return self._world(kind, request)
        file = self._file(kind, request)
        if file.exists():
            known: Json = json.loads(file.read_bytes())
            return known
        reply = self._world(kind, request)
        if not reply.get("failure"):
            file.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(file, json.dumps(reply).encode())
        return reply

    def _file(self, kind: str, request: Json) -> Path:
        compacted, _ = compact(kind, request)
        asked = compacted if kind == "model" else {**compacted, "retrieval": self._retrieval}
        key = key_of(kind, asked)
        return self._folder / key[:2] / f"{key}.json"
