import multiprocessing
import os
import threading

import pytest

from sextant.base.locks import AlreadyLocked, Lock, is_locked


def hold(path, held, release):
    lock = Lock(path)
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
