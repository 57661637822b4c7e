"""Save and load a finished alignment: ``alignment.json`` and the safetensors file that it names by hash."""

import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save

from sextant.base.errors import format_error
from sextant.base.files import write_atomic
from sextant.gallery.alignment.model.aligned_model import Alignment, make_alignment
from sextant.gallery.alignment.model.config import AlignmentConfig, AlignmentError, list_differences

ABOUT = "alignment.json"


class StoredAlignment(BaseModel):
    """What ``alignment.json`` says: the configuration, the weights' hash, how it was trained and what it measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    config: AlignmentConfig
    weights: str
    sha256: str
    training: dict[str, Any] = Field(default_factory=dict)
    measured: dict[str, Any] = Field(default_factory=dict)


def save_alignment(
    folder: Path, alignment: Alignment, training: dict[str, Any] | None = None, measured: dict[str, Any] | None = None
) -> StoredAlignment:
    """Write an alignment; until the JSON names the new weights, the old ones stay in force."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in alignment.state_dict().items()}
    content = save(tensors, metadata={"config": alignment.config.model_dump_json()})
    digest = hashlib.sha256(content).hexdigest()
    stored = StoredAlignment(
        config=alignment.config,
        weights=f"alignment-{digest[:12]}.safetensors",
        sha256=digest,
        training=training or {},
        measured=measured or {},
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(folder / stored.weights, content)
        write_atomic(folder / ABOUT, (stored.model_dump_json(indent=2) + "\n").encode())
    except OSError as error:
        raise AlignmentError(f"alignment {str(folder)!r} could not be written: {error.strerror or error}") from error
    for old in folder.glob("alignment-*.safetensors"):
        if old.name != stored.weights:
            old.unlink()
    return stored


def load_alignment(folder: Path) -> tuple[Alignment, StoredAlignment]:
    """Read an alignment, its weights checked against the hash.

    Raises:
        AlignmentError: none there, unfinished, damaged, or of a layout this version does not know.
    """
    about = folder / ABOUT
    if not about.is_file():
        unfinished = " (its training has not finished; run the same sextant align train again)"
        raise AlignmentError(
            f"no alignment in {str(folder)!r}{unfinished if (folder / 'checkpoints').is_dir() else ''}; "
            "make one with: sextant align train SOURCE --backbone SPEC --out DIR"
        )
    try:
        stored = StoredAlignment.model_validate_json(about.read_bytes())
        content = (folder / Path(stored.weights).name).read_bytes()
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise AlignmentError(f"{str(about)!r} is not an alignment: {where}: {first['msg']}") from error
    except OSError as error:
        raise AlignmentError(
            f"alignment {str(folder)!r} lacks its weights: {error.strerror}; copy the folder again"
        ) from error
    if hashlib.sha256(content).hexdigest() != stored.sha256:
        raise AlignmentError(f"the weights of {str(folder)!r} do not match alignment.json; copy the folder again")
    _refuse_other_config(folder, stored)
    alignment = make_alignment(stored.config, seed=0)
    try:
        alignment.load_state_dict(load(content))
    except (SafetensorError, RuntimeError) as error:
        reason = format_error(error)
        raise AlignmentError(f"the weights of {str(folder)!r} do not fit its configuration: {reason}") from error
    return alignment.eval(), stored


def _refuse_other_config(folder: Path, stored: StoredAlignment) -> None:
    """Refuse a configuration file that differs from the copy inside the weights, such as one changed by hand."""
    with safe_open(folder / Path(stored.weights).name, framework="pt") as file:
        own = json.loads((file.metadata() or {}).get("config", "{}"))
    if changed := list_differences(stored.config.model_dump(mode="json"), own):
        raise AlignmentError(
            f"the weights of {str(folder)!r} were trained with {'; '.join(changed[:2])} in alignment.json; "
            "copy the folder again"
        )
