"""What determines the answers of a batch: settings, recipe with its prompts, gallery. Equal ones are the same batch."""

import hashlib
import json
from pathlib import Path
from typing import Any

from sextant.agent.settings import Settings, make_recipe, settings_to_json
from sextant.base.errors import WrongUse
from sextant.base.json_types import Json
from sextant.gallery.store import Gallery
from sextant.prompts.loading import list_ids, load_frame
from sextant.prompts.variants import load_variant

# Settings that change how fast, where or at what price a model is asked, never what.
NOT_COMPARED = (
    "home", "run", "gallery", "base_url", "concurrency", "timeout_seconds", "retries", "requests_per_minute", "max_usd",
    "price",
)  # fmt: skip
_SHOWN = 5  # differences that a message names


def describe_settings(settings: Settings) -> Json:
    """Describe everything that determines what a photo is answered: settings, recipe and gallery.

    Raises:
        SextantError: the gallery cannot be opened, or the preset is unknown.
    """
    return {
        "settings": {name: value for name, value in settings_to_json(settings).items() if name not in NOT_COMPARED},
        "recipe": describe_recipe(settings),
        "gallery": identify_gallery(settings),
    }


def describe_recipe(settings: Settings) -> Json:
    """Describe the preset as it will run, with the hashes of every prompt it names and of the surrounding texts."""
    chosen = make_recipe(settings)
    prompts = {
        name: digest(load_variant(name).model_dump(mode="json"))[:16] for name in (*chosen.variants, *chosen.later)
    }
    frames = digest({name: load_frame(name).text for name in list_ids("frames")})[:16]
    return {**chosen.model_dump(mode="json"), "prompts": prompts, "frames": frames}


def identify_gallery(settings: Settings) -> Json | None:
    """Return what distinguishes one gallery from another, wherever it is stored."""
    if not settings.gallery:
        return None
    manifest = Gallery.open(settings.gallery, settings.encoder).manifest
    kept = manifest.model_dump(mode="json", include={"fingerprint", "count", "dimension", "photos_version"})
    return {**kept, "encoder": Path(manifest.encoder).name}


def digest(value: Any) -> str:
    """Return the sha256 of a JSON value's canonical text."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def list_differences(old: Json, new: Json, prefix: str = "") -> list[str]:
    """Return where two configurations differ: ``model: 'offline' there, 'openai:x' here``."""
    found: list[str] = []
    for name in sorted(old.keys() | new.keys()):
        there, here = old.get(name), new.get(name)
        if isinstance(there, dict) and isinstance(here, dict):
            found += list_differences(there, here, f"{prefix}{name}.")
        elif there != here:
            found.append(f"{prefix}{name}: {_shorten(there)} there, {_shorten(here)} here")
    return found


def refuse_changed(folder: Path, old: Json, new: Json, what: str) -> None:
    """Raise unless two configurations are equal.

    Args:
        folder: whose configuration the old one is.
        old: what the folder was made with.
        new: what was asked for now.
        what: the folder's content, for the message: ``another evaluation``.

    Raises:
        WrongUse: they differ; the message shows where.
    """
    changed = list_differences(old, new)
    if changed:
        more = f"; and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
        raise WrongUse(
            f"{str(folder)!r} holds {what} ({'; '.join(changed[:_SHOWN])}{more}); "
            "use the same settings to resume it, or another --out"
        )


def _shorten(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
