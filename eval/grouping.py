"""Which photos hang together: what a bootstrap draws together, and what must not be split between fit and test."""

from collections.abc import Sequence

LEAST_GROUPS = 10  # with fewer photographers, an interval over them says nothing


def independent_groups(authors: Sequence[str | None], places: Sequence[tuple[float, float]]) -> list[str]:
    """Group photos by photographer, and photos of unknown ones by the 1° cell of their place.

    Where fewer than ten groups come of it, all photos are grouped by cell: one person's photos of many places then
    count as many, and those of one place as one.

    Args:
        authors: (n,) names, empty or None where not known.
        places: (n,) where the photos were taken, degrees.
    """
    cells = [f"{latitude:.0f},{longitude:.0f}" for latitude, longitude in places]
    groups = [author or cell for author, cell in zip(authors, cells, strict=True)]
    return groups if len(set(groups)) >= LEAST_GROUPS else cells
