"""The version comes from the git tag, with a fallback for copies that have no tag or no git."""

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version

import sextant
from tests.support.cli import sextant as run_sextant

ROOT = Path(__file__).resolve().parents[1]
FILES = ("pyproject.toml", ".gitattributes", ".git_archival.txt")
IDENTITY = ("-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")


def git(folder: Path, *words: str) -> None:
    """Run git with an identity of its own."""
    subprocess.run(["git", *IDENTITY, *words], cwd=folder, check=True, capture_output=True)


def read_version(folder: Path) -> str:
    """Return the version that a build in this folder would have."""
    asked = [sys.executable, "-m", "setuptools_scm"]
    return subprocess.run(asked, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def read_fallback() -> str:
    """Return the version of copies without tags."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools_scm"]
    return str(settings["fallback_version"])


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository of one commit with what decides the version."""
    pytest.importorskip("setuptools_scm")
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in FILES:
        shutil.copy(ROOT / name, folder)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "one")
    return folder


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_a_tag_is_the_version_and_a_later_commit_is_before_the_next_one(checkout: Path) -> None:
    git(checkout, "tag", "v7.4.0")
    git(checkout, "tag", "nightly-20261130")  # another kind of tag
    assert read_version(checkout) == "7.4.0"
    git(checkout, "commit", "--quiet", "--allow-empty", "--message", "two")
    assert read_version(checkout).startswith("7.4.1.dev1+g")


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_without_tags_it_is_a_development_version(checkout: Path) -> None:
    found = Version(read_version(checkout))
    assert found.is_devrelease and found.release == Version(read_fallback()).release
    shutil.rmtree(checkout / ".git")
    assert read_version(checkout) == read_fallback()


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
@pytest.mark.parametrize("tag", [None, "v7.4.0"])
def test_an_archive_of_a_tag_knows_it(tag: str | None, checkout: Path, tmp_path: Path) -> None:
    if tag:
        git(checkout, "tag", tag)
    git(checkout, "archive", "--output", str(tmp_path / "archive.tar"), "HEAD")
    shutil.unpack_archive(tmp_path / "archive.tar", tmp_path / "unpacked")
    assert read_version(tmp_path / "unpacked") == ("7.4.0" if tag else read_fallback())


def test_the_fallback_is_the_development_version_after_the_newest_of_the_changelog() -> None:
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    *kept, last = Version(headings[1]).release
    assert headings[0] == "Unreleased"
    assert read_fallback() == ".".join(map(str, (*kept, last + 1))) + ".dev0"


def test_the_command_and_the_package_tell_the_installed_version(tmp_path: Path) -> None:
    assert sextant.__version__ == version("sextant-geo")
    assert run_sextant("--version", home=tmp_path).out.strip() == f"sextant, version {version('sextant-geo')}"
