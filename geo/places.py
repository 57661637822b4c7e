"""What a position is called, and where a name lies."""

from geo.names import NamedPlace, find_place

__all__ = ["NamedPlace", "find_place"]
