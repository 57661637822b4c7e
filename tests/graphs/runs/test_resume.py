"""Going on with runs that stopped, without any process being killed (that is tests/test_kill_and_resume.py)."""

import shutil

import pytest

from sextant.agent.recording.cassette import CassetteError
from sextant.base.errors import SextantError
from sextant.graphs.runs.folder import RunError, RunFolder
from sextant.graphs.runs.replay import replay
from sextant.graphs.runs.resume import resume
from sextant.graphs.runs.run import locate
from sextant.graphs.runs.steps import read_steps
from sextant.graphs.sessions.checkpoints import open_sqlite_checkpoints
from tests.support.model_server import ModelServer
from tests.support.recorded import script, settings_for


@pytest.fixture
def stopped(recorded_run, tmp_path):
    """The recorded run as if it had been killed before it could keep its answer; no checkpoint, no blob is left."""
    folder = RunFolder(shutil.copytree(recorded_run.path, tmp_path / "runs" / recorded_run.name))
    (folder.path / "answer.json").unlink()
    folder.update(status="running")
    return folder


def test_a_run_whose_calls_are_all_recorded_asks_nobody(stopped, recorded_run, tmp_path):
    assert resume(stopped.name, str(tmp_path)).answer == recorded_run.answer()
    assert stopped.record()["status"] == "done"


def test_steps_taken_twice_are_kept_once(stopped, recorded_run, tmp_path):
    resume(stopped.name, str(tmp_path))
    assert [s.step_info for s in read_steps(stopped.steps)] == [s.step_info for s in read_steps(recorded_run.steps)]
    assert replay(stopped).answer == recorded_run.answer()


def test_a_step_line_cut_off_does_not_take_the_next_one_with_it(stopped, recorded_run, tmp_path):
    text = stopped.steps.read_text()
    stopped.steps.write_text(text[: len(text) // 2])
    resume(stopped.name, str(tmp_path))
    assert len(read_steps(stopped.steps)) == len(read_steps(recorded_run.steps))


def test_what_is_missing_is_asked_and_no_more_once_the_photo_is_here(
    stopped, recorded_run, gallery, query, tmp_path, keys
):
    lines = stopped.cassette.read_text().splitlines(keepends=True)
    last = max(number for number, line in enumerate(lines) if '"kind":"model"' in line)
    stopped.cassette.write_text("".join(lines[:last]))
    with pytest.raises(SextantError, match=r"blob [0-9a-f]{12}… is missing from"):
        resume(stopped.name, str(tmp_path))
    shutil.copytree(recorded_run.path.parents[1] / "blobs", tmp_path / "blobs", dirs_exist_ok=True)
    with ModelServer(script) as server:
        assert resume(stopped.name, str(tmp_path), server.base_url).answer["best"] == recorded_run.answer()["best"]
    assert server.count == 1


def test_a_run_that_fails_can_be_resumed_when_the_reason_is_gone(gallery, query, tmp_path, keys, monkeypatch):
    def no_coverage(*given: object) -> int:
        raise SextantError("the gallery went away")

    with ModelServer(script) as server:
        settings = settings_for(server, gallery, tmp_path, run="failed")
        with monkeypatch.context() as broken:
            broken.setattr("sextant.gallery.store.Gallery.count_within_km", no_coverage)
            with pytest.raises(SextantError, match="went away"):
                locate(str(query), settings)
        paid = server.count
        folder = RunFolder(tmp_path / "runs" / "failed")
        assert (folder.record()["status"], folder.record()["error"]) == ("failed", "the gallery went away")
        assert resume("failed", str(tmp_path)).answer["best"]["country_code"] == "PT"
        assert server.count == paid


@pytest.mark.parametrize("name", ["nothing", "../x", ""])
def test_no_such_run_is_one_line(tmp_path, name):
    with pytest.raises(RunError, match="no run named"):
        resume(name, str(tmp_path))


def test_a_cassette_changed_by_hand_is_not_resumed(stopped, tmp_path):
    stopped.cassette.write_text(stopped.cassette.read_text().replace("Lisbon", "Madrid"))
    with pytest.raises(CassetteError, match="was changed after it was recorded"):
        resume(stopped.name, str(tmp_path))


def test_an_imported_run_is_not_resumed(stopped, tmp_path):
    stopped.update(imported=True)
    with pytest.raises(SextantError, match="was imported"):
        resume(stopped.name, str(tmp_path))


def test_a_run_keeps_no_checkpoints_and_reads_none(stopped, recorded_run, tmp_path):
    """Of an earlier version, or crafted: the recording alone says what happened."""
    mark = tmp_path / "executed"
    crafted = f"cos\nsystem\n(S'touch {mark}'\ntR.".encode()
    with open_sqlite_checkpoints(tmp_path / "checkpoints.sqlite") as saver:
        saver.conn.execute(
            "INSERT INTO checkpoints (thread_id, checkpoint_ns, checkpoint_id, type, checkpoint, metadata) "
            "VALUES (?, '', '1', 'pickle', ?, '{}')",
            (stopped.name, crafted),
        )
        saver.conn.commit()
    assert resume(stopped.name, str(tmp_path)).answer == recorded_run.answer()
    assert not mark.exists()
