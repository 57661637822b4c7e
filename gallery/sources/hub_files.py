"""Download large files of a hub dataset, resuming where an earlier download stopped.

huggingface_hub resumes a file only within one process: it deletes what it has of one when it gives up, and never finds
it again when it is killed. Archives of galleries are of many gigabytes, so these are fetched here, under their hash,
to where the hub's cache keeps its blobs. ``snapshot_download`` then finds them there like files of its own.
"""

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from sextant.base.locks import Lock

_LARGE_BYTES = 8 * 1024**2  # what is smaller may come again
_AT_ONCE = 4


@dataclass(frozen=True)
class HubFile:
    """A large file of a dataset's revision: where it is fetched, and what it must be."""

    url: str
    sha256: str
    size: int


class BrokenFile(OSError):
    """What came is not what the hub says it has."""


def fetch_large_files(dataset: str, wanted: Sequence[str]) -> None:
    """Put a dataset's large files into the hub's cache, but for those that are there.

    Args:
        dataset: owner/name.
        wanted: patterns of the names that count.

    Raises:
        HfHubHTTPError: the hub refuses a file.
        OSError: the connection broke too often, or the disk is full; what has come stays.
        BrokenFile: as ``fetch_file``.
    """
    from huggingface_hub import HfApi, constants
    from huggingface_hub.file_download import repo_folder_name

    try:
        info = HfApi().dataset_info(dataset, files_metadata=True)
    except Exception:  # snapshot_download will meet the same, and knows what is cached or how to say it
        return
    blobs = Path(constants.HF_HUB_CACHE, repo_folder_name(repo_id=dataset, repo_type="dataset"), "blobs")
    missing = [file for file in list_large_files(info, wanted) if not (blobs / file.sha256).exists()]
    if missing:
        blobs.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda file: fetch_file(file, blobs), missing))


def list_large_files(info: Any, wanted: Sequence[str]) -> list[HubFile]:
    """List the large files of a revision (with file metadata); those too large for plain HTTP are left out."""
    from huggingface_hub import constants

    return [
        HubFile(_make_address(info, file.rfilename), file.lfs.sha256, file.lfs.size)
        for file in info.siblings or []
        if file.lfs is not None
        and _LARGE_BYTES <= file.lfs.size <= constants.MAX_HTTP_DOWNLOAD_SIZE
        and any(fnmatch(file.rfilename, pattern) for pattern in wanted)
    ]


def _make_address(info: Any, name: str) -> str:
    from huggingface_hub import hf_hub_url

    return hf_hub_url(info.id, name, repo_type="dataset", revision=info.sha)


def fetch_file(file: HubFile, blobs: Path) -> None:
    """Go on with a file where its bytes end; it appears under its hash when it is whole and right.

    Raises:
        BrokenFile: the bytes are not those of this hash; they are deleted.
    """
    lock = Lock(blobs / f".{file.sha256}.lock")
    lock.wait()  # another process may be at it; then there is little or nothing left to do
    try:
        _fetch_alone(file, blobs)
    finally:
        lock.release()


def _fetch_alone(file: HubFile, blobs: Path) -> None:
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # documented, not in __all__

    part = blobs / f"{file.sha256}.part"
    if (blobs / file.sha256).exists():
        part.unlink(missing_ok=True)
        return
    with part.open("ab") as out:
        there = os.fstat(out.fileno()).st_size
        if there > file.size:  # a server that sent too much
            there = out.truncate(0)
        http_get(file.url, out, resume_size=there, headers=build_hf_headers(), expected_size=file.size)
    with part.open("rb") as whole:
        found = hashlib.file_digest(whole, "sha256").hexdigest()
    if found != file.sha256:
        part.unlink()
        raise BrokenFile(f"a file arrived with SHA-256 {found[:8]}… and should have {file.sha256[:8]}…")
    part.rename(blobs / file.sha256)
