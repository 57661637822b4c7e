"""Positions of some 600 files in every GPS spelling, against exiftool; where the two differ, a rule says why.

A rule looks at the bytes of the file alone. Sextant must read the place each file was made of; so where the two differ,
Sextant is right, and the rule says what exiftool does.
"""

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from sextant.gallery.photos.open import read_metadata
from tests.support.exif_corpus import Made, Place, corpus
from tests.support.exif_spellings import PLACES, exif_segment, jpeg_with, spelled_gps, xmp_segment, xmp_words
from tests.support.exif_stated import Stated, stated_in

NO_EXIFTOOL = shutil.which("exiftool") is None
NEAR = 1e-4  # degrees, some 10 m
_SIGNED_MINUTES = re.compile(r"-\d+,")


@pytest.fixture(scope="module")
def made() -> list[Made]:
    return corpus()


def written(made: list[Made], folder: Path) -> list[Path]:
    """Write the files and their sidecars; return the photos' paths."""
    paths = [folder / f"{number:03}.{one.suffix}" for number, one in enumerate(made)]
    for path, one in zip(paths, made, strict=True):
        path.write_bytes(one.content)
        if one.sidecar is not None:
            path.with_suffix(".xmp").write_bytes(one.sidecar)
    return paths


def near(one: Place | None, other: Place | None) -> bool:
    if one is None or other is None:
        return one is other
    return one == pytest.approx(other, abs=NEAR)


def ours(path: Path) -> Place | None:
    read = read_metadata(path)
    return None if read.latitude is None or read.longitude is None else (read.latitude, read.longitude)


def letters(stated: Stated) -> list[str]:
    """Return the letters of the references, or of the texts that carry their own, in upper case."""
    found = []
    for reference, value in ((1, 2), (3, 4)):
        own = re.search("[NSEW]", stated.text(value))
        found.append((stated.text(reference).strip() or (own[0] if own else "")).upper()[:1])
    return found


def has_minus(stated: Stated) -> bool:
    numbers = [value for values in stated.values() for value in values if value is not None]
    return any(value < 0 for value in numbers) or any(stated.text(tag).startswith("-") for tag in (2, 4))


def sums(stated: Stated) -> list[float]:
    """Return latitude and longitude in degrees, unsigned, undefined parts left out."""
    return [
        float(sum(abs(value) / 60**power for power, value in enumerate(values) if value is not None))
        for values in stated.values()
    ]


# Name, what it looks for in the file, and what exiftool 12 makes of it.
RULES: list[tuple[str, Callable[[Stated], bool], str]] = [
    (
        "a part divides by zero",
        lambda stated: any(value is None for values in stated.values() for value in values),
        "exiftool gives no position, or takes 0 for the whole angle",
    ),
    (
        "signs instead of references",
        lambda stated: letters(stated) == ["", ""] and has_minus(stated),
        "exiftool leaves the sign out",
    ),
    (
        "no usable reference",
        lambda stated: (
            2 in stated.gps and not (letters(stated)[0] in tuple("NS") and letters(stated)[1] in tuple("EW"))
        ),
        "exiftool takes north and east, or shows the number without a sign; Sextant refuses",
    ),
    (
        "a reference that begins with a blank",
        lambda stated: any(stated.text(tag).startswith(" ") for tag in (1, 3)),
        "exiftool leaves its sign out",
    ),
    (
        "a minus before the degrees, and minutes behind",
        lambda stated: any(len(values) > 1 and values[0] is not None and values[0] < 0 for values in stated.values()),
        "exiftool adds the minutes towards zero",
    ),
    (
        "minutes or seconds above 60",
        lambda stated: any(value is not None and value > 60 for values in stated.values() for value in values[1:3]),
        "exiftool adds them up; Sextant refuses, because hundredths look the same",
    ),
    (
        "out of range",
        lambda stated: bool(sums(stated)) and (sums(stated)[0] > 90 or sums(stated)[-1] > 180),
        "exiftool shows it as it stands; Sextant refuses",
    ),
    (
        "0, 0",
        lambda stated: sums(stated) == [0.0, 0.0],
        "exiftool shows it; Sextant refuses, for cameras without a fix",
    ),
    (
        "another datum than WGS84",
        lambda stated: stated.text(18).upper() in ("TOKYO", "ED50", "OSGB36", "NAD27"),
        "exiftool does not convert positions",
    ),
    (
        "fractions as text",
        lambda stated: "/" in stated.text(2),
        "exiftool takes numerators and denominators for degrees, minutes and seconds",
    ),
    (
        "XMP with a letter before the number",
        lambda stated: stated.xmp is not None and any(word[:1] in "NSEW" for word in stated.xmp),
        "exiftool leaves its sign out",
    ),
    (
        "XMP with a minus before degrees, and minutes behind",
        lambda stated: stated.xmp is not None and any(_SIGNED_MINUTES.match(word) for word in stated.xmp),
        "exiftool adds the minutes towards zero",
    ),
]


def rule_for(one: Made) -> str | None:
    stated = stated_in(one.content if one.sidecar is None else one.sidecar)
    return next((name for name, holds, _ in RULES if holds(stated)), None)


def test_the_corpus_is_large_and_varied(made):
    assert len(made) >= 500 and len({one.content + (one.sidecar or b"") for one in made}) >= 500
    assert {one.suffix for one in made} == {"jpg", "tif", "png", "webp", "heic", "avif"}


def test_every_file_is_read_as_the_place_it_was_made_of(made, tmp_path):
    paths = written(made, tmp_path)
    wrong = [
        (one.name, one.place, read)
        for one, path in zip(made, paths, strict=True)
        if not near(read := ours(path), one.place)
    ]
    assert wrong == []


@pytest.mark.skipif(NO_EXIFTOOL, reason="exiftool is not installed (Debian: libimage-exiftool-perl)")
def test_exiftool_differs_only_where_a_rule_says_why(made, tmp_path):
    paths = written(made, tmp_path)
    theirs = read_by_exiftool(tmp_path)
    explained: Counter[str] = Counter()
    unexplained = []
    for one, path in zip(made, paths, strict=True):
        if near(ours(path), other := theirs[path.name if one.sidecar is None else f"{path.stem}.xmp"]):
            continue
        rule = rule_for(one)
        if rule is None:
            unexplained.append((one.name, one.place, other))
        else:
            explained[rule] += 1
    assert unexplained == []
    assert set(explained) == {name for name, _, _ in RULES}
    assert explained.total() < len(made) / 4


def read_by_exiftool(folder: Path) -> dict[str, Place | None]:
    """Return each file's position as exiftool puts it together, signed; without references as the file has it."""
    tags = ["-Composite:GPSLatitude", "-Composite:GPSLongitude", "-GPSLatitude", "-GPSLongitude"]
    ran = subprocess.run(["exiftool", "-j", "-n", "-q", "-G", *tags, str(folder)], capture_output=True, check=True)
    return {Path(row["SourceFile"]).name: _position(row) for row in json.loads(ran.stdout)}


def _position(row: dict[str, object]) -> Place | None:
    """Read a row; exiftool quotes numbers of more than 15 digits, and shows undefined ones as words."""
    for group in ("Composite", "EXIF", "XMP"):
        values = [str(row.get(f"{group}:{name}")) for name in ("GPSLatitude", "GPSLongitude")]
        if all(value[-1:].isdigit() for value in values):
            return float(values[0]), float(values[1])
    return None


def test_of_several_blocks_the_first_with_a_position_counts():
    exif, other = (
        exif_segment("<", spelled_gps("degrees, minutes, seconds", "bare", "<", place)) for place in PLACES[1:3]
    )
    xmp = xmp_segment(*xmp_words("standard", PLACES[2]))
    for content, place in (
        (jpeg_with(exif, xmp), PLACES[1]),
        (jpeg_with(xmp, exif), PLACES[1]),
        (jpeg_with(exif_segment("<", []), other), PLACES[2]),
    ):
        read = read_metadata(content)
        assert (read.latitude, read.longitude) == pytest.approx(place, abs=2e-6)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("references ('E', 'N'), one double", "no N or S"),
        ("seconds above 60", "above 60"),
        ("beyond the pole", "out of range"),
        ("degrees 0/0", "not a number"),
        ("zero", "0, 0"),
    ],
)
def test_a_position_that_nobody_can_tell_is_refused_with_its_reason(made, name, words):
    content = next(one.content for one in made if one.name == name)
    assert words in (read_metadata(content).problem or "")


def test_a_position_without_a_fix_is_noted(made):
    content = next(one.content for one in made if one.name == "status V")
    assert "GPSStatus V" in read_metadata(content).notes[0]
