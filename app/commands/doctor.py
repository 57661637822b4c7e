"""`sextant doctor`: check the installation and suggest fixes."""

import sys
from collections.abc import Callable
from typing import Any

import click

from sextant.app.render.terminal import echo, echo_json

Check = tuple[str, Callable[[], str]]

PACKAGES = ("langgraph", "lancedb", "torch", "sentence-transformers", "shapely", "reverse_geocoder")
EXTRAS = {
    "onnx": "onnxruntime",
    "ocr": "rapidocr",
    "raw": "rawpy",
    "ray": "ray",
    "web": "fastapi",
    "postgres": "psycopg",
}
LEAST_FREE_GB = 2.0  # a run takes kilobytes; a gallery of 100,000 photos about a gigabyte


@click.command(name="doctor")
@click.option("--model", metavar="SPEC", help="The model to try.  [default: SEXTANT_MODEL, else offline]")
@click.option("--base-url", metavar="URL", help="URL of an OpenAI-compatible or Ollama server.")
@click.option("--gallery", metavar="DIR", help="The gallery to try.  [default: the only one under the home]")
@click.option("--home", metavar="DIR", help="Folder for runs and galleries.  [default: SEXTANT_HOME]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(model: str | None, base_url: str | None, gallery: str | None, home: str | None, as_json: bool) -> int:
    """Check this installation: packages, gallery, model, disk. Exit code 1 when something is wrong.

    \b
    Example: sextant doctor --model openai:gpt-4o --gallery my-gallery
    """
    findings = [run_check(name, check) for name, check in list_checks(model, base_url, gallery, home)]
    if as_json:
        echo_json(findings, 2)
    else:
        for finding in findings:
            echo(f"{'ok  ' if finding['ok'] else 'BAD '} {finding['check']:<9} {finding['found']}")
    return 0 if all(finding["ok"] for finding in findings) else 1


def run_check(name: str, check: Callable[[], str]) -> dict[str, Any]:
    """Run one check; an error of ours is its finding."""
    from sextant.base.errors import SextantError

    try:
        return {"check": name, "ok": True, "found": check()}
    except SextantError as error:
        return {"check": name, "ok": False, "found": str(error)}


def list_checks(model: str | None, base_url: str | None, gallery: str | None, home: str | None) -> list[Check]:
    """Return every check with its name, in the order they are reported."""
    return [
        ("python", check_python),
        ("packages", check_packages),
        ("extras", check_extras),
        ("home", lambda: check_home(home)),
        ("gallery", lambda: check_gallery(gallery, home)),
        ("model", lambda: check_model_answers(model, base_url)),
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
    from importlib.util import find_spec

    return ", ".join(f"{extra} {'yes' if find_spec(package) else 'no'}" for extra, package in EXTRAS.items())


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
    return f"{chosen}: {opened.count:,} photos, encoder {opened.manifest.encoder} matches"


def check_model_answers(model: str | None, base_url: str | None) -> str:
    """Check that the model answers a one-word question."""
    import os

    from sextant.agent.llm.client import check_model, load_model

    return check_model(
        load_model(model or os.environ.get("SEXTANT_MODEL") or "offline", base_url=base_url, timeout_s=60)
    )
