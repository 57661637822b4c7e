"""The last part of a build: what search needs beside the rows, and the manifest that names it all."""

from typing import Any

from gallery.encoders import Encoder
from gallery.manifest import Manifest
from gallery.sources.records import Source
from gallery.statistics import nearest_percentiles
from gallery.writer import GalleryWriter


def finished_manifest(
    writer: GalleryWriter, encoder: Encoder, source: Source, settings: dict[str, Any], before: Manifest | None
) -> Manifest:
    """Tidy the table, measure it, and describe it."""
    writer.photos.optimize()
    return Manifest(
        encoder=encoder.spec,
        fingerprint=encoder.fingerprint,
        dimension=encoder.dimension,
        count=writer.count,
        source=source.name if before is None else f"{before.source} + {source.name}",
        settings={"source": source.identity, **settings},
        photos_version=writer.photos.version,
        nearest_percentiles=nearest_percentiles(writer.photos),
        notes=[*(before.notes if before else []), *source.notes],
    )
