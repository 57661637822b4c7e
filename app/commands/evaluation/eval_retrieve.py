"""`sextant eval retrieve`: what a gallery retrieves for labelled photos, as recorded candidates."""

from pathlib import Path

import click

from sextant.app.render.terminal import echo, echo_json


@click.command("retrieve", short_help="Record what a gallery retrieves for labelled photos.")
@click.argument("photos", type=click.Path(path_type=Path), metavar="PHOTOS")
@click.option("--gallery", "path", metavar="DIR", help="The gallery.  [default: the only one under the home]")
@click.option("--encoder", metavar="SPEC", help="New path of the gallery's encoder; it must be the same encoder.")
@click.option(
    "--answers", type=click.Path(path_type=Path), metavar="RECORDED", help="Add the answers of this file, by image."
)
@click.option("--exclude-author", is_flag=True, help="Exclude gallery photos by the same photographer.")
@click.option(
    "--share", type=click.FloatRange(0, 1, min_open=True), default=1.0, show_default=True,
    help="Take this share of the photos, by the hash of their names.",
)  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the share.")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), metavar="FILE", help="File to write: .jsonl or .jsonl.gz."
)
@click.option("--home", metavar="DIR", help="Folder for runs and galleries.  [default: SEXTANT_HOME]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--quiet", is_flag=True, help="Show no progress on stderr.")
def command(
    photos: Path,
    path: str | None,
    encoder: str | None,
    answers: Path | None,
    exclude_author: bool,
    share: float,
    seed: int,
    out: Path,
    home: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Record what a gallery retrieves for labelled photos, to measure verification or to fit it on.

    PHOTOS is a folder of photos with a table, as `sextant eval run folder` reads it. Each line holds the true place,
    the most and the least similar photos with their cosines, the gallery's retrieval profile, and the answers that
    --answers has for the photo; with --answers, photos without any are left out. The photo itself and its
    near-duplicates are never retrieved.

    \b
    Example: sextant eval retrieve my-photos --gallery my-gallery --exclude-author --out recorded.jsonl.gz
             sextant eval fit recorded.jsonl.gz --out model.json
    """
    from sextant.app.galleries import choose_gallery
    from sextant.app.render.progress import Progress
    from sextant.app.render.progress_words import report_retrieval
    from sextant.base.errors import WrongUse
    from sextant.eval.benchmarks import load_benchmark
    from sextant.eval.fitting.retrieving import drawn_by_hash, read_answers, retrieve, write_rows
    from sextant.gallery.store import Gallery

    loaded = load_benchmark("folder", photos)
    said = read_answers(answers) if answers else None
    gallery = Gallery.open(choose_gallery(path, home, needed=True) or "", encoder)
    for note in loaded.notes:
        echo(f"sextant: {note}", err=True)
    drawn = drawn_by_hash((photo.image for photo in loaded.photos), share, seed)
    chosen = [photo for photo in loaded.photos if photo.image in drawn and (said is None or said.get(photo.image))]
    if not chosen:
        why = f"{str(answers)!r} holds no answer to them" if said else "raise --share"
        raise WrongUse(f"none of the {len(loaded.photos):,} photos of {str(photos)!r} is left: {why}")
    with Progress(quiet=quiet) as progress:
        count = write_rows(out, retrieve(chosen, gallery, said, exclude_author, report_retrieval(progress)))
    unreadable = len(chosen) - count
    if as_json:
        echo_json(
            {"photos": count, "left_out": len(loaded.photos) - len(chosen), "unreadable": unreadable, "out": str(out)}
        )
        return
    left = f", {unreadable:,} could not be opened" if unreadable else ""
    echo(f"{count:,} of {len(loaded.photos):,} photos{left}; wrote {out}")
