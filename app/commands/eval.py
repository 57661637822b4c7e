"""`sextant eval`: measure on benchmarks and on recorded candidates, and fit verification."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sextant.app.commands.evaluation import (
    eval_ablate,
    eval_compare,
    eval_export,
    eval_import,
    eval_merge,
    eval_report,
    eval_rescore,
    eval_retrieve,
    eval_run,
)
from sextant.app.options.grouped import SuggestingGroup
from sextant.app.render.terminal import echo, echo_json, shorten_line
from sextant.base.printable import pluralise

if TYPE_CHECKING:
    from sextant.eval.fitting.judging import Judgement
    from sextant.eval.fitting.recorded import Record

_FILES = click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
_MODELS = click.option("--models", default="", metavar="A,B,…", help="Use only the answers of these models.")
_FOLDS = click.option(
    "--folds", default=5, show_default=True, type=click.IntRange(2, 100), help="Number of cross-validation folds."
)
_MEMBERS = click.option(
    "--members", default=4, show_default=True, type=click.IntRange(1, 64), help="Networks per fold."
)
_JOBS = click.option(
    "--jobs", default=1, show_default=True, type=click.IntRange(1, 256), help="Folds to fit in parallel."
)


@click.group("eval", cls=SuggestingGroup)
def command() -> None:
    """Evaluate on benchmarks and on recorded candidates.

    \b
    Example: sextant eval run im2gps3k --data im2gps3k --gallery mp16 --out runs/offline
             sextant eval report runs/offline
    """


for module in (
    eval_run,
    eval_report,
    eval_compare,
    eval_rescore,
    eval_merge,
    eval_import,
    eval_export,
    eval_ablate,
    eval_retrieve,
):
    command.add_command(module.command)


@command.command("recorded")
@_FILES
@click.option("--verify", "strategy", default="calibrated", show_default=True, help="The verification strategy.")
@click.option(
    "--optimise",
    default="balanced",
    show_default=True,
    help="Scale at which answers are to be right most often: balanced, street, city or country.",
)
@_MODELS
@click.option("--max-answers", type=click.IntRange(0), help="Use at most N answers per photo.")
@click.option("--stop", is_flag=True, help="Add answers one by one until the verdict reports agreement.")
@click.option("--curve", "with_curve", is_flag=True, help="Print accuracy by number of calls.")
@click.option(
    "--by",
    type=click.Choice(["answers", "class"]),
    help="Also print the figures by number of answers or by class of model.",
)
@click.option("--crossfit", type=click.Choice(["author"]), help="Fit on the other photographers of these files.")
@click.option("--fitted", type=click.Path(path_type=Path), metavar="MODEL.json", help="Your own fitted model.")
@_FOLDS
@_MEMBERS
@_JOBS
@click.option("--without", default="", metavar="PART,…", help="With --crossfit: leave out these parts of the evidence.")
@click.option("--as-unknown", is_flag=True, help="With --crossfit: treat all models as unseen by the fit.")
@click.option("--explain", is_flag=True, help="Print one line per photo, and the provenance of the fitted model.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def recorded(
    files: tuple[Path, ...], as_json: bool, explain: bool, with_curve: bool, by: str | None, **options: Any
) -> None:
    """Verify the recorded candidates of each FILE and print accuracy and calibration.

    With --crossfit the files are fitted together, and every photo is judged by a model that has seen none of its
    photographer's photos.

    Example: sextant eval recorded recorded.jsonl.gz --crossfit author
    """
    from sextant.eval.fitting.jobs import call_curve, measured
    from sextant.eval.fitting.slices import slice_by_answers, slice_by_class
    from sextant.eval.reporting.figures_text import format_curve, format_figures

    slicers = {"answers": slice_by_answers, "class": slice_by_class}
    report: dict[str, Any] = {}
    for name, records, verifier in _list_jobs(files, **options):
        found, judged = measured(records, verifier, options["max_answers"], options["stop"])
        points = call_curve(records, verifier) if with_curve else []
        parts = {
            part: measured(own, verifier, options["max_answers"], options["stop"])[0]
            for part, own in (slicers[by](records) if by else ())
        }
        report[name] = {
            **found.to_json(),
            "curve": [vars(point) for point in points],
            **({f"by_{by}": {part: one.to_json() for part, one in parts.items()}} if by else {}),
        }
        if as_json:
            continue
        if explain:
            echo("\n".join(_format_photo(one) for one in judged))
        echo("\n".join([*format_figures(name, found), *(format_curve(points) if points else [])]))
        for part, one in parts.items():
            echo("\n".join(format_figures(f"{name}, {part}", one)))
    if as_json:
        echo_json(report)
    elif explain and options["strategy"] == "calibrated" and not options["crossfit"]:
        echo(_describe_provenance(options["fitted"]))


@command.command("fit")
@_FILES
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="MODEL.json", help="File to write.")
@_MODELS
@_FOLDS
@_MEMBERS
@_JOBS
@click.option("--keep-scorer", type=click.Path(path_type=Path), metavar="MODEL.json", help="Keep that model's scorer.")
@click.option("--json", "as_json", is_flag=True, help="Print the held-out figures as one JSON object.")
def fit(
    files: tuple[Path, ...],
    out: Path,
    models: str,
    folds: int,
    members: int,
    jobs: int,
    keep_scorer: Path | None,
    as_json: bool,
) -> None:
    """Fit verification on the recorded candidates of all FILEs together, and write the model as JSON.

    Prints figures on photos held out by photographer, and stores them in the model with its data and split.

    Example: sextant eval fit recorded.jsonl.gz --out model.json
    """
    from sextant.eval.fitting.jobs import fit_files, write_model
    from sextant.eval.reporting.figures_text import format_figures

    model, found = fit_files(files, _list_names(models), folds, members, _print_progress, jobs, keep_scorer)
    write_model(model, out)
    if as_json:
        echo_json({name: figures.to_json() for name, figures in found.items()})
        return
    for name, figures in found.items():
        echo("\n".join(format_figures(f"{name}, held out", figures)))
    echo(f"wrote {out}; use it with: sextant locate PHOTO --fitted {out}")


def _list_jobs(files: tuple[Path, ...], **options: Any) -> "list[tuple[str, list[Record], Any]]":
    """List each file's name, its records, and the verifier for them."""
    from sextant.base.errors import WrongUse
    from sextant.eval.fitting.jobs import cross_fitted, plain_verifier, read_files

    models = _list_names(options["models"])
    loaded = read_files(files)
    if not options["crossfit"]:
        for name in ("without", "as_unknown"):
            if options[name]:
                raise WrongUse(f"--{name.replace('_', '-')} needs --crossfit author")
        verifier = plain_verifier(options["strategy"], options["optimise"], options["fitted"])
        return [(path.name, [record.only(models) for record in rows], verifier) for path, rows in loaded]
    if options["strategy"] != "calibrated" or options["fitted"]:
        raise WrongUse("--crossfit fits its own 'calibrated' model; leave out --verify and --fitted")
    everything = [record for _, rows in loaded for record in rows]
    records, verifier = cross_fitted(
        everything,
        models,
        options["optimise"],
        options["folds"],
        options["members"],
        _print_progress,
        options["jobs"],
        _count_groups(options["without"]),
        options["as_unknown"],
    )
    jobs, done = [], 0
    for path, rows in loaded:
        jobs.append((path.name, records[done : done + len(rows)], verifier))
        done += len(rows)
    return jobs


def _list_names(models: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in models.split(",") if name.strip())


def _count_groups(names: str) -> tuple[str, ...]:
    from sextant.base.errors import WrongUse
    from sextant.eval.fitting.parts import PARTS_AND_GROUPS

    for name in _list_names(names):
        if name not in PARTS_AND_GROUPS:
            raise WrongUse(f"unknown part {name!r}; choose from: {', '.join(PARTS_AND_GROUPS)}")
    return _list_names(names)


def _print_progress(line: str) -> None:
    echo(line, err=True)


def _format_photo(one: "Judgement") -> str:
    from sextant.agent.answer_words import format_coordinates, format_headline

    verdict = one.verdict
    best = None if verdict.latitude is None else {"latitude": verdict.latitude, "longitude": verdict.longitude}
    stated = verdict.probability if verdict.calibrated else dict.fromkeys(verdict.probability)
    calibration = {"basis": verdict.basis} if verdict.calibrated else None
    headline = format_headline(
        {"best": best, "probability": stated, "calibration": calibration}, format_coordinates(best) if best else None
    )
    return f"{shorten_line(one.record.image)}\t{one.distance_km:.1f} km off\t{pluralise(one.calls, 'call')}\t{headline}"


def _describe_provenance(fitted: Path | None) -> str:
    from sextant.agent.recording.fitted_models import read_model
    from sextant.agent.verification.model_file import shipped_model

    model = read_model(fitted) if fitted else shipped_model()
    return json.dumps(model.provenance, indent=2, ensure_ascii=False)
