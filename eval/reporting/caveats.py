"""List the caveats of a report: where data or protocol differ from the figures beside them."""

from collections.abc import Sequence

from sextant.agent.recording.fitted_models import shorten_fitted_name
from sextant.agent.verification.baselines.stand_in import NOT_ALIGNED
from sextant.agent.verification.model_file import shipped_model
from sextant.agent.warning_codes import Code, has_code
from sextant.base.json_types import Json
from sextant.base.printable import pluralise
from sextant.eval.benchmarks import BENCHMARKS
from sextant.eval.reporting.published import find_published
from sextant.eval.results import Results


def list_caveats(runs: Sequence[Results], found: Sequence[Json]) -> list[str]:
    """Return plain sentences, the gravest first."""
    caveats: list[str] = []
    for run, figures in zip(runs, found, strict=True):
        caveats += [f"{run.name}: {note}" for note in _list_of_run(run, figures)]
    if len({run.header["configuration"]["photos_sha256"] for run in runs}) > 1:
        caveats.append(
            "The runs measured different photos: their figures are not comparable; see sextant eval compare."
        )
    if len({run.header["configuration"]["benchmark"] for run in runs}) > 1:
        caveats.append("The runs use different benchmarks.")
    if any(find_published(figures["benchmark"]) for figures in found):
        caveats.append(
            "Published systems used their own galleries, training data and comparisons (< or <=); few say whether "
            "their gallery included the benchmark's photographers."
        )
    return caveats


def _list_of_run(run: Results, figures: Json) -> list[str]:
    caveats = []
    configuration = run.header["configuration"]
    rows = BENCHMARKS[figures["benchmark"]].rows if figures["benchmark"] in BENCHMARKS else None
    if figures["done"] < figures["photos"]:
        caveats.append(
            f"unfinished: {figures['done']:,} of {figures['photos']:,} photos have a line; the figures cover those."
        )
    if rows is not None and figures["photos"] != rows:
        caveats.append(
            f"{figures['photos']:,} photos, but the published benchmark has {rows:,}: "
            "the published rows cover other photos."
        )
    if figures["protocol"] == "whole gallery":
        caveats.append("the whole gallery was searched, which may include photos by the same photographers.")
    if configuration["settings"].get("model") == "offline":
        caveats.append("no model was called; the answers come from the density of retrieved photos.")
    calibrated = [line["answer"] for line in run.lines if line["answer"]]
    if any(has_code(answer["warnings"], Code.UNCALIBRATED) for answer in calibrated):
        caveats.append("its probabilities are shares of the candidates, not fitted on held-out photos.")
    unaligned = sum(has_code(answer["warnings"], Code.NOT_ALIGNED) for answer in calibrated)
    if unaligned:
        caveats.append(f"for {pluralise(unaligned, 'photo')} {NOT_ALIGNED}.")
    if figures["verify"] == "calibrated" or unaligned:
        caveats.append(
            f"verification was fitted on {_describe_fitted_on(configuration['settings'].get('fitted'))}: "
            "if these photos are among them, nothing is held out."
        )
    caveats += _describe_drift(figures["drift"])
    if failed := figures["outcomes"]["failed"]:
        caveats.append(f"Photos that failed and count as misses: {failed:,} ({_name_kinds(figures['errors'])}).")
    if figures["outcomes"]["filtered"]:
        count = f"{figures['outcomes']['filtered']:,}"
        caveats.append(f"{count} photos were refused by the model server's content filter and count as misses.")
    caveats += [note if note.endswith(".") else f"{note}." for note in run.header.get("notes", [])]
    return caveats


def _describe_drift(drift: Json) -> list[str]:
    """Say where what was stated and what happened are far apart: the numbers were measured on other photos."""
    worst = drift["worst"]
    if worst is None:
        return []
    off = f"{100 * worst['low']:+.0f} to {100 * worst['high']:+.0f} points"
    return [
        f"its probabilities do not hold on these photos: {worst['words']} (off by {off}, 99 % "
        f"interval over {drift['groups']:,} photographers or places); calibrate them with: sextant calibrate."
    ]


def _describe_fitted_on(own: str | None) -> str:
    """Return the files behind the fitted numbers, with their photos; unknown for a model of the user's own."""
    if own:
        return f"the photos of {shorten_fitted_name(own)}, your own model"
    data = shipped_model().provenance.get("data", [])
    return ", ".join(f"{pluralise(file['photos'], 'photo')} of {file['file']}" for file in data) or "unnamed data"


def _name_kinds(errors: Json) -> str:
    return ", ".join(f"{count:,} {kind}" for kind, count in errors.items()) or "no place was proposed"
