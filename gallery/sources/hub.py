"""Source: a dataset on the Hugging Face hub, downloaded with resumption, then read like any folder."""

import re
from pathlib import Path

from sextant.base.errors import format_error
from sextant.gallery.photos.open import PHOTO_SUFFIXES
from sextant.gallery.sources.hub_files import fetch_large_files
from sextant.gallery.sources.records import SourceError

_DATASET = re.compile(r"^(hf:)?\w[\w.-]*/\w[\w.-]*$")
_WANTED = [
    "*.csv",
    "*mp-16-images[0-9][0-9]",
    "*.tar",
    "*.tar.*",
    "*.zip",
    *(f"*{suffix}" for suffix in sorted(PHOTO_SUFFIXES)),
]


def is_dataset(source: str) -> bool:
    """Return whether this names a dataset: hf:owner/name, or owner/name where no folder is called like the owner."""
    return bool(_DATASET.match(source)) and not Path(source.split("/")[0]).exists()


def download_dataset(source: str) -> Path:
    """Download the dataset's files into the hub's cache; finished files of an interrupted download are reused.

    Large files resume in the middle (``hub_files``), small ones start again.

    Raises:
        SourceError: no such dataset, no permission, or no connection; the message says which.
    """
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError
    except ImportError as error:
        raise SourceError("datasets need huggingface_hub; install it with: pip install huggingface_hub") from error
    name = source.removeprefix("hf:")
    try:
        fetch_large_files(name, _WANTED)
        return Path(snapshot_download(name, repo_type="dataset", allow_patterns=_WANTED, max_workers=4))
    except GatedRepoError as error:
        way_out = f"accept its terms at huggingface.co/datasets/{name} and run: hf auth login"
        raise SourceError(f"dataset {name!r} is gated; {way_out}") from error
    except RepositoryNotFoundError as error:
        raise SourceError(
            f"source {source!r} is neither a local path nor a dataset on the hub; check its spelling"
        ) from error
    except Exception as error:
        reason = format_error(error)
        raise SourceError(
            f"source {source!r} is not a path, and downloading it as a hub dataset failed: {reason}; run it again"
        ) from error
