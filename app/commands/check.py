"""`sextant check`: compare case files with their manifests."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sextant.app.render.terminal import echo, echo_json

if TYPE_CHECKING:
    from sextant.app.exports.case_manifest import CaseCheck

BIGGEST = 512 * 2**20  # bytes; a case file of 50 photos has 20 MB


@click.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="CASE.html…")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(files: tuple[Path, ...], as_json: bool) -> int:
    """Check that case files are as they were exported: every part, and the page itself, against its manifest.

    It exits with 1 when something was changed, is missing or was added. A manifest can be forged together with its
    page: to know who made it, compare the sha256 of the manifest with one that you trust, or check its signature.

    \b
    Example: sextant check case.html
             sextant check --json case.html
    """
    found = [(file, _check(file)) for file in files]
    if as_json:
        echo_json({"files": [_to_json(file, check) for file, check in found]}, 2)
    else:
        echo("\n".join(line for file, check in found for line in _format(file, check)))
    return int(any(check.faults for _, check in found))


def _check(file: Path) -> "CaseCheck":
    """Read and check one file.

    Raises:
        WrongUse: it cannot be read.
    """
    from sextant.app.exports.case_manifest import check_case_file
    from sextant.base.errors import WrongUse

    try:
        if file.exists() and (not file.is_file() or file.stat().st_size > BIGGEST):
            raise WrongUse(f"{str(file)!r} is not a case file; name one that /export html or the page wrote")
        return check_case_file(file.read_bytes().decode("utf-8", "backslashreplace"))
    except OSError as error:
        raise WrongUse(f"{str(file)!r} cannot be read: {error.strerror}; name a case file (.html)") from error


def _format(file: Path, check: "CaseCheck") -> list[str]:
    if check.faults:
        return [f"{file}: {fault}" for fault in check.faults]
    return [f"{file}: all {len(check.parts)} parts are as in the manifest, sha256 {check.manifest_sha256}"]


def _to_json(file: Path, check: "CaseCheck") -> dict[str, object]:
    return {
        "file": str(file),
        "intact": not check.faults,
        "manifest_sha256": check.manifest_sha256,
        "parts": list(check.parts),
        "faults": [fault.to_json() for fault in check.faults],
    }
