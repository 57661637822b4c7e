"""A gallery of geotagged photos, open for searching."""

from functools import cached_property
from os import PathLike, fspath
from typing import Any

from sextant.base.printable import pluralise
from sextant.gallery.search.search import Reference
from sextant.gallery.store import Gallery as Store


class Gallery:
    """Photos whose places are known, and the encoder that finds similar ones. Open one with `Gallery.open`.

    >>> gallery = sextant.Gallery.open("my-gallery")
    >>> gallery.search("photo.jpg", k=10)
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    @classmethod
    def open(cls, path: str | PathLike[str], encoder: str | None = None) -> "Gallery":
        """Open the gallery in a folder or at an object-store address.

        Args:
            path: what `sextant gallery build --out` wrote, or its s3:// address.
            encoder: require this encoder; None takes the gallery's own.

        Raises:
            SextantError: no gallery is there, or it was built with another encoder.
        """
        return cls(Store.open(fspath(path), encoder))

    @property
    def path(self) -> str:
        """Where it lies."""
        return self._store.path

    @property
    def encoder(self) -> str:
        """The encoder it was built with, such as ``builtin`` or ``st:google/siglip2-base-patch16-224``."""
        return self._store.manifest.encoder

    @cached_property
    def profile(self) -> Any:
        """How well it finds places, measured when it was built; None where nobody has measured it."""
        return self._store.manifest.profile

    def __len__(self) -> int:
        """Return the number of its photos."""
        return self._store.count

    def __repr__(self) -> str:
        """Return path, number of photos and encoder."""
        return f"<Gallery {self.path!r}: {pluralise(len(self), 'photo')}, encoder {self.encoder}>"

    def search(self, photo: str | PathLike[str], k: int = 10, *, farthest: bool = False) -> list[Reference]:
        """Return the k photos that are most similar to a photo, the most similar first.

        Args:
            photo: the path of the file.
            k: how many, 1 to 1,000.
            farthest: return the least similar ones instead, the least similar first.

        Raises:
            WrongUse: k is out of range, or the photo is a folder.
            SextantError: the photo cannot be opened, or the gallery's encoder cannot be loaded.
        """
        from sextant.app.api.photo_path import check_photo
        from sextant.base.errors import WrongUse
        from sextant.gallery.photos.open import open_photo
        from sextant.gallery.search.search import search_gallery

        if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= 1000:
            raise WrongUse(f"k is {k!r}; give the number of photos to return, 1 to 1000")
        image = open_photo(check_photo(photo)).image
        vector = self._store.encoder().encode([image])[0]
        return search_gallery(self._store, vector, k, far=farthest).references
