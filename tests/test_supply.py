"""The files that tell what Sextant consists of agree with each other."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
BY_MACHINE = ("torch", "torchvision", "triton", "nvidia-", "cuda-")


def versions(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    found = [re.match(r"([a-z0-9._-]+)==([^\s]+)", line) for line in lines]
    return {line[1]: line[2] for line in found if line}


def test_hashes_are_of_the_locked_versions():
    locked, hashed = versions("requirements-dev.lock"), versions("requirements-dev.hashes")
    assert len(hashed) > 150
    assert {name: number for name, number in hashed.items() if locked.get(name) != number} == {}
    assert not [name for name in hashed if name.startswith(BY_MACHINE)]
    assert [name for name in locked if name not in hashed and not name.startswith(BY_MACHINE)] == []
    entries = (ROOT / "requirements-dev.hashes").read_text(encoding="utf-8").partition("\n")[2].replace("\\\n", " ")
    assert all(re.fullmatch(r"\S+==\S+(\s+--hash=sha256:[0-9a-f]{64})+", entry) for entry in entries.splitlines())


def test_the_lock_holds_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = versions("requirements-dev.lock")
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    for line in map(Requirement, wanted):
        if canonicalize_name(line.name) != "sextant-geo":
            assert line.specifier.contains(locked[canonicalize_name(line.name)]), line


def test_the_bill_of_materials_names_every_locked_package():
    made = subprocess.run([sys.executable, "scripts/sbom.py"], cwd=ROOT, capture_output=True, check=True).stdout
    document = json.loads(made)
    assert document["bomFormat"] == "CycloneDX"
    assert {one["name"]: one["version"] for one in document["components"]} == versions("requirements.lock")


def test_the_container_takes_extras_that_exist():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    extras = re.search(r"\$1\[([\w,]+)\]", text)[1].split(",")
    assert set(extras) <= project["optional-dependencies"].keys()


def test_workflows_call_targets_that_exist():
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for file in (ROOT / ".github" / "workflows").glob("*.yml"):
        assert set(re.findall(r"run: make ([a-z]+)", file.read_text(encoding="utf-8"))) <= targets, file.name
