"""Cache model, tool and retrieval calls on disk, shared by several evaluations."""

import json
from pathlib import Path

from sextant.agent.recording.cassette import compact_request, make_key
from sextant.agent.settings import Settings, make_recipe
from sextant.agent.world.deps import Port
from sextant.agent.world.retrieval import uses_peaks
from sextant.base.json_types import Json
from sextant.graphs.batches.configuration import digest, identify_gallery
from sextant.graphs.runs.folder import write_bytes

SHARED = ("references", "tool", "model")


class CallCache:
    """A world that answers retrieval, tools and model calls from a folder where it can, and fills it where it cannot.

    A failed model call is not kept: another evaluation tries it again.

    Args:
        folder: one file a call, named by what was asked.
    """

    def __init__(self, world: Port, folder: Path, settings: Settings) -> None:
        self._world = world
        self._folder = folder
        self._retrieval = digest(identify_retrieval(settings))

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
        compacted, _ = compact_request(kind, request)
        asked = compacted if kind == "model" else {**compacted, "retrieval": self._retrieval}
        key = make_key(kind, asked)
        return self._folder / key[:2] / f"{key}.json"


def identify_retrieval(settings: Settings) -> Json:
    """Return what references and tool results depend on besides the request: gallery, encoder, exclusions, peaks."""
    return {
        "gallery": identify_gallery(settings),
        "exclude_author": settings.exclude_author,
        "exclude_duplicates": settings.exclude_duplicates,
        "without_authors": list(settings.without_authors),
        **({} if uses_peaks(make_recipe(settings)) else {"peaks": False}),
    }
