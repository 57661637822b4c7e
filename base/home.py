"""The home folder: runs, blobs, sessions, checkpoints, galleries, reports."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import platformdirs


@dataclass(frozen=True)
class Home:
    """Where everything lies under one root. Nothing is made by asking for a path."""

    root: Path

    @classmethod
    def at(cls, given: str | None = None) -> Self:
        """Return the home at ``given``, else at ``SEXTANT_HOME``, else in the platform's data folder."""
        chosen = given or os.environ.get("SEXTANT_HOME")
        default = platformdirs.user_data_dir("sextant", appauthor=False)
        return cls(Path(chosen).expanduser() if chosen else Path(default))

    @property
    def runs(self) -> Path:
        """The folder of the run folders."""
        return self.root / "runs"

    @property
    def blobs(self) -> Path:
        """The folder of the content-addressed store."""
        return self.root / "blobs"

    @property
    def galleries(self) -> Path:
        """The folder of the galleries that are known by name."""
        return self.root / "galleries"

    @property
    def reports(self) -> Path:
        """The folder of the evaluations that the page shows."""
        return self.root / "reports"

    @property
    def sessions(self) -> Path:
        """The SQLite file of the conversations."""
        return self.root / "sessions.sqlite"

    @property
    def databases(self) -> Path:
        """The JSON file that names the PostgreSQL databases that hold sessions of this home."""
        return self.root / "databases.json"

    @property
    def places(self) -> Path:
        """The SQLite file of the gazetteers that were added."""
        return self.root / "places.sqlite"

    @property
    def maps(self) -> Path:
        """The folder of the map index, one SQLite file for each extract."""
        return self.root / "maps"

    @property
    def online(self) -> Path:
        """The folder of the replies of open services, and of when each was last asked."""
        return self.root / "online"

    @property
    def checkpoints(self) -> Path:
        """The SQLite file in which earlier versions kept checkpoints of unfinished runs."""
        return self.root / "checkpoints.sqlite"

    @property
    def chat_history(self) -> Path:
        """The file of the lines typed into the terminal chat."""
        return self.root / "chat-history"
