"""A model that always gives the same answer, beside galleries that know nothing of the place: by the real command."""

import csv
import shutil
from pathlib import Path

import pytest

from tests.support.cli import sextant
from tests.support.data import SHARED, needs_shared_data
from tests.support.model_script import Reply, always
from tests.support.model_server import ModelServer
from tests.support.photos import jpeg, photo_folder

PARIS = (48.8566, 2.3522)
ANSWER = Reply(text='{"latitude": 48.8566, "longitude": 2.3522, "country": "France", "city": "Paris"}')
PHOTOS = 120
AUTHORS = 12


@pytest.fixture(scope="module")
def drawn_far_away(tmp_path_factory) -> tuple[Path, Path]:
    """Drawn photos of New Zealand by twelve authors, and a photo to locate."""
    folder = tmp_path_factory.mktemp("far")
    places = [(-44.0 + 0.07 * number, 169.0 + 0.07 * number) for number in range(PHOTOS)]
    photo_folder(folder / "photos", places)
    with (folder / "metadata.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["image", "latitude", "longitude", "author"])
        for number, place in enumerate(places):
            table.writerow([f"{number:03}.jpg", *place, f"author {number % AUTHORS}"])
    photo = folder / "photo.jpg"
    photo.write_bytes(jpeg(4711))
    return build(folder), photo


@pytest.fixture(scope="module")
def photographed(tmp_path_factory) -> tuple[Path, Path]:
    """Some photos of all the world, and one more to locate."""
    assert SHARED
    folder = tmp_path_factory.mktemp("photographed")
    data = SHARED / "im2gps3k-dev"
    with (data / "im2gps3k_places365.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))[: PHOTOS + 1]
    (folder / "photos").mkdir()
    for row in rows[:-1]:
        shutil.copy(data / "images" / row["IMG_ID"], folder / "photos")
    with (folder / "metadata.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, fieldnames=list(rows[0]))
        table.writeheader()
        table.writerows(rows[:-1])
    return build(folder), data / "images" / rows[-1]["IMG_ID"]


def build(folder: Path) -> Path:
    words = ["gallery", "build", folder / "photos", "--metadata", folder / "metadata.csv", "--out", folder / "gallery"]
    assert sextant(*words, home=folder / "home").code == 0
    return folder / "gallery"


@pytest.mark.parametrize("made", ["drawn_far_away", pytest.param("photographed", marks=needs_shared_data)])
@pytest.mark.parametrize("model", ["gpt-4o", "nobody-knows-it"])
def test_equal_answers_beside_an_unrelated_gallery_are_the_answer_by_agreement(made, model, request, tmp_path):
    gallery, photo = request.getfixturevalue(made)
    with ModelServer(always(ANSWER)) as server:
        asked = ["--gallery", gallery, "--model", f"openai:{model}", "--base-url", server.base_url]
        found = sextant("locate", photo, *asked, "--json", home=tmp_path)
        alone = sextant("locate", photo, *asked, "--max-calls", "1", "--json", home=tmp_path)
    assert found.code == 0 and alone.code == 0
    answer = found.json
    assert (answer["best"]["latitude"], answer["best"]["longitude"]) == PARIS
    assert answer["stop"] == "agreement" and answer["spent"]["calls"] <= 4
    assert answer["outcomes"]["answered"] == answer["spent"]["calls"] == 4
    assert answer["probability"]["25"] > 0.3
    assert alone.json["spent"]["calls"] == 1
    assert answer["probability"]["25"] > alone.json["probability"]["25"]
