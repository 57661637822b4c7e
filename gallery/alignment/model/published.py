"""Import published checkpoints into our layout: G3's ``g3.pth`` and GeoCLIP's three weight files.

Only plain tensors are read (no pickled code). The projection is a fact of the layout: G3 feeds Web Mercator
(y, x), GeoCLIP Equal Earth (x, y).
"""

import pickle
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from sextant.gallery.alignment.model.aligned_model import Alignment, make_alignment
from sextant.gallery.alignment.model.config import AlignmentConfig, AlignmentError

Layout = Literal["g3", "geoclip"]
CLIP_BACKBONE = "st:sentence-transformers/clip-ViT-L-14"
CLIP_DIMENSION = 768
GEOCLIP_FILES = ("image_encoder_mlp_weights.pth", "location_encoder_weights.pth", "logit_scale_weights.pth")
# The frozen CLIP towers ride along in G3's file; ours come from the backbone.
_G3_FROZEN = ("vision_model.", "text_model.", "vision_projection.", "text_projection.")
# Declared in the published code, never in its loss.
_G3_UNUSED = ("logit_scale3",)


def _map_adapter_keys(theirs: str, ours: str) -> dict[str, str]:
    return {f"{theirs}.{layer}.{kind}": f"{ours}.{layer}.{kind}" for layer in (0, 2) for kind in ("weight", "bias")}


def _map_location_keys(prefix: str) -> dict[str, str]:
    """Map the capsules' keys: GeoCLIP counts the Fourier layer as layer 0, so its linear layers are 1, 3 and 5."""
    keys = {}
    for i in range(3):
        theirs, ours = f"{prefix}LocEnc{i}", f"location.capsules.{i}"
        keys[f"{theirs}.capsule.0.b"] = f"{ours}.features.frequencies"
        for kind in ("weight", "bias"):
            keys |= {f"{theirs}.capsule.{n}.{kind}": f"{ours}.layers.{n - 1}.{kind}" for n in (1, 3, 5)}
            keys[f"{theirs}.head.0.{kind}"] = f"{ours}.head.{kind}"
    return keys


KEYS: dict[Layout, dict[str, str]] = {
    "g3": {
        **_map_adapter_keys("vision_projection_else_1", "image_to_text"),
        **_map_adapter_keys("text_projection_else", "text_to_text"),
        **_map_adapter_keys("vision_projection_else_2", "image_to_gps"),
        **_map_adapter_keys("location_projection_else", "location_head"),
        **_map_location_keys("location_encoder."),
        "logit_scale1": "text_scale",
        "logit_scale2": "gps_scale",
    },
    "geoclip": {
        **_map_adapter_keys("mlp", "image_to_gps"),
        **_map_location_keys(""),
        "logit_scale": "gps_scale",
    },
}


def make_published_config(layout: Layout, backbone: str, fingerprint: str | None) -> AlignmentConfig:
    """Return the configuration of a published layout, over CLIP ViT-L/14's 768 raw dimensions."""
    g3 = layout == "g3"
    return AlignmentConfig(
        backbone=backbone,
        backbone_fingerprint=fingerprint,
        features="raw",
        image_dimension=CLIP_DIMENSION,
        text_dimension=CLIP_DIMENSION if g3 else None,
        space=768 if g3 else 512,
        location_head=g3,
        projection="mercator" if g3 else "equal-earth",
        granularity="place" if g3 else None,
        origin=layout,
    )


def import_published(path: Path, backbone: str = CLIP_BACKBONE, fingerprint: str | None = None) -> Alignment:
    """Read a published checkpoint: G3's file, or the folder that holds GeoCLIP's three.

    Raises:
        AlignmentError: no such file, not plain tensors, a tensor missing, unknown or of another shape.
    """
    layout: Layout = "geoclip" if path.is_dir() else "g3"
    tensors = _load_geoclip_tensors(path) if layout == "geoclip" else _load_g3_tensors(path)
    alignment = make_alignment(make_published_config(layout, backbone, fingerprint), seed=0)
    alignment.load_state_dict(_rename(tensors, KEYS[layout], alignment.state_dict(), path))
    return alignment


def _rename(
    tensors: dict[str, Tensor], keys: dict[str, str], wanted: dict[str, Tensor], path: Path
) -> dict[str, Tensor]:
    """Rename published tensors to our names; check every name and shape."""
    missing = sorted(set(keys) - set(tensors))
    unknown = sorted(set(tensors) - set(keys))
    if missing or unknown:
        raise AlignmentError(
            f"{str(path)!r} is not a published checkpoint of a known layout: "
            f"missing {missing[:3]!r}, unknown {unknown[:3]!r} ({len(missing)} and {len(unknown)} in all)"
        )
    for theirs, ours in keys.items():
        if tensors[theirs].shape != wanted[ours].shape:
            raise AlignmentError(
                f"{str(path)!r}: {theirs!r} has shape {tuple(tensors[theirs].shape)}, "
                f"the published layout {tuple(wanted[ours].shape)}; it was made for another backbone"
            )
    return {ours: tensors[theirs].float() for theirs, ours in keys.items()}


def _load_g3_tensors(path: Path) -> dict[str, Tensor]:
    loaded = _load(path)
    if not isinstance(loaded, dict):
        raise AlignmentError(f"{str(path)!r} has no state dict; save it with torch.save(model.state_dict(), …)")
    return {
        name: tensor for name, tensor in loaded.items() if not name.startswith(_G3_FROZEN) and name not in _G3_UNUSED
    }


def _load_geoclip_tensors(folder: Path) -> dict[str, Tensor]:
    mlp, location, scale = (_load(folder / name) for name in GEOCLIP_FILES)
    return {**{f"mlp.{name}": tensor for name, tensor in mlp.items()}, **location, "logit_scale": scale.reshape(())}


def _load(path: Path) -> Any:
    if not path.is_file():
        raise AlignmentError(f"no such file: {str(path)!r}; give G3's .pth or the folder of GeoCLIP's weight files")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise AlignmentError(
            f"{str(path)!r} cannot be read as plain tensors: {type(error).__name__}; save a pickled "
            "model again as its state dict; download a broken file again"
        ) from error
