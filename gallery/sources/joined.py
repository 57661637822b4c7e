"""Source: several sources joined into one, as in Street-level RAG."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sextant.gallery.manifest import SOURCES_JOINED
from sextant.gallery.sources.records import PhotoRecord, Source, Unreadable


class JoinedSource:
    """Sources one after the other. Ids of all but the first carry their source's number, so that none collide."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = tuple(sources)
        self.name = SOURCES_JOINED.join(source.name for source in sources)
        self.identity = SOURCES_JOINED.join(source.identity for source in sources)

    @property
    def notes(self) -> list[str]:
        """What the readers found odd, each with its source's name."""
        return [f"{source.name}: {note}" for source in self._sources for note in source.notes]

    def total(self) -> int | None:
        totals = [source.total() for source in self._sources]
        return None if None in totals else sum(total or 0 for total in totals)

    def __iter__(self) -> Iterator[PhotoRecord | Unreadable]:
        for number, source in enumerate(self._sources, 1):
            for record in source:
                yield record if number == 1 else replace(record, id=f"{number}/{record.id}")
