"""Fitted verification models (``--fitted MODEL.json``): stored once by hash, and named by that hash afterwards.

The file is read before a run starts. After that, the settings name the exact model as ``MODEL.json@SHA256``: a run no
longer needs the file, and its record holds a name instead of some hundred kilobytes.
"""

import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from sextant.agent.recording.blobs import BlobMissing, BlobStore
from sextant.agent.settings import Settings, make_recipe
from sextant.agent.verification.model_file import Model, ModelFileError, load_model
from sextant.base.errors import SextantError, WrongUse, format_error
from sextant.base.home import Home

NAMED = re.compile(r"([^/@\\]{1,80})@([0-9a-f]{64})")
MOST_BYTES = 64 * 2**20  # the shipped model has one


def resolve_fitted(settings: Settings) -> Settings:
    """Store the settings' fitted model and refer to it by hash; return settings without one unchanged.

    Raises:
        WrongUse: the file is not a fitted model, or has another version.
        SextantError: a model named by hash is missing, or this one cannot be stored.
    """
    if settings.fitted is None:
        return settings
    blobs = BlobStore(Home.at(settings.home).blobs)
    return replace(settings, fitted=store_fitted(settings.fitted, blobs))


def check_and_resolve_fitted(settings: Settings) -> Settings:
    """Check that the verification strategy uses a fitted model, then resolve it as ``resolve_fitted``.

    Raises:
        WrongUse: as ``resolve_fitted``; or the strategy does not use a model.
        SextantError: as ``resolve_fitted``.
    """
    if settings.fitted is not None:
        refuse_unused(make_recipe(settings).verify)
    return resolve_fitted(settings)


def refuse_unused(strategy: str) -> None:
    """Raise when a fitted model was given but the verification strategy does not use one.

    Raises:
        WrongUse: the strategy does not use a model.
    """
    if strategy != "calibrated":
        raise WrongUse(f"a fitted model is used by 'calibrated', not by {strategy!r}; add --verify calibrated")


def store_fitted(fitted: str, blobs: BlobStore) -> str:
    """Store a fitted model and return ``NAME@SHA256``; a model already named so must be in the store.

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
    """Read the fitted model in a user's file.

    Raises:
        WrongUse: the file is missing, damaged or of another version.
    """
    try:
        if path.exists() and not path.is_file():
            raise WrongUse(f"{str(path)!r} is not a file; pass a file that sextant eval fit wrote")
        if path.is_file() and path.stat().st_size > MOST_BYTES:
            raise WrongUse(f"{str(path)!r} has more than {MOST_BYTES // 2**20} MB; it is not a verification model")
        return load_model(path)
    except (ModelFileError, RecursionError, OSError) as error:
        raise WrongUse(format_error(error, None)) from error


def load_fitted_model(fitted: str, blobs: BlobStore) -> Model:
    """Load the fitted model of that name and hash.

    Raises:
        SextantError: it is missing, misnamed or of another version.
    """
    try:
        path = blobs.path(read_fitted_sha256(fitted))
        if not path.exists():  # even when cached: a run's model must still be in the store
            raise BlobMissing(fitted)
        return _load_cached(path)
    except BlobMissing as error:
        raise SextantError(
            f"the verification model {shorten_fitted_name(fitted)} is missing from the home or broken; "
            "import the run again"
        ) from error
    except (ModelFileError, RecursionError) as error:  # the run was made by another version of Sextant
        raise SextantError(f"the verification model {shorten_fitted_name(fitted)} cannot be used: {error}") from error


def shorten_fitted_name(fitted: str) -> str:
    """Shorten a model's name for display: ``MODEL.json (3fa9c12b)``."""
    name, _, sha256 = fitted.rpartition("@")
    return f"{name} ({sha256[:8]})"


def read_fitted_sha256(fitted: str) -> str:
    """Read the hash in a model's name; an empty string when it has none."""
    named = NAMED.fullmatch(fitted)
    return named[2] if named else ""


@lru_cache(maxsize=4)
def _load_cached(path: Path) -> Model:
    """Load a model by its path in a store; cached, so that it is read and checked only once."""
    store = BlobStore(path.parents[1])
    store.get(path.name)
    return load_model(path)
