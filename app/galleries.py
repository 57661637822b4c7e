"""Choose the default gallery of a run when none is named."""

from sextant.base.errors import WrongUse
from sextant.base.home import Home


class NoGallery(WrongUse):
    """No gallery was named, and the home does not hold exactly one."""


def choose_gallery(given: str | None, home: str | None, *, needed: bool) -> str | None:
    """Choose ``given``, else the only gallery under the home (the demo's counts last), else None.

    Raises:
        NoGallery: there are several to choose from, or none where one is needed.
    """
    if given:
        return given
    folder = Home.at(home).galleries
    found = sorted(path for path in folder.glob("*") if path.is_dir() and not path.name.startswith("."))
    own = [path for path in found if path.name != "demo"] or found
    if len(own) == 1:
        return str(own[0])
    if own:
        names = ", ".join(path.name for path in own)
        raise NoGallery(f"{str(folder)!r} has several galleries ({names}); choose one with --gallery DIR")
    if needed:
        raise NoGallery(
            "no gallery found, and locating without a model needs one; build it with: "
            f"sextant gallery build PHOTOS --out {folder / 'mine'}, or try: sextant demo"
        )
    return None
