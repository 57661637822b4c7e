import errno
import os
import stat

import pytest

from sextant.base.files import UNFINISHED, replace_file, write_atomic


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("fsync", [True, False])
def test_a_file_is_made_and_replaced_whole(fsync, tmp_path):
    write_atomic(tmp_path / "f", b"one", fsync=fsync)
    write_atomic(tmp_path / "f", b"two", fsync=fsync)
    assert (tmp_path / "f").read_bytes() == b"two" and names(tmp_path) == ["f"]


def test_a_write_that_fails_leaves_the_old_file_alone(tmp_path):
    write_atomic(tmp_path / "f", b"old")
    seen = []

    def fail(aside):
        aside.write_bytes(b"half")
        seen.extend(names(tmp_path))
        raise RuntimeError

    with pytest.raises(RuntimeError), replace_file(tmp_path / "f") as aside:
        fail(aside)
    assert any(name.endswith(UNFINISHED) for name in seen)
    assert (tmp_path / "f").read_bytes() == b"old" and names(tmp_path) == ["f"]


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(file):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomic(tmp_path / "f", b"new")
    assert names(tmp_path) == []


def test_a_missing_folder_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_atomic(tmp_path / "none" / "f", b"")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_a_private_file_is_readable_by_its_owner_alone(tmp_path):
    write_atomic(tmp_path / "f", b"secret", mode=0o600)
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o600
