"""`sextant gallery`: build, extend, describe and search galleries of geotagged photos."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from sextant.app.options.filters import add_filter_options, make_filters
from sextant.app.options.grouped import SuggestingGroup
from sextant.app.options.sources import add_source_options
from sextant.app.render.terminal import echo, echo_json, shorten_line
from sextant.base.printable import pluralise

if TYPE_CHECKING:
    from sextant.gallery.build.build import BuildReport
    from sextant.gallery.sources.records import Source

_SHOWN = 10  # unreadable photos named on the terminal; --json and `gallery info --unreadable` name all


@click.group(name="gallery", cls=SuggestingGroup, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Build, describe and search galleries of geotagged photos.

    \b
    Example: sextant gallery build ~/Pictures --out my-gallery
             sextant gallery search photo.jpg --gallery my-gallery
    """


@command.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE…")
@click.option("--out", required=True, metavar="DIR", help="Gallery to write: a folder or s3://bucket/name.")
@click.option(
    "--encoder", default="builtin", show_default=True, help="builtin, onnx:PATH, st:NAME_OR_PATH, aligned:PATH."
)
@click.option(
    "--min-file-bytes", type=click.IntRange(0), default=0, help="Skip files smaller than this many bytes (G3: 5121)."
)
@click.option(
    "--engine", type=click.Choice(["local", "ray"]), default="local", help="Run on this machine or on a Ray cluster."
)
@add_source_options
def build(sources: tuple[str, ...], out: str, encoder: str, quiet: bool, as_json: bool, **options: Any) -> None:
    """Build a gallery from geotagged photos, or from photos plus a CSV of coordinates.

    SOURCE is a folder of photos with EXIF; a folder and a table (--metadata); a folder with a table in it, or with
    MP16-Pro's tar parts or OSV-5M's zips and their table; or a dataset of the Hugging Face hub, owner/name. Several
    sources make one gallery. An
    interrupted build resumes when the same command is run again; a gallery at --out is replaced
    when the new one is whole.

    \b
    Example: sextant gallery build ~/Pictures --out my-gallery
             sextant gallery build images --metadata im2gps3k_places365.csv \\
               --encoder st:google/siglip2-so400m-patch14-384 --out im2gps3k
             sextant gallery build mp16-pro osv5m --encoder st:google/siglip-so400m-patch14-384 --out two-sources
             sextant gallery build osv5m/osv5m --engine ray --out s3://photos/osv5m
    """
    from sextant.app.render.progress import Progress
    from sextant.app.render.progress_words import report_build
    from sextant.gallery.build.build import build as build_gallery
    from sextant.gallery.encoders.load import load_encoder

    loaded = load_encoder(encoder)
    opened = _open_source(sources, options)
    with Progress(quiet=quiet) as progress:
        report = build_gallery(opened, out, loaded, progress=report_build(progress), **_make_build_options(options))
    _print_report(report, as_json)


@command.command()
@click.argument("source")
@click.option("--gallery", "--out", "path", required=True, metavar="DIR", help="The gallery to extend.")
@click.option(
    "--min-file-bytes", type=click.IntRange(0), default=0, help="Skip files smaller than this many bytes (G3: 5121)."
)
@click.option(
    "--engine", type=click.Choice(["local", "ray"]), default="local", help="Run on this machine or on a Ray cluster."
)
@add_source_options
def add(source: str, path: str, quiet: bool, as_json: bool, **options: Any) -> None:
    """Add photos to a gallery; photos it already contains (by content) are skipped.

    \b
    Example: sextant gallery add ~/Pictures/2025 --gallery my-gallery
    """
    from sextant.app.render.progress import Progress
    from sextant.app.render.progress_words import report_build
    from sextant.gallery.build.build import add as add_photos
    from sextant.gallery.store import Gallery

    encoder = Gallery.open(path).encoder()
    opened = _open_source((source,), options)
    with Progress(quiet=quiet) as progress:
        report = add_photos(opened, path, encoder, progress=report_build(progress), **_make_build_options(options))
    _print_report(report, as_json)


@command.command()
@click.argument("path", required=False, metavar="[DIR]")
@click.option("--gallery", "named", metavar="DIR", help="The gallery.  [default: the only one under the home]")
@click.option("--encoder", metavar="SPEC", help="Require that the gallery was built with this encoder.")
@click.option(
    "--check", type=click.IntRange(1), metavar="N", help="Measure recall against an exact scan, on N random queries."
)
@click.option("--unreadable", is_flag=True, help="List the photos that were not added, and why.")
@click.option("--home", metavar="DIR", help="Folder for runs and galleries.  [default: SEXTANT_HOME]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def info(
    path: str | None,
    named: str | None,
    encoder: str | None,
    check: int | None,
    unreadable: bool,
    home: str | None,
    as_json: bool,
) -> None:
    """Show what a gallery contains and how it was built.

    \b
    Example: sextant gallery info my-gallery
             sextant gallery info my-gallery --check 200
             sextant gallery info my-gallery --unreadable --json
    """
    from sextant.gallery.store import Gallery

    gallery = Gallery.open(_choose_path(path or named, home), encoder)
    left_out = gallery.unreadable().to_pylist()
    document = {"path": gallery.path, **gallery.manifest.model_dump(), "unreadable": len(left_out)}
    if check:
        from sextant.gallery.search.recall import measure_recall

        document["recall"] = measure_recall(gallery, check).model_dump()
    if unreadable:
        document["unreadable_photos"] = left_out
    if as_json:
        echo_json(document, 2)
        return
    for label, text in _list_info_rows(document):
        echo(f"{label:<11} {text}")
    for row in left_out if unreadable else []:
        echo(f"{'':<11} {shorten_line(row['id'])} {shorten_line(row['reason'])}")


@command.command()
@click.argument("path", required=False, metavar="[DIR]")
@click.option("--gallery", "named", metavar="DIR", help="The gallery.  [default: the only one under the home]")
@click.option("--home", metavar="DIR", help="Folder of runs and galleries.  [default: SEXTANT_HOME]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def profile(path: str | None, named: str | None, home: str | None, as_json: bool) -> None:
    """Measure how well a gallery finds places, and store the result in it.

    Locates up to 2,000 of its own photos from the others, without photos of the same author and near-duplicates. A
    build and `gallery add` measure it too; galleries of earlier versions get it here.

    \b
    Example: sextant gallery profile my-gallery
    """
    from sextant.gallery.build.measure_profile import store_profile
    from sextant.gallery.profile import describe_profile

    measured = store_profile(_choose_path(path or named, home))
    if as_json:
        echo_json(measured.model_dump(mode="json"))
        return
    echo("\n".join(describe_profile(measured)))


@command.command()
@click.argument("photo")
@click.option("--gallery", "path", metavar="DIR", help="The gallery.  [default: the only one under the home]")
@click.option(
    "--count", "-n", type=click.IntRange(1, 1000), default=5, show_default=True, help="Photos to show per side."
)
@click.option("--farthest/--no-farthest", default=True, help="Show the least similar photos as well.")
@add_filter_options
@click.option("--encoder", metavar="SPEC", help="New path of the gallery's encoder; it must be the same encoder.")
@click.option("--home", metavar="DIR", help="Folder for runs and galleries.  [default: SEXTANT_HOME]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def search(
    photo: str,
    path: str | None,
    count: int,
    farthest: bool,
    encoder: str | None,
    home: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Show the gallery photos most and least similar to a photo.

    \b
    Example: sextant gallery search photo.jpg --gallery my-gallery --count 10
             sextant gallery search photo.jpg --exclude-duplicates --distinct-km 25 --exclude-country FR
    """
    from sextant.gallery.photos.open import open_photo
    from sextant.gallery.photos.phash import compute_perceptual_hash
    from sextant.gallery.search.search import search_gallery
    from sextant.gallery.store import Gallery

    opened = open_photo(photo)
    filters = make_filters(options, compute_perceptual_hash(opened.image))
    gallery = Gallery.open(_choose_path(path, home), encoder)
    vector = gallery.encoder().encode([opened.image])[0]
    sides = {"nearest": search_gallery(gallery, vector, count, filters)}
    if farthest:
        sides["farthest"] = search_gallery(gallery, vector, count, filters, far=True)
    if as_json:
        found: dict[str, Any] = {name: [asdict(item) for item in side.references] for name, side in sides.items()}
        found["duplicates"] = [asdict(item) for item in sides["nearest"].duplicates]
        document = {"photo": {"path": photo, "sha256": opened.sha256}, "gallery": gallery.path, **found}
        echo_json(document, 2)
        return
    for name, side in sides.items():
        echo(f"{name}:")
        for rank, item in enumerate(side.references, 1):
            place = f"{item.latitude:.4f}, {item.longitude:.4f} {item.country_code or ''}"
            echo(f"  {rank:>3}. {item.similarity:.3f}  {place:<26} {shorten_line(item.id)}")
    for twin in sides["nearest"].duplicates:
        measures = f"perceptual hash {twin.phash_distance} of 64 bits apart, cosine {twin.similarity:.3f}"
        echo(f"left out as a near-duplicate: {shorten_line(twin.id)} ({measures})")


def _choose_path(given: str | None, home: str | None) -> str:
    from sextant.app.galleries import choose_gallery

    return choose_gallery(given, home, needed=True) or ""


def _open_source(sources: tuple[str, ...], options: dict[str, Any]) -> "Source":
    from sextant.gallery.sources.recognise import SourceOptions, open_sources

    chosen = SourceOptions(options["metadata"], options["swapped"], options["country_known"])
    return open_sources(sources, chosen)


def _make_build_options(options: dict[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in ("min_file_bytes", "workers", "engine")}


def _print_report(report: "BuildReport", as_json: bool) -> None:
    if as_json:
        document = {**asdict(report), "manifest": report.manifest.model_dump()}
        echo_json(document, 2)
        return
    for note in report.notes:
        echo(f"sextant: {note}", err=True)
    resumed = f" (resumed at {report.resumed_from:,})" if report.resumed_from else ""
    photos = pluralise(report.count, "photo")
    echo(f"gallery {report.path}: {photos}, {report.added:,} added{resumed} in {report.seconds:.1f} s")
    if report.unreadable:
        count = len(report.unreadable)
        echo(f"{count:,} photos were not used:" if count > 1 else "1 photo was not used:")
        for item in report.unreadable[:_SHOWN]:
            echo(f"  {shorten_line(item.id)} {shorten_line(item.reason)}")
        if len(report.unreadable) > _SHOWN:
            echo(f"  … all of them: sextant gallery info {report.path} --unreadable")


def _list_info_rows(document: dict[str, Any]) -> list[tuple[str, str]]:
    index, similar = document["index"], document["nearest_percentiles"]
    rows = [
        ("gallery", document["path"]),
        ("photos", f"{document['count']:,} from {document['source']}"),
        ("encoder", f"{document['encoder']} (fingerprint {document['fingerprint']})"),
        ("dimension", str(document["dimension"])),
        (
            "near index",
            index["kind"] if not index["partitions"] else f"{index['kind']}, {index['partitions']} partitions",
        ),
        ("not used", pluralise(document["unreadable"], "photo")),
    ]
    if similar:
        spread = f"{similar['5']:.2f} to {similar['95']:.2f} (5th to 95th percentile)"
        rows.append(("similarity", f"of a photo to its nearest other: {spread}, median {similar['50']:.2f}"))
    if document["recall"]:
        recall = document["recall"]
        found = f"near {recall['near']:.3f}, far {recall['far']:.3f} of the true {recall['count']}"
        rows.append(
            ("recall", f"{found} ({recall['queries']} queries; far side off by {recall['far_cosine_gap']:.4f})")
        )
    rows += [("worth" if not at else "", line) for at, line in enumerate(_describe_worth(document["profile"]))]
    return rows + [("note", note) for note in document["notes"]]


def _describe_worth(profile: dict[str, Any] | None) -> list[str]:
    from sextant.gallery.profile import describe_profile, read_profile

    return describe_profile(read_profile(profile))
