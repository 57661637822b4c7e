import errno
import multiprocessing
import os
import threading

import pytest

from sextant.base import locks
from sextant.base.locks import AlreadyLocked, DataLock, Lock, is_data_locked, is_locked


def hold(path, held, release, kind=Lock):
    lock = kind(path)
    lock.take()
    held.set()
    release.wait(30)
    os._exit(1)  # as a kill ends it


def test_another_process_is_kept_out_and_named_until_it_dies(tmp_path):
    context = multiprocessing.get_context("spawn")
    held, release = context.Event(), context.Event()
    other = context.Process(target=hold, args=(tmp_path / "lock", held, release))
    other.start()
    assert held.wait(60)
    try:
        assert is_locked(tmp_path / "lock")
        with pytest.raises(AlreadyLocked) as found:
            Lock(tmp_path / "lock").take()
        assert found.value.holder == f"pid {other.pid}"
    finally:
        release.set()
        other.join()
    assert not is_locked(tmp_path / "lock")
    Lock(tmp_path / "lock").take()


def test_a_released_lock_leaves_no_file_and_can_be_taken_again(tmp_path):
    lock = Lock(tmp_path / "lock")
    assert not is_locked(tmp_path / "lock") and not (tmp_path / "lock").exists()
    lock.take()
    assert is_locked(tmp_path / "lock")
    lock.release()
    lock.release()
    assert not (tmp_path / "lock").exists()
    lock.take()
    lock.release()


def test_a_lock_may_be_released_in_another_thread(tmp_path):
    lock = Lock(tmp_path / "lock")
    lock.take()
    thread = threading.Thread(target=lock.release)
    thread.start()
    thread.join()
    assert not is_locked(tmp_path / "lock")


def test_whoever_waits_gets_the_lock_after_its_release(tmp_path):
    first, second, done = Lock(tmp_path / "lock"), Lock(tmp_path / "lock"), []
    first.take()
    thread = threading.Thread(target=lambda: (second.wait(), done.append("second"), second.release()))
    thread.start()
    done.append("first")
    first.release()
    thread.join(30)
    assert done == ["first", "second"]


def test_its_folder_is_made(tmp_path):
    lock = Lock(tmp_path / "new" / "lock")
    lock.take()
    assert is_locked(tmp_path / "new" / "lock")
    lock.release()


def test_a_folder_that_cannot_be_made_is_the_systems_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        Lock(tmp_path / "file" / "lock").take()


def test_a_file_that_another_process_has_locked_can_be_read_and_is_free_once_that_dies(tmp_path):
    data = tmp_path / "data"
    data.write_text("content")
    context = multiprocessing.get_context("spawn")
    held, release = context.Event(), context.Event()
    other = context.Process(target=hold, args=(data, held, release, DataLock))
    other.start()
    assert held.wait(60)
    try:
        assert is_data_locked(data) and data.read_text() == "content"
        with pytest.raises(AlreadyLocked):
            DataLock(data).take()
    finally:
        release.set()
        other.join()
    assert not is_data_locked(data)
    DataLock(data).take()
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


@pytest.fixture(params=["posix", "windows"])
def either_system(request, monkeypatch):
    if request.param == "windows":
        monkeypatch.setattr(locks, "_FCNTL", None)


@pytest.mark.usefixtures("either_system")
def test_a_locked_file_is_free_after_its_release(tmp_path):
    data, lock = tmp_path / "data", DataLock(tmp_path / "data")
    assert not is_data_locked(data) and not data.exists()
    lock.take()
    assert is_data_locked(data)
    with pytest.raises(AlreadyLocked):
        DataLock(data).take()
    lock.release()
    lock.release()
    assert not is_data_locked(data)
    lock.take()
    lock.release()
    assert not list(tmp_path.glob(".*"))


@pytest.mark.usefixtures("either_system")
def test_a_file_that_cannot_be_made_is_the_systems_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        DataLock(tmp_path / "file" / "data").take()


def test_a_file_system_without_locks_is_the_systems_error_and_holds_nothing(tmp_path, monkeypatch):
    def refuse(file, operation):
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(locks._FCNTL, "flock", refuse)
    with pytest.raises(OSError, match="not supported"):
        DataLock(tmp_path / "data").take()
    assert not is_data_locked(tmp_path / "data")
