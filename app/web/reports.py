"""Find evaluation reports: in the folder that the user names, or in the default folders."""

from dataclasses import dataclass
from pathlib import Path

from sextant.base.home import Home

WRITTEN = ("report.html", "compare.html")  # what `sextant eval report` and `compare` write, beside other people's pages
BY_HABIT = ("runs", "reports")  # of the folder the server is started in, as the guides name them


@dataclass(frozen=True)
class Reports:
    """``named`` is a folder whose every page is shown; ``run_check`` are folders of which only our own pages are."""

    named: Path
    found: tuple[Path, ...] = ()

    def files(self) -> list[tuple[str, Path]]:
        """Return the report pages by name: those of the folders themselves and of their subfolders."""
        pages = [(path, self.named) for glob in ("*.html", "*/*.html") for path in self.named.glob(glob)]
        for folder in self.found:
            globs = [f"{depth}{name}" for depth in ("", "*/", "*/*/") for name in WRITTEN]
            pages += [(path, folder.parent) for glob in globs for path in folder.glob(glob)]
        own = {path.resolve(): str(path.relative_to(base)) for path, base in pages if path.is_file()}
        return sorted((name, path) for path, name in own.items())


def find_reports(folder: str | None, home: str | None) -> Reports:
    """Find reports in the named folder; without one, in the home's ``reports`` and in ``runs`` and ``reports`` here."""
    if folder:
        return Reports(Path(folder))
    return Reports(Home.at(home).reports, tuple(Path.cwd() / name for name in BY_HABIT))
