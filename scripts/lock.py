"""Write the lock files from the installed packages: one with everything, one for users.

Run it with `make lock` in an environment where the tests pass. Only names and versions are written; pip finds them
wherever it is set up to look.
"""

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = "sextant-geo"


def collect_needed(name: str, extras: frozenset[str], found: dict[str, str]) -> None:
    """Add what a distribution needs, and what that needs, to ``found``: name → version."""
    for line in distribution(name).requires or []:
        requirement = Requirement(line)
        if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in extras | {""}):
            continue
        child = canonicalize_name(requirement.name)
        try:
            version = distribution(child).version
        except PackageNotFoundError:
            continue
        new = child not in found
        found[child] = version
        if new or requirement.extras:
            collect_needed(child, frozenset(requirement.extras), found) if new else add_extras(
                child, requirement, found
            )


def add_extras(name: str, requirement: Requirement, found: dict[str, str]) -> None:
    """Follow a package's extras when it was already found without them."""
    for extra in sorted(requirement.extras):
        for line in distribution(name).requires or []:
            child = Requirement(line)
            if child.marker and child.marker.evaluate({"extra": extra}) and not child.marker.evaluate({"extra": ""}):
                key = canonicalize_name(child.name)
                if key not in found:
                    found[key] = distribution(key).version
                    collect_needed(key, frozenset(child.extras), found)


def write(path: Path, packages: dict[str, str], about: str) -> None:
    """Return one ``name==version`` a line, without local version labels such as +cpu."""
    kept = sorted((name, version) for name, version in packages.items() if name != PROJECT)  # `all` names the project
    lines = [f"{name}=={re.sub(r'[+].*', '', version)}" for name, version in kept]
    path.write_text(f"# {about} Written by `make lock`.\n" + "\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    runtime: dict[str, str] = {}
    collect_needed(PROJECT, frozenset({"onnx"}), runtime)
    everything: dict[str, str] = {}
    collect_needed(PROJECT, frozenset(distribution(PROJECT).metadata.get_all("Provides-Extra") or ()), everything)
    write(ROOT / "requirements.lock", runtime, "What Sextant runs on, with the onnx extra.")
    write(ROOT / "requirements-dev.lock", everything, "Everything: all extras, tests and checks.")


if __name__ == "__main__":
    main()
