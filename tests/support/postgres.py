"""A private PostgreSQL on loopback for one test session: a fresh cluster in a temporary folder."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDERS = [Path(path) for path in os.environ.get("PATH", "").split(os.pathsep)]
FOLDERS += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def binary(name: str) -> Path | None:
    """The program of that name, on the path or where Debian puts it."""
    return next((folder / name for folder in FOLDERS if (folder / name).is_file()), None)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a fresh database server. PostgreSQL refuses to run as root: then it runs as its own user."""
    initdb, server = binary("initdb"), binary("postgres")
    if initdb is None or server is None:
        pytest.skip("no PostgreSQL here; install the package 'postgresql'")
    as_root = os.geteuid() == 0
    if as_root and (shutil.which("runuser") is None or not user_exists("postgres")):
        pytest.skip("PostgreSQL cannot run as root, and there is no user 'postgres' to run it as")
    prefix = ["runuser", "-u", "postgres", "--"] if as_root else []
    # Not under pytest's folder: its parents are closed to other users.
    folder = Path(subprocess.run([*prefix, "mktemp", "-d"], check=True, capture_output=True, text=True).stdout.strip())
    data = folder / "data"
    subprocess.run(
        [*prefix, initdb, "-D", data, "-U", "sextant", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"],
        check=True,
        capture_output=True,
        cwd="/",
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]
    process = subprocess.Popen(
        [*prefix, server, "-D", data, "-p", str(port), *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
    address = f"postgresql://sextant@127.0.0.1:{port}/postgres"
    try:
        wait_for(address, process)
        yield address
    finally:
        pg_ctl = binary("pg_ctl")
        subprocess.run(
            [*prefix, pg_ctl, "-D", data, "stop", "-m", "immediate"], capture_output=True, cwd="/", check=False
        )
        process.wait(20)
        subprocess.run([*prefix, "rm", "-rf", folder], check=False, cwd="/")


def wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    """Until the server answers."""
    import time

    import psycopg

    for _ in range(300):
        try:
            psycopg.connect(address, connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None:
                raise AssertionError(f"PostgreSQL ended with {process.returncode}") from None
            time.sleep(0.1)
    raise AssertionError("PostgreSQL does not answer")


def user_exists(name: str) -> bool:
    import pwd

    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
