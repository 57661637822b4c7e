"""What a gallery retrieves for labelled photos, as rows of a file of recorded candidates."""

import gzip
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from sextant.base.files import replace_file
from sextant.base.json_types import Json
from sextant.eval.benchmarks import BenchmarkPhoto
from sextant.eval.fitting.recorded import RecordError, read_records
from sextant.gallery.photos.open import PhotoError, open_photo
from sextant.gallery.photos.phash import compute_perceptual_hash
from sextant.gallery.search.filters import DUPLICATE_BITS, DUPLICATE_COSINE, Filters
from sextant.gallery.search.search import PhotoSearch, Reference
from sextant.gallery.store import Gallery

LISTED = 20  # photos of each side, as runs retrieve
_DECIMALS = 5


def drawn_by_hash(images: Iterable[str], share: float, seed: int) -> set[str]:
    """Draw a share of images by the hash of seed and name: the same ones whatever else is among them."""
    return {image for image in images if _fraction(f"{seed} {image}") < share}


def _fraction(text: str) -> float:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2.0**64


def read_answers(path: Path) -> dict[str, list[Json]]:
    """Read the answers of a recorded file by image, as they stand there.

    Raises:
        RecordError: the file cannot be read, or holds no answer in JSON lines.
    """
    read_records(path)  # refuses a broken file with its line
    found: dict[str, list[Json]] = {}
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            if not line.lstrip().startswith("{"):
                continue
            row = json.loads(line)
            said = [*(row.get("answers") or []), *([row["lmm"]] if row.get("lmm") else [])]
            if "raw" in row:
                said = [{"model": row.get("model") or row.get("file"), "raw": row["raw"]}]
            found.setdefault(str(row.get("image")), []).extend(said)
    if not any(found.values()):
        raise RecordError(f"{str(path)!r} holds no answer; give recorded candidates as JSON lines with answers")
    return found


def retrieve(
    photos: Sequence[BenchmarkPhoto],
    gallery: Gallery,
    answers: Mapping[str, Sequence[Json]] | None = None,
    exclude_author: bool = False,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[Json]:
    """Locate each photo in the gallery and yield its row: truth, both sides with cosines, profile and answers.

    The photo itself and its near-duplicates are left out. A photo that cannot be opened yields nothing.

    Args:
        answers: by image; None for rows without answers.
        exclude_author: leave out photos of the same photographer, too.
        tell: receives photos done and their number.
    """
    encoder, profile = gallery.encoder(), gallery.manifest.profile
    worth = profile.model_dump(mode="json") if profile else None
    for number, photo in enumerate(photos):
        tell(number, len(photos))
        try:
            image = open_photo(photo.path).image if photo.path else None
        except PhotoError:
            image = None
        if image is None:
            continue
        filters = Filters(
            exclude_authors=(photo.author,) if exclude_author and photo.author else (),
            query_phash=compute_perceptual_hash(image),
            duplicate_bits=DUPLICATE_BITS,
            duplicate_cosine=DUPLICATE_COSINE,
        )
        search = PhotoSearch(gallery, encoder.encode([image])[0], filters)
        yield {
            "image": photo.image,
            "author": photo.author,
            "latitude": photo.latitude,
            "longitude": photo.longitude,
            "nearest": [[*_place(one), round(one.similarity, _DECIMALS)] for one in search.nearest(LISTED)],
            "farthest": [_place(one) for one in search.farthest(LISTED)],
            "profile": worth,
            "answers": list(answers.get(photo.image, ())) if answers is not None else [],
        }
    tell(len(photos), len(photos))


def _place(reference: Reference) -> list[float]:
    return [reference.latitude, reference.longitude]


def write_rows(path: Path, rows: Iterable[Json]) -> int:
    """Write rows as JSON lines, gzipped where the name ends in `.gz`, whole or not at all; return their number.

    The same rows give the same bytes.

    Raises:
        RecordError: there is no row, or the file cannot be written.
    """
    count = 0
    try:
        with replace_file(path) as aside, aside.open("wb") as raw:
            with _compressed(raw, path.suffix == ".gz") as file:
                for row in rows:
                    file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
                    count += 1
            if not count:
                raise RecordError(f"there is nothing to write to {str(path)!r}: no photo could be opened")
    except OSError as error:
        raise RecordError(f"cannot write {str(path)!r}: {error.strerror}; give a writable --out") from error
    return count


def _compressed(raw: io.BufferedWriter, zipped: bool) -> Any:
    return gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) if zipped else nullcontext(raw)
