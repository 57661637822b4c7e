"""`sextant locate FOLDER --out DIR`: what it finds, how it resumes, what it refuses. The real command line."""

import json
import os
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from sextant.agent.privacy.precision import load_policy
from sextant.agent.settings import Settings
from sextant.app.library.finding import find_photos
from sextant.app.library.folder import LibraryFolder
from sextant.app.library.running import LibraryTask, place_library
from sextant.base.errors import WrongUse
from sextant.graphs.batches.lines import FolderError, lock_writer
from tests.support.cli import sextant
from tests.support.model_script import Fault, Reply, always, in_turn
from tests.support.model_server import ModelServer

LISBON = Reply(text='{"latitude": 38.71, "longitude": -9.14, "confidence": 0.9}', usage=(1000, 100))


@pytest.fixture
def some(photos, tmp_path):
    folder = tmp_path / "some"
    (folder / "deep").mkdir(parents=True)
    for name in ("lisbon-0", "nairobi-0"):
        shutil.copy(photos / f"{name}.jpg", folder)
    shutil.copy(photos / "oslo-0.jpg", folder / "deep" / "no-suffix")
    shutil.copy(photos / "oslo-0.jpg", folder / "deep" / "z-copy.jpg")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    (folder / "notes.txt").write_text("no photo")
    return folder


@pytest.fixture
def task(some, gallery, tmp_path):
    found = find_photos([str(some)])
    settings = Settings(gallery=str(gallery), home=str(tmp_path / "home"), concurrency=2)
    return LibraryTask(tuple(found.photos.values()), found.root, settings, tmp_path / "out", load_policy(None))


def read(out):
    """The last line of each photo without clocks and without what depends on where it lies."""
    folder, kept = LibraryFolder(out), {}
    for name, line in folder.read_all(folder.read_index()):
        answer = line["answer"] and {**line["answer"], "spent": {**line["answer"]["spent"], "seconds": 0}}
        kept[name] = {**line, "timings": {}, "answer": answer}
    return kept


def test_a_folder_is_located_by_content_and_a_copy_only_once(some, gallery, tmp_path):
    ran = sextant("locate", some, "--gallery", gallery, "--out", tmp_path / "out", "--json", home=tmp_path / "home")
    assert (
        ran.code == 1
        and "left out because they are not photos: 1" in ran.err
        and "try them again with --retry-errors" in ran.error
    )
    assert ran.json["photos"] == ran.json["done"] == 5 and ran.json["failed"] == 1 and ran.json["ended"] == "done"
    lines = read(tmp_path / "out")
    assert list(lines) == ["broken.jpg", "deep/no-suffix", "deep/z-copy.jpg", "lisbon-0.jpg", "nairobi-0.jpg"]
    assert lines["broken.jpg"]["error"]["kind"] == "unreadable"
    copy, original = lines["deep/z-copy.jpg"], lines["deep/no-suffix"]
    assert copy["same_as"] == "deep/no-suffix" and copy["answer"]["best"] == original["answer"]["best"]
    assert copy["answer"]["photo"]["path"].endswith("z-copy.jpg")
    assert len(list((tmp_path / "out" / "records").iterdir())) == 4
    again = sextant("locate", some, "--gallery", gallery, "--out", tmp_path / "out", "--json", home=tmp_path / "home")
    assert again.json["done"] == 5 and read(tmp_path / "out") == lines


def test_patterns_lists_and_standard_input_name_photos(some, tmp_path, monkeypatch):
    listed = tmp_path / "list.txt"
    listed.write_text(f"# two\n{some / 'lisbon-0.jpg'}\n\n{some / 'nairobi-0.jpg'}\n")
    two = {str(some / "lisbon-0.jpg"), str(some / "nairobi-0.jpg")}
    assert set(find_photos([str(listed)]).photos) == two
    assert set(find_photos([f"{some}/*-0.jpg"]).photos) == two
    assert set(find_photos(["-"], typed=os.fsencode("\0".join(sorted(two)))).photos) == two
    assert len(find_photos([str(some), str(listed)]).photos) == 5
    with pytest.raises(WrongUse, match="no photo matches"):
        find_photos([f"{some}/*.png"])


def test_a_pattern_follows_no_link_and_matches_no_hidden_file(some):
    for loop in ("a", "b"):  # two loops: followed 40 deep, they would have 2 ** 40 paths
        (some / "deep" / loop).symlink_to(some)
    (some / ".hidden").mkdir()
    shutil.copy(some / "lisbon-0.jpg", some / ".hidden" / "c.jpg")
    every = {str(path) for path in some.rglob("*.jpg") if ".hidden" not in path.parts}
    assert set(find_photos([f"{some}/**/*.jpg"]).photos) == every
    assert every <= set(find_photos([f"{some}/**"]).photos)
    assert set(find_photos([f"{some}/.hid*/*.jpg"]).photos) == {str(some / ".hidden" / "c.jpg")}


def test_a_list_holds_any_name_that_a_file_can_have(some, tmp_path):
    odd = ["a\u2028b.jpg", "caf\udce9.jpg", "x\x0cy.jpg", " blank .jpg"]
    for name in odd:
        shutil.copy(some / "lisbon-0.jpg", some / name)
    typed = b"\xef\xbb\xbf# a comment\r\n" + b"\r\n".join(os.fsencode(some / name) for name in odd) + b"\r\n"
    assert sorted(find_photos(["-"], typed=typed).photos) == sorted(str(some / name) for name in odd)
    broken = ["#1.jpg", "line\nbreak.jpg"]
    found = find_photos(["-"], typed=b"\0".join(os.fsencode(name) for name in broken) + b"\0")
    assert sorted(found.photos) == sorted(str(Path.cwd() / name) for name in broken)


def test_odd_folders_are_walked_and_said(some, tmp_path):
    (some / "deep" / "loop").symlink_to(some)
    (some / "dangling.jpg").symlink_to(some / "nowhere.jpg")
    os.mkfifo(some / "pipe.jpg")  # opening it would wait forever
    (some / "a.jxl").write_bytes(b"\xff\x0a" + b"\0" * 40)
    odd = os.fsdecode(b"caf\xe9.jpg")
    shutil.copy(some / "lisbon-0.jpg", some / odd)
    (some / "out").mkdir()
    shutil.copy(some / "lisbon-0.jpg", some / "out" / "thumbnail.jpg")
    found = find_photos([str(some)], out=str(some / "out"))
    assert odd in found.photos and "dangling.jpg" in found.photos and len(found.photos) == 7
    assert any("JPEG XL" in note for note in found.list_notes())


def test_a_name_that_is_not_utf8_is_located_and_resumed(task, some):
    odd = os.fsdecode(b"caf\xe9.jpg")
    (some / odd).write_bytes((some / "lisbon-0.jpg").read_bytes() + b"\0")
    photos = tuple(find_photos([str(some)]).photos.values())
    place_library(replace(task, photos=photos))
    assert read(task.out)[odd]["answer"]["best"]["country_code"] == "PT"
    assert place_library(replace(task, photos=photos)).counts.fresh == 0


def test_a_stopped_library_resumes_to_what_an_undisturbed_one_is(task, tmp_path):
    stop = threading.Event()
    ended = place_library(task, lambda counts, line: stop.set(), stop)
    assert ended.why == "stopped" and 0 < ended.counts.done < 5
    assert place_library(task).why == "done"
    other = replace(task, out=tmp_path / "other", settings=replace(task.settings, home=str(tmp_path / "other-home")))
    place_library(other)
    assert read(task.out) == read(other.out)


def test_a_photo_that_changed_is_located_again_and_one_that_was_only_touched_is_not(task, some):
    place_library(task)
    os.utime(some / "nairobi-0.jpg", (1, 1))
    shutil.copy(some / "nairobi-0.jpg", some / "lisbon-0.jpg")
    ended = place_library(task)
    lines = read(task.out)
    assert ended.counts.fresh == 1
    assert lines["lisbon-0.jpg"]["stamp"]["sha256"] == lines["nairobi-0.jpg"]["stamp"]["sha256"]
    assert lines["lisbon-0.jpg"]["answer"]["best"] == lines["nairobi-0.jpg"]["answer"]["best"]


def test_a_photo_that_changed_while_its_run_was_interrupted_is_not_answered_from_the_old_recording(task, some):
    place_library(task)
    task.out.joinpath("answers.jsonl").write_text("")
    (some / "lisbon-0.jpg").write_bytes((some / "nairobi-0.jpg").read_bytes() + b"\0")
    place_library(task)
    lines = read(task.out)
    assert lines["lisbon-0.jpg"]["answer"]["best"] == lines["nairobi-0.jpg"]["answer"]["best"]


def test_failures_are_tried_again_only_on_request(task):
    place_library(task)
    assert place_library(task).counts.fresh == 0
    ended = place_library(replace(task, retry_errors=True))
    assert ended.counts.fresh == 1 and ended.counts.failed == 1


def test_other_settings_are_refused_with_the_difference(task):
    place_library(task)
    with pytest.raises(WrongUse, match=r"answers made with other settings .settings.seed: 0 there, 7 here"):
        place_library(replace(task, settings=replace(task.settings, seed=7)))


def test_two_processes_on_one_folder_are_kept_apart(task):
    with lock_writer(task.out), pytest.raises(FolderError, match="another process"):
        place_library(task)


def test_money_is_of_the_whole_library_and_a_higher_limit_resumes(task):
    with ModelServer(always(LISBON)) as server:
        settings = replace(
            task.settings, model="openai:x", base_url=server.base_url, price="10/10", preset="street-rag", concurrency=1
        )
        asking = replace(task, settings=settings, max_usd=0.03)
        ended = place_library(asking)
        assert ended.why == "money" and server.count * 0.011 <= 0.03 and ended.counts.done >= 1
        done = place_library(replace(asking, max_usd=5.0))
        assert done.why == "done" and done.counts.done == 5
        assert server.count == 3  # the broken photo costs nothing, the copy neither


def test_an_unavailable_model_ends_the_library_and_nothing_counts_as_failed(task, some):
    for number in range(6):
        (some / f"more-{number}.jpg").write_bytes((some / "lisbon-0.jpg").read_bytes() + bytes([number]))
    (some / "broken.jpg").unlink()
    photos = tuple(find_photos([str(some)]).photos.values())
    with ModelServer(in_turn(*[Fault("bad_key")] * 40)) as server:
        settings = replace(task.settings, model="openai:x", base_url=server.base_url, preset="street-rag")
        ended = place_library(replace(task, photos=photos, settings=settings))
    assert ended.why == "model" and "refuses the key" in str(ended.reason) and ended.counts.done == 0


def test_a_folder_needs_a_place_to_write_to(some, tmp_path):
    ran = sextant("locate", some, home=tmp_path / "home")
    assert ran.code == 2 and "needs --out DIR" in ran.error
    ran = sextant("locate", some / "lisbon-0.jpg", "--retry-errors", home=tmp_path / "home")
    assert ran.code == 2 and "add --out DIR" in ran.error


def test_a_target_that_cannot_be_written_is_one_clear_line(some, gallery, tmp_path):
    (tmp_path / "file").write_text("")
    ran = sextant("locate", some, "--gallery", gallery, "--out", tmp_path / "file" / "out", home=tmp_path / "home")
    assert ran.code == 1 and "cannot write to" in ran.error and "give another --out" in ran.error


def test_a_precision_cap_holds_in_what_is_written(some, gallery, tmp_path):
    out = tmp_path / "out"
    sextant(*("locate", some, "--gallery", gallery, "--out", out, "--precision", "country"), home=tmp_path / "home")
    lines = [json.loads(line) for line in (out / "answers.jsonl").read_text().splitlines()]
    assert all(line["answer"] is None or line["answer"]["best"].get("place") is None for line in lines)
    assert Path(out / "library.json").exists()
