"""The content-addressed blob store: photos, crops and references by sha256 of their bytes, never in the state."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from sextant.base.errors import SextantError
from sextant.base.files import write_atomic


class BlobMissing(SextantError):
    """A run names bytes that the store does not hold."""


class BlobStore:
    """Immutable bytes under ``folder/ab/abcd…``; the same bytes are kept once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Where the bytes of that hash lie or would lie.

        Raises:
            BlobMissing: ``sha256`` is not a hash; a name from outside never becomes a path.
        """
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise BlobMissing(f"{sha256[:80]!r} is not a sha256 in lower-case hexadecimal")
        return self.folder / sha256[:2] / sha256

    def put(self, content: bytes, *, fsync: bool = False) -> str:
        """Keep the bytes and return their sha256. Whole or not at all: written aside, then renamed.

        Args:
            fsync: wait until the disk holds them; for what nobody can send or compute again.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path(sha256)
        try:
            # Wanted again: whoever deletes what nobody needs looks at this time (graphs/runs/pruning.py).
            os.utime(path)
        except OSError:
            pass
        else:
            return sha256
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # A blob is checked whenever it is read; pictures are nobody else's business.
            write_atomic(path, content, fsync=fsync, mode=0o600)
        except OSError as error:
            raise SextantError(
                f"cannot write to {str(self.folder)!r}: {error.strerror}; free space or pass --home"
            ) from error
        return sha256

    def get(self, sha256: str) -> bytes:
        """Return the bytes of that hash.

        Raises:
            BlobMissing: they are not here, or no longer what they were.
        """
        path = self.path(sha256)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise BlobMissing(
                f"blob {sha256[:12]}… is missing from {str(self.folder)!r}; import the run again"
            ) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise BlobMissing(f"blob {sha256[:12]}… in {str(self.folder)!r} was changed on disk; import the run again")
        return content

    def put_json(self, value: Any) -> str:
        """Keep a JSON value in its canonical form."""
        return self.put(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())

    def get_json(self, sha256: str) -> Any:
        """Return the JSON value of that hash."""
        return json.loads(self.get(sha256))
