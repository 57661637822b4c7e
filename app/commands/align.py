"""`sextant align`: train, import and measure the encoder that knows geography."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sextant.app.options.grouped import SuggestingGroup
from sextant.app.options.sources import add_source_options
from sextant.app.render.terminal import echo, echo_json

if TYPE_CHECKING:
    from sextant.gallery.alignment.model.backbone import Backbone
    from sextant.gallery.alignment.training.train import TrainingResult
    from sextant.gallery.sources.records import Source

CLIP = "st:sentence-transformers/clip-ViT-L-14"


@click.group(name="align", cls=SuggestingGroup, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Train, import and measure a geo-alignment: images, positions and place texts in one space (G3).

    \b
    Example: sextant align train photos --metadata photos.csv --backbone st:openai/clip-vit-large-patch14 --out geo
             sextant gallery build photos --metadata photos.csv --encoder aligned:geo --out my-gallery
    """
    from sextant.base.packages import require_package

    require_package("torch", "an alignment", "align")


@command.command()
@click.argument("source")
@click.option("--backbone", default=CLIP, show_default=True, metavar="SPEC", help="Frozen encoder to build on.")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder to write the alignment to."
)
@click.option(
    "--spaces",
    type=click.Choice(["image", "gps", "gps+text"]),
    help="What to align with images; 'image' trains nothing.  [default: gps+text; gps if the backbone reads no text]",
)
@click.option(
    "--projection",
    type=click.Choice(["equal-earth", "mercator"]),
    default="equal-earth",
    show_default=True,
    help="Map projection under the location encoder: GeoCLIP's is equal-earth, G3's is mercator.",
)
@click.option(
    "--texts",
    "granularity",
    type=click.Choice(["place", "fine"]),
    default="place",
    show_default=True,
    help="Place texts to align with: city, state and country; fine adds the county.",
)
@click.option("--epochs", type=click.IntRange(0), default=10, show_default=True, help="Epochs; 0 needs --fit-first.")
@click.option(
    "--batch", type=click.IntRange(2), default=256, show_default=True, help="Photos per batch, over all devices."
)
@click.option("--accumulate", type=click.IntRange(1), default=1, show_default=True, help="Batches per optimizer step.")
@click.option("--learning-rate", type=float, default=3e-5, show_default=True, help="Learning rate of AdamW.")
@click.option("--weight-decay", type=float, default=1e-6, show_default=True, help="Weight decay of AdamW.")
@click.option(
    "--decay", type=float, default=0.87, show_default=True, help="Factor on the learning rate after each epoch."
)
@click.option(
    "--precision",
    type=click.Choice(["no", "bf16", "fp16"]),
    default="no",
    show_default=True,
    help="Mixed precision of the training.",
)
@click.option(
    "--hard-negatives",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Nearby wrong positions added per photo.",
)
@click.option(
    "--fit-first",
    is_flag=True,
    help="Start from a ridge regression instead of random weights; for small sets (not in G3).",
)
@click.option(
    "--validation", type=float, default=0.1, show_default=True, help="Share of photos held out, split by photographer."
)
@click.option("--patience", type=click.IntRange(1), help="Stop after N epochs without improvement.")
@click.option(
    "--checkpoint-every", type=click.IntRange(1), default=500, show_default=True, help="Steps between checkpoints."
)
@click.option("--space", type=click.IntRange(1), help="Dimension of the aligned vectors.  [default: the backbone's]")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of weights, batches and split."
)
@click.option(
    "--location-from",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Start from the location encoder of this alignment, for example an imported GeoCLIP.",
)
@click.option(
    "--min-file-bytes",
    type=click.IntRange(0),
    default=5121,
    show_default=True,
    help="Skip files smaller than this many bytes (G3's threshold).",
)
@click.option("--cache", type=click.Path(path_type=Path), help="Folder to cache features in.  [default: OUT/cache]")
@add_source_options
def train(source: str, backbone: str, out: Path, spaces: str | None, **options: Any) -> None:
    """Train an alignment on geotagged photos; the defaults are G3's, except --projection.

    Run the same command again to resume after an interruption; the weights are the same as without one.
    Several GPUs: compute the features once with --spaces image, then accelerate launch -m sextant.app align train …

    \b
    Example: sextant align train images --metadata mp16.csv --backbone st:openai/clip-vit-large-patch14 --out geo
             sextant align train photos --metadata photos.csv --backbone onnx:tower.onnx --spaces gps --out geo
             sextant align train photos --metadata photos.csv --location-from geoclip --out geo
    """
    from sextant.gallery.alignment.model.backbone import load_backbone

    photos = _open_source(source, options)  # before the backbone, which may have to be downloaded
    loaded = load_backbone(backbone)
    if spaces is None:
        spaces = "gps+text" if loaded.text_dimension else "gps"
        if not loaded.text_dimension:
            echo(f"sextant: backbone {backbone!r} has no text encoder: aligning images with positions only", err=True)
    _train(photos, loaded, out, spaces, options)


def _train(source: "Source", backbone: "Backbone", out: Path, spaces: str, options: dict[str, Any]) -> None:
    from sextant.app.render.progress import Progress
    from sextant.app.render.progress_words import report_stage, report_training
    from sextant.gallery.alignment.recipe import measure_backbone, prepare
    from sextant.gallery.alignment.training.train import Training
    from sextant.gallery.alignment.training.warm_start import load_start

    start = load_start(options["location_from"]) if options["location_from"] else None
    settings = _read_settings(spaces, options)
    first = os.environ.get("RANK", "0") == "0"
    with Progress(quiet=options["quiet"] or not first) as progress:
        prepared = prepare(
            source,
            backbone,
            settings,
            options["cache"] or out / "cache",
            report_stage(progress),
            options["min_file_bytes"],
            options["workers"],
        )
        _say_skipped(prepared.cache.about.skipped)
        if settings.spaces == "image":
            _print_measured({"backbone": measure_backbone(prepared, settings)}, options["as_json"])
            return
        training = Training(prepared.cache, prepared.texts, prepared.config, settings, out, start)
        trained = training.run(report_training(progress))
    if first:
        _print_trained(out, trained, options["as_json"])


@command.command(name="import")
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option("--backbone", default=CLIP, show_default=True, metavar="SPEC", help="CLIP ViT-L/14, a name or a path.")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder to write the alignment to."
)
def import_(checkpoint: Path, backbone: str, out: Path) -> None:
    """Import published weights: G3's g3.pth, or the folder that holds GeoCLIP's three weight files.

    \b
    Example: sextant align import g3.pth --out g3
             sextant align import geoclip/model/weights --out geoclip
    """
    from sextant.gallery.alignment.model.published import import_published
    from sextant.gallery.alignment.model.weights import save_alignment

    alignment = import_published(checkpoint, backbone)
    save_alignment(out, alignment)
    config = alignment.config
    echo(f"alignment {out}: {config.origin}, {config.projection}, parts {', '.join(config.parts)}")


@command.command()
@click.argument("alignment", type=click.Path(path_type=Path))
@click.argument("source")
@click.option(
    "--validation",
    type=float,
    default=0.1,
    show_default=True,
    help="Share of photos used as queries, split by photographer.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of the split.")
@click.option(
    "--min-file-bytes",
    type=click.IntRange(0),
    default=5121,
    show_default=True,
    help="Skip files smaller than this many bytes (G3's threshold).",
)
@click.option("--cache", type=click.Path(path_type=Path), help="Folder to cache features in.  [default: OUT/cache]")
@add_source_options
def measure(alignment: Path, source: str, validation: float, seed: int, **options: Any) -> None:
    """Measure an alignment, its parts and its backbone on held-out photographers.

    Photos of some photographers query those of the others.

    Use the source, --validation and --seed of the training to query only with photos held out from it.

    \b
    Example: sextant align measure geo photos --metadata photos.csv --validation 0.5
    """
    from sextant.app.render.progress import Progress
    from sextant.app.render.progress_words import report_stage
    from sextant.gallery.alignment.measure import measure_parts
    from sextant.gallery.alignment.model.encoder import load_aligned
    from sextant.gallery.alignment.training.cache_build import fill_cache

    encoder = load_aligned(str(alignment))
    with Progress(quiet=options["quiet"]) as progress:
        report = report_stage(progress)
        cache = fill_cache(
            _open_source(source, options),
            encoder.backbone,
            options["cache"] or alignment / "cache",
            lambda done, total: report("features", done, total),
            options["min_file_bytes"],
            options["workers"],
        )
    _say_skipped(cache.about.skipped)
    _print_measured(measure_parts(encoder.alignment, cache, validation, seed), options["as_json"])


def _read_settings(spaces: str, options: dict[str, Any]) -> Any:
    from pydantic import ValidationError

    from sextant.base.errors import WrongUse
    from sextant.gallery.alignment.training.settings import TrainSettings

    given = {name: options[name] for name in TrainSettings.model_fields if name in options}
    try:
        return TrainSettings.model_validate({"spaces": spaces, **given})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).replace("_", "-")
        raise WrongUse(f"invalid --{name} {first['input']!r}: {first['msg']}") from error


def _open_source(source: str, options: dict[str, Any]) -> Any:
    from sextant.gallery.sources.recognise import SourceOptions, open_source

    return open_source(source, SourceOptions(options["metadata"], options["swapped"], options["country_known"]))


def _say_skipped(skipped: dict[str, int]) -> None:
    for reason, count in skipped.items():
        echo(f"sextant: {count:,} skipped: {reason}", err=True)


def _print_trained(out: Path, trained: "TrainingResult", as_json: bool) -> None:
    if as_json:
        echo_json({"alignment": str(out), **asdict(trained)}, 2)
        return
    resumed = f", resumed at step {trained.resumed_from:,}" if trained.resumed_from else ""
    early = ", stopped early" if trained.stopped_early else ""
    echo(f"alignment {out}: {trained.epochs} epochs, {trained.steps:,} steps{resumed}{early}")
    if trained.before and trained.after:
        echo(f"best epoch: {trained.best_epoch}")
        _print_measured({"backbone": trained.before, "aligned": trained.after}, as_json=False)
    echo(f"use it as encoder aligned:{out}")


def _print_measured(measured: dict[str, Any], as_json: bool) -> None:
    """Print a table: median geodesic distance of the photos found, and how near the best position is."""
    if as_json:
        echo_json(measured, 2)
        return
    some = next(iter(measured.values()))
    echo(f"{some['queries']:,} query photos, {some['references']:,} references; median km to the nearest one found")
    echo(f"{'':<12}{'top 5':>9}{'top 10':>9}{'top 15':>9}   best position within 25 / 200 / 750 / 2500 km")
    for name, figures in measured.items():
        medians = "".join(f"{figures['retrieval'][count]['median_km']:>9,.0f}" for count in ("5", "10", "15"))
        recall = figures["positions"]
        shares = (
            " / ".join(f"{recall[f'within_{radius}_km']:.1%}" for radius in (25, 200, 750, 2500)) if recall else "-"
        )
        echo(f"{name:<12}{medians}   {shares}")
    echo(
        "\nkm between a query and the photos found for it: average, median, largest and smallest, averaged over queries"
    )
    for name, figures in measured.items():
        for count, cell in figures["retrieval"].items():
            if spread := cell["per_query"]:
                columns = "".join(f"{label} {spread[label]:>9,.1f}   " for label in ("average", "median", "max", "min"))
                echo(f"{name:<12}top {count:<5}{columns.rstrip()}")
