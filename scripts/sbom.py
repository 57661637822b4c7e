"""Write the bill of materials of a release (CycloneDX 1.5): each package with its licence.

Run it in the environment a release is built from: ``python scripts/sbom.py > sextant.cdx.json``. The same environment
gives the same bytes.
"""

import json
import re
import sys
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PROJECT = "sextant-geo"
LINE = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)")


def read_lock(path: Path) -> list[tuple[str, str]]:
    """Return name and version of each line of a lock file."""
    found = [LINE.match(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [(line["name"], line["version"]) for line in found if line]


def describe_package(name: str, number: str) -> dict[str, Any]:
    """Return one package as a component; its licence where the installed package states one."""
    component: dict[str, Any] = {
        "type": "library",
        "name": name,
        "version": number,
        "purl": f"pkg:pypi/{name}@{number}",
    }
    component["bom-ref"] = component["purl"]
    try:
        metadata = distribution(name).metadata
    except PackageNotFoundError:
        return component
    stated = metadata.get("License-Expression") or metadata.get("License") or ""
    if stated and "\n" not in stated and len(stated) < 100:
        component["licenses"] = [{"license": {"name": stated}}]
    return component


def make_document(packages: list[tuple[str, str]]) -> dict[str, Any]:
    """Return the document of the project and these packages."""
    own = f"pkg:pypi/{PROJECT}@{version(PROJECT)}"
    components = [describe_package(name, number) for name, number in sorted(packages)]
    root = {"type": "application", "name": PROJECT, "version": version(PROJECT), "purl": own, "bom-ref": own}
    needs = {"ref": own, "dependsOn": [component["bom-ref"] for component in components]}
    head = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1}
    return {**head, "metadata": {"component": root}, "components": components, "dependencies": [needs]}


def main() -> None:
    """Print the document of what ``requirements.lock`` names."""
    json.dump(make_document(read_lock(ROOT / "requirements.lock")), sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
