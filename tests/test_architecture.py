"""The house is as docs/architecture.md says: every room named there exists and is installed."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("agent", "app", "atlas", "base", "eval", "gallery", "geo", "graphs", "prompts", "tools", "sextant")
MOST_FILES = 20


def test_no_folder_holds_more_than_twenty_python_files():
    folders = {path.parent for room in (*ROOMS, "bench", "scripts") for path in (ROOT / room).rglob("*.py")}
    crowded = {str(folder): len(list(folder.glob("*.py"))) for folder in folders}
    assert {folder: count for folder, count in crowded.items() if count > MOST_FILES} == {}


def test_every_path_that_the_guide_names_exists():
    guide = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:agent|app|atlas|base|eval|gallery|geo|graphs|prompts|tools|tests)/[\w./]*)`", guide)
    assert len(named) > 10
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_room_is_installed_under_one_name():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    folders = {path.parent.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("__init__.py")}
    names = {"sextant" if str(folder) == "sextant" else f"sextant.{'.'.join(folder.parts)}" for folder in folders}
    assert names == set(re.findall(r'^    "(sextant[\w.]*)",$', project, re.M)) - {
        f"sextant.{room}" for room in ROOMS if not (ROOT / room / "__init__.py").exists()
    }
