"""Checkpoints on disk: SQLite, read back by a serializer that can build nothing but plain values and messages."""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver

from geo.errors import SextantError

BIGGEST = 256 * 2**20  # bytes one checkpoint may unpack to; ours are some kilobytes


class PackedSerializer(JsonPlusSerializer):
    """Strict msgpack, compressed: every step stores the whole state, and transcripts repeat themselves.

    No type outside langgraph's own safe list is ever rebuilt, so a crafted file executes nothing (CVE-2026-28277).
    """

    def __init__(self) -> None:
        super().__init__(pickle_fallback=False, allowed_msgpack_modules=None)

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        kind, content = super().dumps_typed(obj)
        return f"{kind}+z", zlib.compress(content, 6)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        kind, content = data
        if not kind.endswith("+z"):
            raise SextantError(f"a checkpoint of the unknown kind {kind!r} was refused; delete the checkpoints file")
        unpacker = zlib.decompressobj()
        plain = unpacker.decompress(content, BIGGEST)
        if unpacker.unconsumed_tail:
            raise SextantError("a checkpoint that unpacks to over 256 MiB was refused; delete the checkpoints file")
        return super().loads_typed((kind.removesuffix("+z"), plain))


@contextmanager
def sqlite_checkpoints(path: Path) -> Iterator[SqliteSaver]:
    """A checkpointer over the file at ``path``, made when missing.

    Raises:
        SextantError: the file cannot be opened or is no database.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, check_same_thread=False, timeout=30)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        saver = SqliteSaver(connection, serde=PackedSerializer())
        saver.setup()
    except (OSError, sqlite3.Error) as error:
        raise SextantError(f"cannot keep checkpoints in {str(path)!r}: {error}; move it away or pass --home") from error
    try:
        yield saver
    finally:
        connection.close()
