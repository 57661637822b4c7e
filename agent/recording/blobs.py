"""Content-addressed blob store: photos, crops and references by the sha256 of their bytes, kept out of the state."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from sextant.base.errors import SextantError
from sextant.base.files import write_atomic


class BlobMissing(SextantError):
    """A run refers to a blob that is not in the store."""


class BlobStore:
    """Immutable bytes under ``folder/ab/abcd…``; equal bytes are stored once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Return the path of a blob, whether it is stored or not.

        Raises:
            BlobMissing: ``sha256`` is not a hash. The check keeps untrusted names from becoming paths.
        """
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise BlobMissing(f"{sha256[:80]!r} is not a sha256 in lower-case hexadecimal")
        return self.folder / sha256[:2] / sha256

    def put(self, content: bytes, *, fsync: bool = False) -> str:
        """Store the bytes atomically (temporary file, then rename) and return their sha256.

        Args:
            fsync: wait until they are on disk; for bytes that cannot be sent or computed again.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path(sha256)
        try:
            # Mark the blob as needed again: pruning keeps recently touched blobs (graphs/runs/pruning.py).
            os.utime(path)
        except OSError:
            pass
        else:
            return sha256
        try:
            # The hash is checked on every read. Mode 600: pictures are private.
            try:
                write_atomic(path, content, fsync=fsync, mode=0o600)
            except FileNotFoundError:  # the first blob of its folder
                path.parent.mkdir(parents=True, exist_ok=True)
                write_atomic(path, content, fsync=fsync, mode=0o600)
        except OSError as error:
            raise SextantError(
                f"cannot write to {str(self.folder)!r}: {error.strerror}; free space or pass --home"
            ) from error
        return sha256

    def get(self, sha256: str) -> bytes:
        """Read a blob and check its hash.

        Raises:
            BlobMissing: the blob is missing or was changed on disk.
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
        """Store a JSON value in canonical form and return its sha256."""
        return self.put(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())

    def get_json(self, sha256: str) -> Any:
        """Read a stored JSON value."""
        return json.loads(self.get(sha256))
