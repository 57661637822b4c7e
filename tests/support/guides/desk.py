"""The desk of a guide's reader: small files in the published forms, under the names that the guides use."""

import csv
import gzip
import json
import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tests.atlas.gazetteer.samples import geonames_zip, names_zip, wikipedia_dumps
from tests.eval.fitting.test_fit import TOWNS, scored, world
from tests.support.guides.lines import ROOT, Shown
from tests.support.guides.onnx_file import write_tower
from tests.support.map_extract import write_liechtenstein
from tests.support.small_gallery import PLACES, hash_of, picture
from tests.support.tiny_clip import write_tiny_clip

LABELLED = 56
MODELS = {"good": "gpt-4o", "bad": "gpt-4o-mini", "shy": "m"}
AREA = {"type": "Polygon", "coordinates": [[[-10, 36], [4, 36], [4, 44], [-10, 44], [-10, 36]]]}


def furnish(folder: Path, gallery: Path) -> Path:
    """Write what most guides name: photos with and without a table, galleries, settings."""
    rows = []
    for name in ("my-photos", "images", "Pictures/2025"):
        (folder / name).mkdir(parents=True)
    for place, (colour, latitude, longitude, author) in PLACES.items():
        for number in range(6):
            file = f"{place}-{number}.jpg"
            photo = picture(colour, seed=hash_of(f"docs {file}"))
            photo.save(folder / "images" / file, quality=90)
            photo.save(folder / "my-photos" / file, quality=80)
            album = "Pictures/2025" if number else "Pictures"
            photo.save(folder / album / file, quality=85, exif=write_position(photo, latitude, longitude))
            rows.append((file, author, latitude, longitude))
    table = [("IMG_ID", "AUTHOR", "LAT", "LON"), *rows]
    write_csv(folder / "im2gps3k_places365.csv", table)
    for name in ("im2gps3k", "yfcc4k"):
        shutil.copytree(folder / "images", folder / name)
        write_csv(folder / name / f"{name}_places365.csv", table)
    write_csv(folder / "own-list.csv", [("name", "latitude", "longitude"), ("Old Mill", 38.71, -9.13)])
    picture(PLACES["lisbon"][0], seed=hash_of("another")).save(folder / "photo.jpg")
    for name in ("my-gallery", "gallery", "home/galleries/mine"):
        shutil.copytree(gallery, folder / name)
    default = ROOT / "agent" / "verification" / "models" / "default.json"
    for name in ("mine.json", "model.json"):
        shutil.copy(default, folder / name)
    (folder / "mine.yaml").write_text("max_rounds: 1\n")
    (folder / "mine.txt").write_text("Where was this photo taken? Answer with latitude and longitude.")
    (folder / "list.txt").write_text("# two photos\nmy-photos/lisbon-1.jpg\nmy-photos/oslo-2.jpg\n")
    return folder


def furnish_for(folder: Path, shown: Sequence[Shown]) -> None:
    """Add what only some guides name, a plan of an ablation as the guide shows it."""
    words = "\n".join(one.text for one in shown)
    for one in shown:
        if one.kind == "yaml" and one.text.startswith("benchmark:"):
            (folder / "plan.yaml").write_text(one.text, encoding="utf-8")
    for name, write in FURNITURE.items():
        if re.search(rf"(?<![\w/-]){re.escape(name)}(?![\w-])", words):
            write(folder)


def write_csv(path: Path, rows: Iterable[tuple[object, ...]]) -> None:
    """Write a table."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def write_position(photo: Image.Image, latitude: float, longitude: float) -> Image.Exif:
    """Return EXIF that states a position."""
    exif = photo.getexif()
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "S" if latitude < 0 else "N", (abs(latitude), 0.0, 0.0)
    gps[3], gps[4] = "W" if longitude < 0 else "E", (abs(longitude), 0.0, 0.0)
    return exif


def write_labelled(folder: Path) -> None:
    """More photos into `my-photos`, with a table of their places: enough to calibrate on."""
    rows: list[tuple[object, ...]] = [("image", "latitude", "longitude", "author")]
    for path in (folder / "my-photos").iterdir():
        path.unlink()
    for number in range(LABELLED):
        name = f"{number}.jpg"
        picture((40 + number * 3, 90, 200 - number * 3), seed=number).save(folder / "my-photos" / name)
        rows.append((name, *TOWNS[number % 4], f"author-{number % 14}"))
    write_csv(folder / "my-photos" / "metadata.csv", rows)


def list_recorded(photos: int, seed: int, prefix: str = "", with_scores: bool = False) -> list[str]:
    """Make lines of recorded candidates of two models."""
    lines = []
    for record in world(photos, 14, seed):
        scores = scored(record).position_scores if with_scores else None
        answers = [
            {"model": MODELS[one.model], "latitude": one.outcome.latitude, "longitude": one.outcome.longitude}
            if one.outcome.latitude is not None
            else {"model": MODELS[one.model], "outcome": "refused"}
            for one in record.answers
        ]
        line = {
            "image": prefix + record.image,
            "author": record.author,
            "latitude": record.latitude,
            "longitude": record.longitude,
            "nearest": [list(place) for place in record.nearest],
            "farthest": [list(place) for place in record.farthest],
            "answers": answers,
            **({"position_scores": [[*spot, score] for spot, score in scores.items()]} if scores else {}),
        }
        lines.append(json.dumps(line) + "\n")
    return lines


def write_lines(path: Path, lines: list[str]) -> None:
    """Write lines, compressed where the name says so."""
    whole = "".join(lines).encode()
    path.write_bytes(gzip.compress(whole) if path.suffix == ".gz" else whole)


def write_answers(folder: Path) -> None:
    """One raw answer a line, as `eval.answers` and the fit read them."""
    lines = []
    for record in world(16, 8, seed=2):
        photo = {"image": f"other-{record.image}", "author": record.author}
        truth = {"latitude": record.latitude, "longitude": record.longitude}
        for one in record.answers:
            place = (one.outcome.latitude, one.outcome.longitude)
            said = f"It is {place[0]}, {place[1]}." if one.outcome.kind == "answered" else "I cannot say."
            lines.append(json.dumps({**photo, **truth, "model": MODELS[one.model], "raw": said}) + "\n")
    write_lines(folder / "answers.jsonl.gz", lines)


def write_g3_results(folder: Path) -> None:
    """G3's own output, two candidates of its zero-shot prompt."""
    header = ("IMG_ID", "AUTHOR", "LAT", "LON", "zs_0_latitude", "zs_0_longitude", "zs_1_latitude", "zs_1_longitude")
    write_csv(
        folder / "0_llm_predict_results_rag.csv",
        [header, *((f"{number}.jpg", f"a{number % 3}", 38.7, -9.1, 38.71, -9.1, 0.0, 0.0) for number in range(6))],
    )


def write_results(folder: Path) -> None:
    """Predictions as ISN's program prints them, with its two lines at the end."""
    rows = [(f"{number}.jpg", 38.7, -9.1, 38.71, -9.1 - number) for number in range(6)]
    footer = [("1km", "25km", "200km", "750km", "2500km"), (0.0, 0.2, 0.5, 0.8, 1.0)]
    write_csv(folder / "results.csv", [("IMG_ID", "LAT", "LON", "pred_lat", "pred_lng"), *rows, *footer])


def write_training(folder: Path) -> None:
    """Photos of many photographers, large enough to train on, with their table; small CLIPs under large ones' names."""
    rows: list[tuple[object, ...]] = [("image", "author", "latitude", "longitude")]
    (folder / "photos").mkdir(exist_ok=True)
    for number in range(40):
        place, (colour, latitude, longitude, _) = list(PLACES.items())[number % 4]
        pixels = np.asarray(picture(colour, seed=number).resize((200, 150)), dtype=int)
        noise = np.random.default_rng(number).integers(-20, 20, pixels.shape)
        name = f"{place}-{number}.jpg"
        Image.fromarray((pixels + noise).clip(0, 255).astype(np.uint8)).save(folder / "photos" / name, quality=95)
        rows.append((name, f"author-{number % 20}", latitude, longitude))
    write_csv(folder / "photos.csv", rows)
    write_tiny_clip(folder / "openai" / "clip-vit-large-patch14")
    shutil.copytree(folder / "openai" / "clip-vit-large-patch14", folder / "sentence-transformers" / "clip-ViT-L-14")


def write_published(folder: Path) -> None:
    """Weights in the layouts of G3 and of GeoCLIP."""
    import torch

    from tests.gallery.alignment.model.test_published import G3, GEOCLIP_FILES, LOCATION, adapter, filled

    torch.save(filled(G3), folder / "g3.pth")
    weights = folder / "geoclip" / "model" / "weights"
    weights.mkdir(parents=True)
    mlp, location, scale = GEOCLIP_FILES
    heads = {name.removeprefix("m."): shape for name, shape in adapter("m", 768, 512).items()}
    torch.save(filled(heads), weights / mlp)
    torch.save(filled(LOCATION), weights / location)
    torch.save(torch.tensor(2.66), weights / scale)


def write_dumps(folder: Path) -> None:
    """Wikipedia's dumps under the names of the English one."""
    wikipedia_dumps(folder)
    for path in folder.glob("testwiki-*"):
        path.rename(folder / path.name.replace("testwiki", "enwiki"))


def write_track(folder: Path) -> None:
    """A track of one walk, in GPX."""
    points = (f'<trkpt lat="38.7{n}" lon="-9.1"><time>2024-05-01T10:0{n}:00Z</time></trkpt>' for n in range(9))
    text = f'<gpx version="1.1" creator="t"><trk><trkseg>{"".join(points)}</trkseg></trk></gpx>'
    (folder / "walk.gpx").write_text(text)


def write_heic(folder: Path) -> None:
    """A photo as telephones write it."""
    from pillow_heif import register_heif_opener

    register_heif_opener()
    picture(PLACES["oslo"][0], seed=5).save(folder / "my-photos" / "garden.heic")


FURNITURE: Mapping[str, Callable[[Path], object]] = {
    "calibrate my-photos": write_labelled,
    "recorded.jsonl.gz": lambda folder: write_lines(folder / "recorded.jsonl.gz", list_recorded(24, 1)),
    "recorded.jsonl": lambda folder: write_lines(folder / "recorded.jsonl", list_recorded(LABELLED, 1)),
    "scored.jsonl.gz": lambda folder: write_lines(folder / "scored.jsonl.gz", list_recorded(24, 1, with_scores=True)),
    "answers.jsonl.gz": write_answers,
    "0_llm_predict_results_rag.csv": write_g3_results,
    "results.csv": write_results,
    "photos --metadata photos.csv": write_training,
    "g3.pth": write_published,
    "allCountries.zip": geonames_zip,
    "alternateNamesV2.zip": names_zip,
    "enwiki-latest-geo_tags.sql.gz": write_dumps,
    "liechtenstein.osm.pbf": lambda folder: write_liechtenstein(folder / "liechtenstein.osm.pbf"),
    "onnx:mobilenet.onnx": lambda folder: write_tower(folder / "mobilenet.onnx"),
    "walk.gpx": write_track,
    "'*.heic'": write_heic,
    "area.geojson": lambda folder: (folder / "area.geojson").write_text(json.dumps(AREA)),
}
"""What a guide shows → what is written for it."""
