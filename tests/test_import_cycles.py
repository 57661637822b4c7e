"""No module imports itself through others, not even inside a function: such an import hides a wrong wall."""

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("agent", "app", "atlas", "base", "eval", "gallery", "geo", "graphs", "prompts", "tools")


def modules() -> dict[str, Path]:
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    names = {path: ".".join(("sextant", *path.relative_to(ROOT).with_suffix("").parts)) for path in files}
    return {name.removesuffix(".__init__"): path for path, name in names.items()}


def imported(path: Path, known: dict[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield from (name for name in (f"{node.module}.{alias.name}", node.module) if name in known)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)


def test_no_import_comes_back_to_where_it_began():
    known = modules()
    assert len(known) > 300
    graph = {name: set(imported(path, known)) - {name} for name, path in known.items()}
    assert tuple(graphlib.TopologicalSorter(graph).static_order())  # raises CycleError with the cycle


def test_an_import_inside_a_function_is_seen(tmp_path):
    (tmp_path / "m.py").write_text("def f():\n    from sextant.base.errors import WrongUse\n    return WrongUse\n")
    assert list(imported(tmp_path / "m.py", modules())) == ["sextant.base.errors"]
