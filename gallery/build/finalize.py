"""Finish a build: index, outliers, checks, and the manifest."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from sextant.gallery.build.commit import GalleryWriter
from sextant.gallery.build.measure_profile import measure_profile
from sextant.gallery.database import is_remote
from sextant.gallery.manifest import EXACT, Manifest, VectorIndex
from sextant.gallery.search.far_index import choose_outliers, compute_shell_size
from sextant.gallery.search.index import (
    create_hash_index,
    create_index,
    drop_indexes,
    plan_far_index,
    plan_index,
    plan_remote_index,
)
from sextant.gallery.search.recall import RecallCheck, refuse_below_floor
from sextant.gallery.sources.records import Unreadable
from sextant.gallery.statistics import compute_nearest_percentiles
from sextant.gallery.store import Gallery

_CHECKED = 100  # queries of the build's own check
_WANTED = 0.99  # recall up to which more partitions are probed
_MORE = 1.25  # times as many; in larger steps, searches would read more than they need to
_MOST_RERANKED = 2048  # where every partition is probed; codes of few dimensions tell rows apart less well


def finish_gallery(
    writer: GalleryWriter,
    *,
    spec: str,
    fingerprint: str,
    source: str,
    settings: dict[str, Any],
    notes: Sequence[str] = (),
    unreadable: Sequence[Unreadable] = (),
    tell: Callable[[str], None] = lambda _: None,
) -> Manifest:
    """Tidy and index the table, keep its outliers apart, check it, describe it, and make it the gallery.

    ``spec`` and ``fingerprint`` are the encoder's; ``source`` and ``settings`` say what was built, for a person;
    ``tell`` hears which stage begins.

    Raises:
        GalleryError: search would find too little; the rows stay, and the old gallery too.
    """
    tell("tidying")
    drop_indexes(writer.photos)  # of the gallery that was added to
    writer.photos.optimize()
    index = (plan_remote_index if is_remote(writer.path) else plan_index)(writer.count)
    outliers, far_index, outliers_version = 0, VectorIndex(), None
    if index.kind != EXACT:
        tell("indexing")
        create_index(writer.photos, index)
        create_hash_index(writer.photos)
        writer.put_side_files(index)
        tell("selecting outliers")
        outliers = compute_shell_size(writer.count)
        far_index = plan_far_index(outliers)
        outliers_version = writer.put_outliers(choose_outliers(writer.photos, outliers), far_index)
    tell("measuring")
    manifest = Manifest(
        encoder=spec,
        fingerprint=fingerprint,
        dimension=writer.dimension,
        count=writer.count,
        source=source,
        settings=settings,
        photos_version=writer.photos.version,
        outliers_version=outliers_version,
        outliers=outliers,
        index=index,
        far_index=far_index,
        nearest_percentiles=compute_nearest_percentiles(writer.photos),
        profile=measure_profile(writer.photos),
        notes=list(notes),
    )
    if index.kind != EXACT:
        manifest = _check(writer, manifest)
    writer.finish(manifest, unreadable)
    return manifest


def _check(writer: GalleryWriter, manifest: Manifest) -> Manifest:
    """Probe more partitions and re-rank more rows until recall is as wanted; then hold it against the floor."""
    check = RecallCheck.prepare(Gallery(writer.path, manifest, writer.database, None), _CHECKED)
    while True:
        recall = check.measure(Gallery(writer.path, manifest, writer.database, None))
        index = manifest.index
        exhausted = index.probes >= index.partitions and index.rerank >= _MOST_RERANKED
        if recall.near >= _WANTED or exhausted:
            refuse_below_floor(writer.path, recall)
            return manifest.model_copy(update={"recall": recall})
        probes, rerank = min(index.partitions, math.ceil(_MORE * index.probes)), math.ceil(_MORE * index.rerank)
        more = index.model_copy(update={"probes": probes, "rerank": rerank})
        manifest = manifest.model_copy(update={"index": more})
