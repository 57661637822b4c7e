"""The task `sextant/geolocate` for Inspect: a benchmark's photos, asked of any model that Inspect knows.

inspect eval sextant/geolocate --model openai/gpt-4o -T benchmark=im2gps3k -T data=im2gps3k --limit 100
"""

import io
from pathlib import Path

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageSystem, ChatMessageUser, ContentImage, ContentText
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import TaskState, generate

from sextant.agent.answers import parse_answer
from sextant.agent.verification.decision import RADII_KM, RADIUS_NAMES
from sextant.base.files import write_atomic
from sextant.base.home import Home
from sextant.eval.benchmarks import BenchmarkPhoto, load_benchmark
from sextant.eval.exchange.inspect_import import POSITION
from sextant.eval.exchange.inspect_log import make_score_name
from sextant.gallery.photos.open import open_photo
from sextant.geo.sphere import compute_great_circle_km
from sextant.prompts.loading import load_frame
from sextant.prompts.variants import load_variant

# Inspect puts `sextant/` before a task that lies in site-packages. In a checkout it looks for a distribution of the
# package's name, and ours is named sextant-geo.
INSTALLED = bool({"site-packages", "dist-packages"} & set(Path(__file__).parts))
NAME = "geolocate" if INSTALLED else "sextant/geolocate"
SIDE = 1024  # pixels, the longest side of a photo as the model sees it


@task(name=NAME)
def geolocate(data: str, benchmark: str = "folder", variant: str = "zero-shot", home: str | None = None) -> Task:
    """Ask where each photo was taken, and score the answer at five radii.

    Args:
        data: the benchmark's folder, as for `sextant eval run --data`.
        benchmark: `folder`, `im2gps3k` and the others of `sextant eval run`.
        variant: the prompt, one that needs no gallery.
        home: folder for the copies of the photos that the model sees: scaled and without metadata.
    """
    photos = [photo for photo in load_benchmark(benchmark, Path(data)).photos if photo.path]
    copies = Home.at(home).root / "inspect"
    copies.mkdir(parents=True, exist_ok=True)
    samples = [_make_sample(photo, variant, copies) for photo in photos]
    return Task(dataset=MemoryDataset(samples, name=benchmark), solver=generate(), scorer=within_radii())


def _make_sample(photo: BenchmarkPhoto, name: str, copies: Path) -> Sample:
    prompt = load_variant(name)
    text = "\n\n".join([prompt.strategy.strip(), load_frame(prompt.answer).text.strip()])
    picture = ContentImage(image=str(_copy_photo(photo, copies)))
    return Sample(
        id=photo.image,
        input=[
            ChatMessageSystem(content=load_frame(prompt.role).text.strip()),
            ChatMessageUser(content=[ContentText(text=text), picture]),
        ],
        target=f"{photo.latitude}, {photo.longitude}",
        metadata={"latitude": photo.latitude, "longitude": photo.longitude, "author": photo.author},
    )


def _copy_photo(photo: BenchmarkPhoto, folder: Path) -> Path:
    """Copy a photo as the model may see it: a file's own metadata would tell the place."""
    opened = open_photo(str(photo.path))
    file = folder / f"{opened.sha256}.jpg"
    if not file.exists():
        picture = opened.image.copy()
        picture.thumbnail((SIDE, SIDE))
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=90)
        write_atomic(file, out.getvalue())
    return file


@scorer(metrics={make_score_name(name): [mean(), stderr()] for name in RADIUS_NAMES})
def within_radii() -> Scorer:
    """Score 1 for each radius that the answer lies within, else 0; an answer without a place scores 0."""

    async def score(state: TaskState, target: Target) -> Score:
        parsed = parse_answer(state.output.completion)
        place = None if parsed.latitude is None or parsed.longitude is None else (parsed.latitude, parsed.longitude)
        truth = (state.metadata["latitude"], state.metadata["longitude"])
        km = None if place is None else float(compute_great_circle_km(place, truth))
        return Score(
            value={
                make_score_name(name): float(km is not None and km < radius)
                for name, radius in zip(RADIUS_NAMES, RADII_KM, strict=True)
            },
            answer=None if place is None else f"{place[0]}, {place[1]}",
            explanation="no place was given" if km is None else f"{km:,.1f} km from {target.text}",
            metadata={POSITION: place, "distance_km": km, "outcome": parsed.kind},
        )

    return score
