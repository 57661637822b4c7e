"""`sextant calibrate`: calibrate probabilities and regions on labelled photos."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sextant.app.commands.evaluation.eval_run import evaluate, explain_end
from sextant.app.options.common import add_run_options, make_settings
from sextant.app.options.grouped import GroupedCommand
from sextant.app.render.terminal import echo, echo_json
from sextant.base.printable import pluralise
from sextant.base.scales import RADIUS_NAMES

if TYPE_CHECKING:
    from sextant.eval.fitting.calibrate import Calibrated

# Options of a run that have a meaning where the candidates are recorded already.
_WITHOUT_A_RUN = ("labelled", "out", "as_json", "quiet", "model", "gallery", "fitted", "home")


@click.command("calibrate", cls=GroupedCommand)
@click.argument("labelled", type=click.Path(path_type=Path), metavar="LABELLED")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="MODEL.json", help="File to write.")
@click.option(
    "--run", "run_folder", type=click.Path(path_type=Path), metavar="DIR",
    help="Folder of the evaluation of photos.  [default: beside --out]",
)  # fmt: skip
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Take a random sample of N photos (see --seed).")
@add_run_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--quiet", is_flag=True, help="Show no progress on stderr.")
@click.pass_context
def command(ctx: click.Context, /, labelled: Path, out: Path, as_json: bool, quiet: bool, **options: Any) -> int:
    """Calibrate probabilities and regions on your own labelled photos, 50 or more.

    LABELLED is a folder of photos with a table, as `sextant eval run folder` reads it; or the folder of a finished
    evaluation; or a file of recorded candidates (see the guide Verification). Photos are evaluated first, with the
    model and gallery that you name; the same command resumes. Prints what was stated and what happened, before and
    after; the figures after are cross-fitted by photographer.

    \b
    Example: sextant calibrate my-photos --gallery my-gallery --model openai:gpt-4o --max-usd 5 --out mine.json
             sextant calibrate runs/gpt-4o --out mine.json
             sextant locate photo.jpg --fitted mine.json
    """
    from sextant.agent.recording.fitted_models import read_model
    from sextant.agent.verification.model_file import shipped_model
    from sextant.eval.fitting.calibrate import calibrate
    from sextant.eval.fitting.jobs import write_model
    from sextant.eval.fitting.labelled import read_labelled

    if not out.absolute().parent.is_dir():
        raise click.UsageError(f"the folder of --out {str(out)!r} does not exist; create it first")
    start = read_model(Path(options["fitted"])) if options["fitted"] else shipped_model()
    if _are_photos(labelled):
        run = options.pop("run_folder") or out.with_name(f"{out.stem}-run")
        code = _evaluate(labelled, run, quiet, options)
        if code:
            return code
        photos = read_labelled(run, None, ())
    else:
        run = None
        _refuse_run_options(ctx, labelled)
        photos = read_labelled(labelled, options["gallery"], _names(options["model"]))
    done = calibrate(photos, start)
    write_model(done.model, out)
    if as_json:
        figures = {"photos": done.photos, "before": asdict(done.before), "after": asdict(done.after)}
        echo_json({**figures, "run": str(run) if run else None, "out": str(out)})
    else:
        _print(done, out)
    return 0


def _are_photos(labelled: Path) -> bool:
    return labelled.is_dir() and not (labelled / "evaluation.json").exists()


def _evaluate(folder: Path, run: Path, quiet: bool, options: dict[str, Any]) -> int:
    """Evaluate labelled photos, as far as it was not done before; return the exit code."""
    from sextant.base.errors import WrongUse
    from sextant.eval.benchmarks import choose_photos, load_benchmark
    from sextant.eval.fitting.calibrate import LEAST_PHOTOS
    from sextant.eval.running.runner import EvalTask

    limit, max_usd = options.pop("limit"), options.pop("max_usd")
    if options["verify"] not in (None, "calibrated"):
        raise WrongUse(f"calibrate fits the strategy 'calibrated', not {options['verify']!r}; leave out --verify")
    loaded = load_benchmark("folder", folder)
    settings = make_settings({**options, "verify": "calibrated", "exclude_duplicates": True})
    photos = choose_photos(loaded, limit, settings.seed)
    there = sum(photo.path is not None for photo in photos)
    if there < LEAST_PHOTOS:
        raise WrongUse(f"{str(folder)!r} holds {there:,} labelled photos; calibrate needs {LEAST_PHOTOS} or more")
    for note in loaded.notes:
        echo(f"sextant: {note}", err=True)
    echo(f"sextant: evaluating {pluralise(len(photos), 'photo')} in {run}; the same command resumes", err=True)
    chosen = {"limit": limit, "seed": settings.seed if limit else None, "shard": None}
    return explain_end(evaluate(EvalTask(loaded, photos, chosen, settings, run, max_usd), quiet))


def _refuse_run_options(ctx: click.Context, labelled: Path) -> None:
    """Refuse options that say how photos are located where LABELLED was located already."""
    for option in ctx.command.params:
        given = ctx.get_parameter_source(option.name or "") is click.core.ParameterSource.COMMANDLINE
        if given and option.name not in _WITHOUT_A_RUN:
            raise click.UsageError(
                f"{option.opts[0]} says how photos are located; {str(labelled)!r} holds what was recorded: leave it out"
            )


def _names(models: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (models or "").split(",") if name.strip())


def _print(done: "Calibrated", out: Path) -> None:
    echo(f"{done.photos:,} labelled photos, in {done.groups:,} groups by photographer or place")
    for name, report in (("before", done.before), ("after (cross-fitted)", done.after)):
        echo(f"{name}: 50 % regions hold {report.held['50']:.0%}, 90 % regions {report.held['90']:.0%}")
        rows = zip(RADIUS_NAMES, report.stated, report.happened, report.error, report.off, strict=True)
        for radius, stated, happened, error, (low, high) in rows:
            echo(
                f"  within {radius:>4} km  stated {stated:.0%}  happened {happened:.0%}  "
                f"off {100 * low:+.0f} to {100 * high:+.0f} points  calibration error {error:.3f}"
            )
    echo(f"wrote {out}; use it with: sextant locate PHOTO --fitted {out}")
