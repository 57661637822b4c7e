"""A database that several threads create at the same moment; one that stays locked; a file that is none."""

import sqlite3
import threading

import pytest

from sextant.base import sqlite
from sextant.base.sqlite import open_database, wait_for_lock


def test_many_threads_create_one_file_at_once(tmp_path):
    for attempt in range(40):
        path, failures, start = tmp_path / f"{attempt}.sqlite", [], threading.Barrier(6)

        def work(path=path, failures=failures, start=start):
            start.wait()
            try:
                connection = open_database(path, synchronous="NORMAL")
                connection.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER)")
                connection.execute("INSERT INTO t VALUES (1)")
                connection.close()
            except sqlite3.Error as error:
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures
        connection = open_database(path, synchronous="FULL")
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (6,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        connection.close()


def test_a_lock_is_waited_for_and_then_reported(tmp_path, monkeypatch):
    path, tries = tmp_path / "f.sqlite", []
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(sqlite, "_PATIENCE_S", 0.1)

    def write():
        tries.append(None)
        other = sqlite3.connect(path, timeout=0, isolation_level=None)
        try:
            other.execute("CREATE TABLE t (n INTEGER)")
        finally:
            other.close()

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        wait_for_lock(write)
    assert len(tries) > 1
    holder.execute("COMMIT")
    wait_for_lock(write)
    holder.close()


def test_a_file_that_is_no_database_is_reported_at_once(tmp_path):
    path = tmp_path / "f.sqlite"
    path.write_bytes(b"something else " * 100)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        open_database(path, synchronous="FULL")
    assert path.read_bytes() == b"something else " * 100
