"""What is known of a file that a person imported: into the gazetteers or into the map index."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class ImportedSource:
    """A source as it is listed; ``file_date`` and ``added`` are dates (ISO 8601, UTC), ``names`` counts names."""

    name: str
    format: str
    licence: str
    file: str
    bytes: int
    file_date: str
    added: str
    names: int

    def to_json(self) -> dict[str, Any]:
        """Return all fields."""
        return asdict(self)
