"""Train an alignment from a source and a backbone: features, texts, training, in one folder."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sextant.base.errors import WrongUse
from sextant.gallery.alignment.measure import validate
from sextant.gallery.alignment.model.aligned_model import make_alignment
from sextant.gallery.alignment.model.backbone import Backbone
from sextant.gallery.alignment.model.config import AlignmentConfig
from sextant.gallery.alignment.training.batches import Texts
from sextant.gallery.alignment.training.cache import Cache, read_about
from sextant.gallery.alignment.training.cache_build import MIN_FILE_BYTES, fill_cache
from sextant.gallery.alignment.training.place_texts import embed_texts
from sextant.gallery.alignment.training.settings import TrainSettings
from sextant.gallery.alignment.training.split import split_by_author
from sextant.gallery.sources.records import Source


@dataclass(frozen=True)
class Prepared:
    """All that a training reads."""

    cache: Cache
    texts: Texts | None
    config: AlignmentConfig


def prepare(
    source: Source,
    backbone: Backbone,
    settings: TrainSettings,
    folder: Path,
    progress: Callable[[str, int, int | None], None] = lambda stage, done, total: None,
    min_file_bytes: int = MIN_FILE_BYTES,
    workers: int | None = None,
) -> Prepared:
    """Compute what the training needs, or take it from ``folder`` where it lies already.

    Args:
        folder: the cache; trainings with other settings may share it.
        progress: told (stage, done, total).

    Raises:
        WrongUse: text is to be aligned and the backbone reads none; told before any photo is read.
        AlignmentError: no photo could be used, or the disk is full.
    """
    if settings.spaces == "gps+text" and backbone.text_dimension is None:
        backbone.texts(["a place"])
    if read_about(folder) is None and int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise WrongUse(
            f"several processes cannot fill the cache {str(folder)!r} together; "
            "run the same command once in one process with --spaces image, which computes the features"
        )
    cache = fill_cache(
        source, backbone, folder, lambda done, total: progress("features", done, total), min_file_bytes, workers
    )
    texts = embed_texts(cache, backbone, settings.granularity, progress) if settings.spaces == "gps+text" else None
    return Prepared(cache, texts, make_config(backbone, settings))


def make_config(backbone: Backbone, settings: TrainSettings) -> AlignmentConfig:
    """Return the configuration of the alignment that these settings make over this backbone."""
    with_text = settings.spaces == "gps+text"
    return AlignmentConfig(
        backbone=backbone.spec,
        backbone_fingerprint=backbone.fingerprint,
        features=backbone.features,
        image_dimension=backbone.dimension,
        text_dimension=backbone.text_dimension if with_text else None,
        space=settings.space or backbone.dimension,
        projection=settings.projection,
        granularity=settings.granularity if with_text else None,
    )


def measure_backbone(prepared: Prepared, settings: TrainSettings) -> dict[str, Any]:
    """Measure the unaligned backbone on the rows that a training with these settings would hold out.

    Raises:
        WrongUse: nothing is held out.
    """
    if settings.validation == 0:
        raise WrongUse("validation share 0 leaves no photo to measure on; give --validation 0.1")
    cache = prepared.cache
    rows, held_out = split_by_author(cache.authors, cache.places, settings.validation, settings.seed)
    untrained = make_alignment(prepared.config, settings.seed)
    return validate(untrained, cache, rows, held_out, ("image",), settings.seed)
