"""The last part of a build: what search needs beside the rows, and the manifest that names it all."""

from collections.abc import Sequence
from typing import Any

from gallery.manifest import Manifest
from gallery.sources.records import Unreadable
from gallery.statistics import nearest_percentiles
from gallery.writer import GalleryWriter


def finish_gallery(
    writer: GalleryWriter,
    *,
    spec: str,
    fingerprint: str,
    source: str,
    settings: dict[str, Any],
    notes: Sequence[str] = (),
    unreadable: Sequence[Unreadable] = (),
) -> Manifest:
    """Tidy the table, measure it, describe it, and make it the gallery.

    ``spec`` and ``fingerprint`` are the encoder's; ``source`` and ``settings`` say what was built, for a person.
    """
    writer.photos.optimize()
    manifest = Manifest(
        encoder=spec,
        fingerprint=fingerprint,
        dimension=writer.dimension,
        count=writer.count,
        source=source,
        settings=settings,
        photos_version=writer.photos.version,
        nearest_percentiles=nearest_percentiles(writer.photos),
        notes=list(notes),
    )
    writer.finish(manifest, unreadable)
    return manifest
