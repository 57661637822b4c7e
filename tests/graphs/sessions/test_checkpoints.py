import zlib

import ormsgpack
import pytest

from sextant.base.errors import SextantError
from sextant.graphs.sessions.checkpoints import PackedSerializer, open_sqlite_checkpoints


def test_plain_values_come_back():
    serializer = PackedSerializer()
    state = {"transcripts": {"a": [{"role": "assistant", "content": "é" * 1000}]}, "n": 1.5, "none": None}
    assert serializer.loads_typed(serializer.dumps_typed(state)) == state


def test_repetition_is_packed():
    _, content = PackedSerializer().dumps_typed({"text": "the same words again " * 500})
    assert len(content) < 1000


def test_a_crafted_checkpoint_executes_nothing(tmp_path):
    mark = tmp_path / "executed"
    # What langgraph's permissive default would call: os.system through a constructor extension.
    call = ormsgpack.packb(("os", "system", f"touch {mark}"))
    for code in range(8):
        crafted = ormsgpack.packb(ormsgpack.Ext(code, call))
        try:
            PackedSerializer().loads_typed(("msgpack+z", zlib.compress(crafted)))
        except Exception:
            continue
    assert not mark.exists()


def test_pickles_are_refused():
    with pytest.raises(Exception, match=r"pickle|Unknown"):
        PackedSerializer().loads_typed(("pickle+z", zlib.compress(b"cos\nsystem\n(S'true'\ntR.")))


def test_a_checkpoint_of_another_kind_is_refused():
    with pytest.raises(SextantError, match="unknown kind"):
        PackedSerializer().loads_typed(("msgpack", b"\x80"))


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path):
    file = tmp_path / "checkpoints.sqlite"
    file.write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(SextantError, match=r"--home"), open_sqlite_checkpoints(file):
        pass
