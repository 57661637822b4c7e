import errno
import json
import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.base.json_lines import BrokenLine, JsonLines, is_torn, read_lines


def values(path):
    return [line.value for line in read_lines(path)]


def written(path, *lines):
    file = JsonLines(path)
    for line in lines:
        file.append(line)
    file.close()
    return path


def test_lines_come_back_with_their_numbers_and_ends(tmp_path):
    path = written(tmp_path / "f", {"a": 1}, {"b": "Łódź \ud800"})
    assert [(line.number, line.value) for line in read_lines(path)] == [(1, {"a": 1}), (2, {"b": "Łódź \ud800"})]
    assert [line.end for line in read_lines(path)][-1] == path.stat().st_size
    assert not is_torn(path)


@given(st.integers(min_value=1, max_value=60))
def test_a_file_cut_anywhere_keeps_its_whole_lines(tmp_path_factory, lost):
    lines = [{"n": n, "text": "x" * n} for n in range(5)]
    path = written(tmp_path_factory.mktemp("cut") / "f", *lines)
    size = path.stat().st_size
    os.truncate(path, size - lost)
    left = values(path)
    assert left == lines[: len(left)]
    torn = is_torn(path)
    file = JsonLines(path)
    assert file.repaired == torn
    file.append({"next": True})
    file.close()
    assert values(path) == [*left, {"next": True}]


@pytest.mark.parametrize("tail", [b'{"b": 1', b"\xc3", b'{"b": 1}', b"\x00\x00\x00\n", b"[]\n", b'{"b":\n'])
def test_a_torn_tail_is_left_out_and_cut_off(tail, tmp_path):
    path = written(tmp_path / "f", {"a": 1})
    sound = path.read_bytes()
    path.write_bytes(sound + tail)
    assert values(path) == [{"a": 1}] and is_torn(path)
    file = JsonLines(path)
    file.close()
    assert file.repaired and path.read_bytes() == sound


@pytest.mark.parametrize("spoilt", [b"{", b"[" * 100_000, b"[]", b"\x00", b"\xff", b""])
def test_a_broken_line_in_the_middle_is_named(spoilt, tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b'{"a":1}\n' + spoilt + b'\n{"b":2}\n')
    with pytest.raises(BrokenLine) as found:
        values(path)
    assert found.value.number == 2 and found.value.reason
    assert not is_torn(path)


@pytest.mark.parametrize("content", [b"", b'{"a"', b"x" * 200_000])
def test_a_file_without_a_whole_line_is_empty(content, tmp_path):
    (tmp_path / "f").write_bytes(content)
    file = JsonLines(tmp_path / "f")
    assert file.empty and (tmp_path / "f").read_bytes() == b""
    file.close()


def test_a_long_last_line_is_found_across_chunks(tmp_path):
    path = written(tmp_path / "f", {"a": "x" * 200_000}, {"b": "y" * 150_000})
    os.truncate(path, path.stat().st_size - 1)
    assert [sorted(value) for value in values(path)] == [["a"]]


def test_a_write_that_the_disk_takes_in_part_is_cut_back(tmp_path, monkeypatch):
    file = JsonLines(tmp_path / "f")
    file.append({"a": 1})
    real, calls = os.write, []

    def short(handle, content):
        calls.append(len(content))
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(handle, content[:3])

    monkeypatch.setattr(os, "write", short)
    with pytest.raises(OSError, match="No space left on device"):
        file.append({"b": 2}, {"c": 3})
    monkeypatch.undo()
    assert (tmp_path / "f").read_bytes() == b'{"a":1}\n'
    file.append({"d": 4})
    file.close()
    assert values(tmp_path / "f") == [{"a": 1}, {"d": 4}]


def test_a_write_taken_in_two_parts_is_whole(tmp_path, monkeypatch):
    file = JsonLines(tmp_path / "f")
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, content: real(handle, content[:5]))
    file.append({"some": "longer line"})
    assert values(tmp_path / "f") == [{"some": "longer line"}]
    file.close()


def test_lines_of_many_threads_do_not_mix(tmp_path):
    file = JsonLines(tmp_path / "f", fsync=True)
    threads = [
        threading.Thread(target=lambda n=n: [file.append({"n": n, "i": i, "x": "x" * 500}) for i in range(20)])
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    file.close()
    assert sorted((line["n"], line["i"]) for line in values(tmp_path / "f")) == [
        (n, i) for n in range(4) for i in range(20)
    ]


def test_a_closed_file_takes_nothing(tmp_path):
    file = JsonLines(tmp_path / "f")
    file.close()
    file.close()
    with pytest.raises(OSError, match="is closed"):
        file.append({"a": 1})


def test_a_missing_file_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        values(tmp_path / "none")
    with pytest.raises(FileNotFoundError):
        JsonLines(tmp_path / "none" / "f")


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.floats(allow_nan=False)))
def test_any_object_comes_back(tmp_path_factory, value):
    path = written(tmp_path_factory.mktemp("any") / "f", value)
    assert values(path) == [json.loads(json.dumps(value))]


def test_a_line_that_the_disk_does_not_hold_is_cut_off_for_all_who_wait(tmp_path, monkeypatch):
    file, failures = JsonLines(tmp_path / "f", fsync=True), []
    file.append({"kept": 1})

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    def append(number):
        try:
            file.append({"lost": number})
        except OSError as error:
            failures.append(error.errno)

    monkeypatch.setattr(os, "fsync", full)
    threads = [threading.Thread(target=append, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    monkeypatch.undo()
    assert len(failures) == 8 and values(tmp_path / "f") == [{"kept": 1}]
    file.append({"kept": 2})
    assert values(tmp_path / "f") == [{"kept": 1}, {"kept": 2}]


def test_a_failed_wait_spares_lines_that_were_taken_without_one(tmp_path, monkeypatch):
    file = JsonLines(tmp_path / "f")
    file.append({"taken": 1})
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.EIO, "Input/output error")))
    with pytest.raises(OSError, match="Input/output error"):
        file.append({"lost": 1}, fsync=True)
    assert values(tmp_path / "f") == [{"taken": 1}]
