"""Fitted verification models (``--fitted MODEL.json``): stored once by hash, and named by that hash afterwards.

The file is read before a run begins. From then on the settings say ``MODEL.json@SHA256``: which model judges, to the
byte. So a run needs the file no more, and its record holds a name instead of some hundred kilobytes.
"""

import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from sextant.agent.recording.blobs import BlobMissing, BlobStore
from sextant.agent.settings import Settings, make_recipe
from sextant.agent.verification.model_file import Model, ModelFileError, load_model
from sextant.base.errors import SextantError, WrongUse, one_line
from sextant.base.home import Home

NAMED = re.compile(r"([^/@\\]{1,80})@([0-9a-f]{64})")
MOST_BYTES = 64 * 2**20  # the shipped model has one


def resolve_fitted(settings: Settings) -> Settings:
    """Return the settings with their model kept and named by hash; those without one as they are.

    Raises:
        WrongUse: the file is none, or of another version.
        SextantError: a model named by hash is gone, or the disk does not take this one.
    """
    if settings.fitted is None:
        return settings
    blobs = BlobStore(Home.at(settings.home).blobs)
    return replace(settings, fitted=store_fitted(settings.fitted, blobs))


def check_and_resolve_fitted(settings: Settings) -> Settings:
    """``resolve_fitted``, where the model is going to judge.

    Raises:
        WrongUse: as ``resolve_fitted``; or the candidates are weighed in a way that uses no model.
        SextantError: as ``resolve_fitted``.
    """
    if settings.fitted is not None:
        refuse_unused(make_recipe(settings).verify)
    return resolve_fitted(settings)


def refuse_unused(strategy: str) -> None:
    """Raise where a fitted model was given and candidates are weighed in a way that uses none.

    Raises:
        WrongUse: so it is.
    """
    if strategy != "calibrated":
        raise WrongUse(f"a fitted model judges for 'calibrated', not for {strategy!r}; add --verify calibrated")


def store_fitted(fitted: str, blobs: BlobStore) -> str:
    """Return the model's name and hash, its file kept; what is named so already must be here.

    Raises:
        WrongUse: as ``resolve_fitted``.
        SextantError: as ``resolve_fitted``.
    """
    if NAMED.fullmatch(fitted):
        load_fitted_model(fitted, blobs)
        return fitted
    path = Path(fitted)
    read_model(path)
    name = "".join(letter if letter.isprintable() and letter not in "@\\" else "_" for letter in path.name)
    return f"{name[-80:]}@{blobs.put(path.read_bytes())}"


def read_model(path: Path) -> Model:
    """Return the model of a person's file.

    Raises:
        WrongUse: there is none, it is broken, or of another version.
    """
    try:
        if path.exists() and not path.is_file():
            raise WrongUse(f"{str(path)!r} is not a file; pass a file that sextant eval fit wrote")
        if path.is_file() and path.stat().st_size > MOST_BYTES:
            raise WrongUse(f"{str(path)!r} has more than {MOST_BYTES // 2**20} MB; it is not a verification model")
        return load_model(path)
    except (ModelFileError, RecursionError, OSError) as error:
        raise WrongUse(one_line(error, None)) from error


def load_fitted_model(fitted: str, blobs: BlobStore) -> Model:
    """Return the model of that name and hash.

    Raises:
        SextantError: it is not here, not named so, or of another version.
    """
    try:
        path = blobs.path(read_fitted_sha256(fitted))
        if not path.exists():  # loaded once or not: a run must find the model again that judged it
            raise BlobMissing(fitted)
        return _load_cached(path)
    except BlobMissing as error:
        raise SextantError(
            f"the verification model {shorten_fitted_name(fitted)} is not in the home, or is broken there; "
            "import the run again"
        ) from error
    except (ModelFileError, RecursionError) as error:  # a run of another version of this program
        raise SextantError(f"the verification model {shorten_fitted_name(fitted)} cannot be used: {error}") from error


def shorten_fitted_name(fitted: str) -> str:
    """``MODEL.json (3fa9c12b)``: for people."""
    name, _, sha256 = fitted.rpartition("@")
    return f"{name} ({sha256[:8]})"


def read_fitted_sha256(fitted: str) -> str:
    """Read the hash in a model's name; an empty string, which no store holds, without one."""
    named = NAMED.fullmatch(fitted)
    return named[2] if named else ""


@lru_cache(maxsize=4)
def _load_cached(path: Path) -> Model:
    """Return a model by its place in a store: read and checked once, not at every verdict of every photo."""
    store = BlobStore(path.parents[1])
    store.get(path.name)
    return load_model(path)
