import errno
import multiprocessing
import os

import pytest

from sextant.base.errors import SextantError, WrongUse
from sextant.eval.running.folder import (
    EvaluationError,
    EvaluationFolder,
    refuse_changed,
)
from sextant.graphs.batches.configuration import list_differences
from sextant.graphs.batches.lines import FolderError, LineWriter, lock_writer


def written(path, *lines):
    writer = LineWriter(path)
    for line in lines:
        writer.append(line)
    writer.close()


def test_the_last_line_of_a_photo_counts(tmp_path):
    written(tmp_path / "lines.jsonl", {"image": "a", "n": 1}, {"image": "b", "n": 2}, {"image": "a", "n": 3})
    assert {image: line["n"] for image, line in EvaluationFolder(tmp_path).lines().items()} == {"a": 3, "b": 2}


@pytest.mark.parametrize("cut", [b'{"image": "b", "n"', b'{"image": "b"}'[:-1], b"\xc3"])
def test_a_cut_last_line_is_repaired_and_said(cut, tmp_path):
    file = tmp_path / "lines.jsonl"
    written(file, {"image": "a"})
    sound = file.read_bytes()
    file.write_bytes(sound + cut)
    writer = LineWriter(file)
    writer.close()
    assert writer.repaired and file.read_bytes() == sound


def test_a_whole_file_is_not_repaired(tmp_path):
    written(tmp_path / "l", {"image": "a"})
    writer = LineWriter(tmp_path / "l")
    writer.close()
    assert not writer.repaired


def test_a_broken_line_in_the_middle_is_an_error_that_names_it(tmp_path):
    (tmp_path / "lines.jsonl").write_text('{"image": "a"}\nnonsense\n{"image": "b"}\n')
    with pytest.raises(EvaluationError, match=r"line 2 .* is broken"):
        EvaluationFolder(tmp_path).lines()


def test_a_full_disk_leaves_whole_lines_and_one_clear_error(tmp_path, monkeypatch):
    writer = LineWriter(tmp_path / "l")
    writer.append({"image": "a"})
    real = os.write

    def full(file, content):
        real(file, content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(SextantError, match="No space left on device; free space, then run the same command again"):
        writer.append({"image": "b"})
    assert (tmp_path / "l").read_text() == '{"image":"a"}\n'


def hold(folder, held, release):
    with lock_writer(folder):
        held.set()
        release.wait(30)


def test_the_second_process_on_a_folder_is_refused_and_told_who_works_there(tmp_path):
    context = multiprocessing.get_context("spawn")
    held, release = context.Event(), context.Event()
    other = context.Process(target=hold, args=(tmp_path, held, release))
    other.start()
    assert held.wait(60)
    try:
        with (
            pytest.raises(FolderError, match=f"another process .pid {other.pid}. is working on"),
            lock_writer(tmp_path),
        ):
            pass
    finally:
        release.set()
        other.join()
    with lock_writer(tmp_path):
        pass


def test_an_evaluation_of_another_format_is_refused(tmp_path):
    (tmp_path / "evaluation.json").write_text('{"format": 99}')
    with pytest.raises(EvaluationError, match="has format 99, this sextant reads 1"):
        EvaluationFolder(tmp_path).header()


def test_a_changed_configuration_is_refused_with_the_difference_shown(tmp_path):
    folder = EvaluationFolder(tmp_path)
    folder.begin({"configuration": {"settings": {"model": "offline", "seed": 0}, "photos": 3}})
    refuse_changed(folder, {"settings": {"model": "offline", "seed": 0}, "photos": 3})
    with pytest.raises(WrongUse, match=r"settings.model: 'offline' there, 'openai:x' here"):
        refuse_changed(folder, {"settings": {"model": "openai:x", "seed": 0}, "photos": 3})


def test_differences_name_the_path_of_each_value():
    assert list_differences({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}, "d": 4}) == [
        "a.c: 2 there, 3 here",
        "d: None there, 4 here",
    ]
