"""Build and extend galleries in one pass over a source, resumable after any interruption."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypedDict, Unpack

from sextant.gallery.build.commit import BuildTask, open_writer
from sextant.gallery.build.finalize import finish_gallery
from sextant.gallery.build.pipeline import BuildState, Pipeline, run_pipeline
from sextant.gallery.database import GalleryError, connect, find_local_path, read_manifest
from sextant.gallery.encoders.spec import Encoder
from sextant.gallery.manifest import SOURCES_JOINED, Manifest
from sextant.gallery.sources.records import Source, Unreadable

__all__ = ["BuildReport", "BuildState", "Options", "add", "build"]


@dataclass(frozen=True)
class BuildReport:
    """What a build did: rows in the gallery, rows this call added, and everything that did not go in."""

    path: str
    count: int
    added: int
    resumed_from: int
    unreadable: tuple[Unreadable, ...]
    notes: tuple[str, ...]
    seconds: float
    manifest: Manifest


class Options(TypedDict, total=False):
    """How a build or an addition works.

    Attributes:
        progress: hears where it stands, at every photo and every stage; nobody by default.
        min_file_bytes: smaller files are left out; 0 by default.
        workers: decode processes, 0 for none; by the cores by default.
        engine: this machine, by default, or a Ray cluster.
    """

    progress: Callable[[BuildState], None]
    min_file_bytes: int
    workers: int | None
    engine: Literal["local", "ray"]


def build(source: Source, out: str, encoder: Encoder, **options: Unpack[Options]) -> BuildReport:
    """Build a gallery from a source, or resume the same build after an interruption.

    A gallery that stands at ``out`` is replaced when the new one is whole, not before.

    Raises:
        GalleryError: no photo could be used, the place cannot be written, another process writes there, or search
            over the finished gallery would find too little.
    """
    return _write("build", source, str(out), encoder, options, None)


def add(source: Source, gallery: str, encoder: Encoder, **options: Unpack[Options]) -> BuildReport:
    """Add a source's photos to a gallery; photos it holds already, by their sha256, are left as they are.

    Raises:
        GalleryError: as ``build``; or the gallery is not finished.
    """
    return _write("add", source, str(gallery), encoder, options, read_manifest(str(gallery), connect(str(gallery))))


def _write(
    mode: Literal["build", "add"],
    source: Source,
    path: str,
    encoder: Encoder,
    options: Options,
    before: Manifest | None,
) -> BuildReport:
    tell, min_file_bytes = options.get("progress", _ignore_progress), options.get("min_file_bytes", 0)
    folder = find_local_path(path)
    path = str(folder) if folder is not None else path
    settings = {"min_file_bytes": min_file_bytes}
    with open_writer(path, encoder.dimension) as writer:
        writer.begin(BuildTask(mode, source.identity, encoder.fingerprint, settings), before)
        stood = writer.count
        filling = Pipeline(writer, encoder, source, min_file_bytes, mode == "add", tell)
        if options.get("engine") == "ray":
            from sextant.gallery.build.ray import run_with_ray

            run_with_ray(filling)
        else:
            run_pipeline(filling, options.get("workers"))
        if writer.count == 0:
            raise GalleryError(_make_empty_report(path, filling.unreadable))
        manifest = finish_gallery(
            writer,
            spec=encoder.spec,
            fingerprint=encoder.fingerprint,
            source=source.name if before is None else f"{before.source}{SOURCES_JOINED}{source.name}",
            settings={"source": source.identity, **settings},
            notes=[*(before.notes if before else []), *filling.notes],
            unreadable=filling.unreadable,
            tell=lambda stage: tell(filling.progress(stage)),
        )
    return BuildReport(
        path,
        manifest.count,
        filling.added,
        stood if writer.resumed else 0,
        tuple(filling.unreadable),
        tuple(filling.notes),
        time.monotonic() - filling.started,
        manifest,
    )


def _ignore_progress(_: BuildState) -> None:
    """Ignore the progress."""


def _make_empty_report(path: str, unreadable: list[Unreadable]) -> str:
    first = unreadable[0] if unreadable else None
    why = f"; the first, {first.id!r}, {first.reason}" if first else ""
    return f"gallery {path!r} was not built: none of {len(unreadable)} photos could be used{why}"
