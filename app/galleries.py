"""Which gallery a run uses when none is named."""

from sextant.base.errors import WrongUse
from sextant.base.home import Home


def chosen_gallery(given: str | None, home: str | None, *, needed: bool) -> str | None:
    """``given``, else the only gallery under the home (the demo's counts last), else None.

    Raises:
        WrongUse: there are several to choose from, or none where one is needed.
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
        raise WrongUse(f"there are several galleries in {str(folder)!r} ({names}); name one with --gallery DIR")
    if needed:
        raise WrongUse(
            "there is no gallery, and without a model the answer comes from one; build it with: "
            f"sextant gallery build PHOTOS --out {folder / 'mine'}, or try: sextant demo"
        )
    return None
