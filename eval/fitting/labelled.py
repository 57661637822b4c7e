"""Labelled photos to calibrate on: of a file of recorded candidates, or of a finished evaluation."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sextant.agent.verification.pool import Pool
from sextant.agent.verification.reliability import model_name
from sextant.base.errors import WrongUse
from sextant.base.json_types import Json
from sextant.eval.fitting.profiles import with_profiles
from sextant.eval.fitting.recorded import read_records
from sextant.eval.grouping import independent_groups
from sextant.eval.running.folder import EvaluationFolder
from sextant.eval.running.records import read_pool
from sextant.gallery.profile import RetrievalProfile
from sextant.gallery.store import Gallery


@dataclass(frozen=True)
class LabelledPhoto:
    """One photo with its true place, in degrees, and everything that was proposed for it.

    `group` is its photographer; where too few are known, the 1° cell of its place.
    """

    image: str
    group: str
    latitude: float
    longitude: float
    pool: Pool


def read_labelled(path: Path, gallery: str | None, models: Sequence[str]) -> list[LabelledPhoto]:
    """Read the labelled photos of a recorded file or of an evaluation's folder.

    Args:
        gallery: the one that the photos were searched in, for its retrieval profile; an evaluation knows its own.
        models: whose answers count; all when empty.

    Raises:
        RecordError, EvaluationError: it cannot be read.
        GalleryError: the gallery cannot be opened.
        WrongUse: answers of several models with none named; or an evaluation that is unfinished, was verified by
            another strategy than `calibrated`, or searched another gallery.
    """
    if not path.exists():
        raise WrongUse(
            f"{str(path)!r} does not exist; give a file of recorded candidates, the folder of an evaluation, or a "
            "folder of photos with a table"
        )
    photos = list(_of_run(path, gallery) if path.is_dir() else _of_file(path, gallery))
    _refuse_mixed(path, photos, models)
    groups = independent_groups([one.group for one in photos], [(one.latitude, one.longitude) for one in photos])
    chosen = {model_name(model) for model in models}
    return [
        replace(one, group=group, pool=_only(one.pool, chosen) if chosen else one.pool)
        for one, group in zip(photos, groups, strict=True)
    ]


def _of_file(path: Path, gallery: str | None) -> Iterator[LabelledPhoto]:
    records = read_records(path)
    profile = Gallery.open(gallery).manifest.profile if gallery else None
    if profile is not None:
        records = [replace(record, profile=profile) for record in records]
    for record in with_profiles(records):
        yield LabelledPhoto(record.image, record.author or "", record.latitude, record.longitude, record.pool())


def _of_run(path: Path, gallery: str | None) -> Iterator[LabelledPhoto]:
    folder = EvaluationFolder(path)
    header, lines = folder.header(), folder.lines()
    plan = header["configuration"]
    if len(lines) < plan["photos"]:
        raise WrongUse(
            f"{str(path)!r} is unfinished: {len(lines):,} of {plan['photos']:,} photos are done; finish it with the "
            "command that began it"
        )
    strategy = plan["recipe"].get("verify")
    if strategy != "calibrated":
        raise WrongUse(
            f"{str(path)!r} was verified by {strategy!r}, not by 'calibrated'; make a calibrated one with: "
            f"sextant eval rescore {path} --verify calibrated --out NEW, then calibrate on NEW"
        )
    profile = _profile_of_run(path, plan, list(lines.values()), gallery)
    for line in lines.values():
        pool = read_pool(line)
        if profile is not None:
            pool = replace(pool, profile=profile)
        yield LabelledPhoto(line["image"], line["author"] or "", line["latitude"], line["longitude"], pool)


def _profile_of_run(path: Path, plan: Json, lines: Sequence[Json], gallery: str | None) -> RetrievalProfile | None:
    """Return the profile of the named gallery; None where the lines hold their own, or nothing was retrieved."""
    if gallery is None:
        if plan["gallery"] and not any("profile" in line for line in lines):
            raise WrongUse(
                f"{str(path)!r} was made by an earlier version and does not know what its gallery is worth; name the "
                "gallery with --gallery"
            )
        return None
    manifest = Gallery.open(gallery).manifest
    if not plan["gallery"] or plan["gallery"]["fingerprint"] != manifest.fingerprint:
        searched = "a gallery of another encoder" if plan["gallery"] else "no gallery"
        raise WrongUse(f"{str(path)!r} searched {searched}, not {gallery!r}; leave out --gallery")
    return manifest.profile


def _refuse_mixed(path: Path, photos: Iterable[LabelledPhoto], models: Sequence[str]) -> None:
    """Raise where answers of several models are mixed that nobody named, or none is of the model that was named."""
    found = sorted({model_name(one.model) for photo in photos for one in photo.pool.candidates if one.model})
    if not models and len(found) > 1:
        raise WrongUse(
            f"{str(path)!r} holds answers of {len(found)} models ({', '.join(found[:5])}{', …' if found[5:] else ''}); "
            "choose with --model NAME, or NAME,NAME for several that are asked together"
        )
    for model in models:
        if model_name(model) not in found:
            raise WrongUse(
                f"{str(path)!r} holds no answer of {model!r}; it holds answers of: {', '.join(found) or 'no model'}"
            )


def _only(pool: Pool, models: set[str]) -> Pool:
    """Return the pool with what was retrieved and what these models proposed."""
    kept = tuple(one for one in pool.candidates if one.model is None or model_name(one.model) in models)
    return replace(pool, candidates=kept)
