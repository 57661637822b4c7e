"""Choose the default gallery of a run when none is named."""

from pathlib import Path

from sextant.base.errors import WrongUse
from sextant.base.home import Home

DEMO = "demo"  # the gallery of the drawn world


class NoGallery(WrongUse):
    """No gallery was named, and the home does not hold exactly one."""


def choose_gallery(given: str | None, home: str | None, *, needed: bool) -> str | None:
    """Choose ``given``, else the only gallery under the home, else None.

    The demo's is never chosen: its drawn scenes would tell a wrong place of a real photo.

    Raises:
        NoGallery: there are several to choose from, or none where one is needed.
    """
    if given:
        return given
    folder = Home.at(home).galleries
    found = sorted(path for path in folder.glob("*") if path.is_dir() and not path.name.startswith("."))
    own = [path for path in found if path.name != DEMO]
    if len(own) == 1:
        return str(own[0])
    if own:
        names = ", ".join(path.name for path in own)
        raise NoGallery(f"{str(folder)!r} has several galleries ({names}); choose one with --gallery DIR")
    if needed:
        raise NoGallery(
            "no gallery found, and locating without a model needs one; build it with: "
            f"sextant gallery build PHOTOS --out {folder / 'mine'}, or {suggest_demo(found, folder)}"
        )
    return None


def suggest_demo(found: list[Path], folder: Path) -> str:
    """Return what a person without a gallery can try."""
    there = any(path.name == DEMO for path in found)
    return f"look at drawn scenes with --gallery {folder / DEMO}" if there else "try: sextant demo"
