"""A disk that is full for one write, at 40 moments of a run over every writer: one line, and nothing asked twice."""

import os
from pathlib import Path

import pytest

from sextant.agent.recording.cassette import Cassette
from sextant.agent.settings import Settings
from sextant.base.errors import SextantError
from sextant.graphs.runs.folder import list_runs
from sextant.graphs.runs.resume import resume
from sextant.graphs.runs.run import locate
from tests.support.model_script import Reply, always
from tests.support.model_server import ModelServer

MOMENTS = 40


class FullOnce:
    """Counts the writes of a process and lets one of them stop in the middle."""

    def __init__(self, monkeypatch, moment: int) -> None:
        self.left, self.hit = moment, False
        self.write, self.write_bytes = os.write, Path.write_bytes
        monkeypatch.setattr(os, "write", self.raw)
        monkeypatch.setattr(Path, "write_bytes", lambda path, content: self.whole(path, content))

    def full(self) -> bool:
        self.left -= 1
        self.hit = self.hit or self.left == 0
        return self.left == 0

    def raw(self, file, content):
        if len(content) > 20 and self.full():
            self.write(file, bytes(content[: len(content) // 2]))
            raise OSError(28, "No space left on device")
        return self.write(file, content)

    def whole(self, path, content):
        if self.full():
            self.write_bytes(path, content[: len(content) // 2])
            raise OSError(28, "No space left on device")
        return self.write_bytes(path, content)


@pytest.mark.parametrize("moment", range(1, MOMENTS + 1))
def test_a_run_stops_with_one_line_and_goes_on(gallery, query, tmp_path, monkeypatch, moment):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    with ModelServer(always(Reply(text='{"latitude": 38.7, "longitude": -9.1, "confidence": 0.9}'))) as model:
        given = {"model": "openai:s", "base_url": model.base_url, "gallery": str(gallery), "verify": "density"}
        settings = Settings(**given, home=str(tmp_path), concurrency=1, retries=0)
        with monkeypatch.context() as patch:
            FullOnce(patch, moment)
            try:
                answer = locate(str(query), settings).answer
            except SextantError as error:
                answer, told = None, str(error)
        assert answer or "\n" not in told
        asked = model.count
        runs = list(list_runs(str(tmp_path)))
        recorded = sum(
            call.kind == "model"
            for run in runs
            if run.cassette.exists() and run.cassette.stat().st_size
            for call in Cassette.read(run.cassette).calls.values()
        )
        # Only the one call whose recording the disk refused is lost.
        assert recorded >= asked - 1
        if answer is None:
            name = runs[0].name if runs else None
            answer = (resume(name, str(tmp_path)) if name else locate(str(query), settings)).answer
            assert model.count - asked <= (4 if name is None else max(1, 4 - recorded)) + 20
            again = sum(
                call.kind == "model"
                for call in Cassette.read(list(list_runs(str(tmp_path)))[-1].cassette).calls.values()
            )
            assert model.count == again + (asked - recorded)
        assert answer["best"]["country_code"] == "PT"
    assert not list(tmp_path.rglob("*.part"))
