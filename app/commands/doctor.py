"""`sextant doctor`: check the installation and suggest fixes."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from sextant.app.render.terminal import echo, echo_json
from sextant.base.printable import pluralise

Check = tuple[str, Callable[[], "str | Concern"]]

PACKAGES = ("sextant-geo", "langgraph", "lancedb", "shapely", "reverse_geocoder")
EXTRAS = {
    "st": "sentence_transformers",
    "onnx": "onnxruntime",
    "ocr": "rapidocr",
    "osm": "osmium",
    "library": "gpxpy",
    "tag": "exiftool",
    "video": "av",
    "scene": "cv2",
    "raw": "rawpy",
    "ray": "ray",
    "align": "accelerate",
    "web": "fastapi",
    "postgres": "psycopg",
    "anthropic": "langchain_anthropic",
    "google": "langchain_google_genai",
    "mistral": "langchain_mistralai",
    "deepseek": "langchain_deepseek",
    "groq": "langchain_groq",
    "together": "langchain_together",
    "xai": "langchain_xai",
    "mcp": "mcp",
    "inspect": "inspect_ai",
    "otel": "opentelemetry.exporter",
}
_MOST_RUNS = 3  # the newest evaluations that are looked at where none is named
_WHERE_RUNS_LIE = ("evaluation.json", "*/evaluation.json", "runs/*/evaluation.json")  # in the folder it is started in
LEAST_FREE_GB = 2.0  # a run takes kilobytes; a gallery of 100,000 photos about a gigabyte


class Concern(str):
    """A finding that works and still deserves attention."""


@click.command(name="doctor")
@click.option("--model", metavar="SPEC", help="The model to try.  [default: SEXTANT_MODEL, else offline]")
@click.option("--base-url", metavar="URL", help="URL of the model server.")
@click.option("--gallery", metavar="DIR", help="The gallery to try.  [default: the only one under the home]")
@click.option(
    "--run",
    "runs",
    multiple=True,
    metavar="DIR",
    help="Evaluation to check stated probabilities against (repeatable).  [default: the newest in . and ./runs]",
)
@click.option("--home", metavar="DIR", help="Folder for runs and galleries.  [default: SEXTANT_HOME]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    model: str | None, base_url: str | None, gallery: str | None, runs: tuple[str, ...], home: str | None, as_json: bool
) -> int:
    """Check this installation: packages, gallery, model, disk, and whether stated probabilities held.

    Exit code 1 when something is wrong; a warning does not change it.

    \b
    Example: sextant doctor --model openai:gpt-4o --gallery my-gallery
    """
    findings = [run_check(name, check) for name, check in list_checks(model, base_url, gallery, home, runs)]
    if as_json:
        echo_json(findings, 2)
    else:
        for finding in findings:
            mark = "BAD " if not finding["ok"] else "WARN" if finding["warning"] else "ok  "
            echo(f"{mark} {finding['check']:<9} {finding['found']}")
    return 0 if all(finding["ok"] for finding in findings) else 1


def run_check(name: str, check: Callable[[], str | Concern]) -> dict[str, Any]:
    """Run one check; an error of ours is its finding."""
    from sextant.base.errors import SextantError

    try:
        found = check()
        return {"check": name, "ok": True, "warning": isinstance(found, Concern), "found": str(found)}
    except SextantError as error:
        return {"check": name, "ok": False, "warning": False, "found": str(error)}


def list_checks(
    model: str | None, base_url: str | None, gallery: str | None, home: str | None, runs: Sequence[str] = ()
) -> list[Check]:
    """Return every check with its name, in the order they are reported."""
    return [
        ("python", check_python),
        ("packages", check_packages),
        ("extras", check_extras),
        ("home", lambda: check_home(home)),
        ("gallery", lambda: check_gallery(gallery, home)),
        ("model", lambda: check_model_answers(model, base_url)),
        ("trust", lambda: check_probabilities([Path(run) for run in runs])),
    ]


def check_python() -> str:
    """Return the interpreter's version; pip refuses to install Sextant on one that is too old."""
    return ".".join(map(str, sys.version_info[:3]))


def check_packages() -> str:
    """Return the versions of the packages Sextant needs."""
    from importlib.metadata import PackageNotFoundError, version

    from sextant.base.errors import SextantError

    try:
        return ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    except PackageNotFoundError as error:
        raise SextantError(f"package {error.name!r} is missing; install again with: pip install sextant-geo") from error


def check_extras() -> str:
    """Return which extras are there and which are not."""
    return ", ".join(f"{extra} {'yes' if has_package(package) else 'no'}" for extra, package in EXTRAS.items())


def has_package(name: str) -> bool:
    """Return whether a package, or one within another, can be imported; only the outer one is imported."""
    from importlib.util import find_spec

    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # the outer one is missing
        return False


def check_home(home: str | None) -> str:
    """Check that the home can be written to and has room.

    Raises:
        SextantError: it cannot, or has not.
    """
    import shutil
    import tempfile

    from sextant.base.errors import SextantError
    from sextant.base.home import Home

    folder = Home.at(home).root
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            free_gb = shutil.disk_usage(folder).free / 1e9
    except OSError as error:
        raise SextantError(
            f"cannot write to {str(folder)!r}: {error.strerror}; choose another folder with --home"
        ) from error
    if free_gb < LEAST_FREE_GB:
        raise SextantError(
            f"{str(folder)!r} has only {free_gb:.1f} GB left; free some space, or choose another folder with --home"
        )
    return f"{folder}, {free_gb:.0f} GB free"


def check_gallery(gallery: str | None, home: str | None) -> str:
    """Check that the gallery opens and that its encoder loads with the same weights."""
    from sextant.app.galleries import choose_gallery
    from sextant.gallery.store import Gallery

    chosen = choose_gallery(gallery, home, needed=False)
    if chosen is None:
        return "no gallery; build one with: sextant gallery build PHOTOS --out DIR"
    opened = Gallery.open(chosen)
    opened.encoder()
    return f"{chosen}: {pluralise(opened.count, 'photo')}, encoder {opened.manifest.encoder} matches"


def check_model_answers(model: str | None, base_url: str | None) -> str:
    """Check that the model answers a one-word question."""
    import os

    from sextant.agent.llm.client import check_model
    from sextant.agent.llm.model import load_model

    return check_model(
        load_model(model or os.environ.get("SEXTANT_MODEL") or "offline", base_url=base_url, timeout_s=60)
    )


def check_probabilities(runs: Sequence[Path]) -> str | Concern:
    """Compare what evaluations stated with what happened: those named, else the newest that lie here.

    Raises:
        SextantError: a named folder holds no evaluation.
    """
    chosen = list(runs) or find_evaluations(Path.cwd())
    if not chosen:
        return (
            "not known: no evaluation in the current folder or its runs; name one with --run DIR, or measure with: "
            "sextant eval run folder --data PHOTOS --out runs/mine"
        )
    found = [describe_trust(run) for run in chosen]
    text = "; ".join(found)
    return Concern(text) if any(isinstance(one, Concern) for one in found) else text


def find_evaluations(folder: Path) -> list[Path]:
    """Return the newest evaluations in a folder, its subfolders and its `runs`, the newest first."""
    files = {file for pattern in _WHERE_RUNS_LIE for file in folder.glob(pattern)}
    newest = sorted(files, key=lambda file: (-file.stat().st_mtime, str(file)))
    return [file.parent.relative_to(folder) for file in newest[:_MOST_RUNS]]


def describe_trust(run: Path) -> str | Concern:
    """Say whether an evaluation's stated probabilities held.

    Raises:
        SextantError: the folder holds no evaluation.
    """
    from sextant.app.render.terminal import shorten_line
    from sextant.eval.drift import describe_gap, find_drift
    from sextant.eval.results import read_results

    results, name = read_results(run), shorten_line(str(run))
    of = results.header["configuration"]["photos"]
    if len(results.lines) < of:
        return f"{name}: unfinished ({len(results.lines):,} of {of:,} photos), not checked"
    drift = find_drift(results)
    if not drift.photos:
        return f"{name}: states no calibrated probability"
    if not drift.told:
        return f"{name}: too few photographers or places to tell ({drift.groups:,}; 10 are needed)"
    if drift.worst is None:
        return f"{name}: on {drift.photos:,} photos, what was stated and what happened agree"
    words = describe_gap(drift.worst)
    remedy = f"calibrate with: sextant calibrate {name} --out MODEL.json"
    return Concern(f"{name}: its probabilities do not hold: {words}; {remedy}")
