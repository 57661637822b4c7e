"""What the fork server imports before it forks: Sextant's modules and the packages that a run loads later.

Not LanceDB, which starts a thread when it is imported, and not PyTorch, which few commands need.
"""

import gc
import threading
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_ROOMS = ("base", "geo", "atlas", "gallery", "tools", "prompts", "agent", "graphs", "eval", "app")
_LEFT_OUT = "sextant.gallery.alignment"
_LATER = (
    "lance_namespace",
    "langchain_ollama",
    "langchain_openai",
    "pandas",
    "pyarrow.dataset",
    "pyarrow.fs",
    "scipy.optimize",
    "uvicorn",
)


def import_what_runs_need() -> None:
    for name in _LATER:
        import_module(name)
    for room in _ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            name = "sextant." + ".".join(file.relative_to(ROOT).with_suffix("").parts)
            if not name.startswith(_LEFT_OUT) and not name.endswith("__main__"):
                import_module(name.removesuffix(".__init__"))
    import_module("sextant.geo.places").label(0.0, 0.0)  # borders and towns are read
    # The collector passes over what is loaded; it would touch, and so copy, every page that processes share.
    gc.collect()
    gc.freeze()
    assert threading.active_count() == 1, threading.enumerate()


import_what_runs_need()
