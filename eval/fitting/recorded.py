"""Read recorded candidates: retrieval results and model answers for photos with known places.

Four forms are read: JSON lines with one photo a line (`nearest`, `farthest`, `answers`, or one answer under `lmm`),
JSON lines with one raw model answer a line (grouped by `image`), and the two CSV files a G3 run leaves behind.
"""

import csv
import gzip
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sextant.agent.answers import Outcome, parse_answer
from sextant.agent.verification.pool import Candidate, Pool, Position, PositionError, checked_position
from sextant.base.errors import SextantError, format_error, format_system_reason
from sextant.base.json_types import Json
from sextant.eval.running.g3_files import is_g3_header, read_g3_record
from sextant.gallery.profile import WEAK, RetrievalProfile, read_profile

_SPOT_DECIMALS = 5
_MOST = 1.001  # a cosine, rounded


class RecordError(SextantError):
    """A recorded file cannot be read; the message names the file and the line."""


@dataclass(frozen=True)
class RecordedAnswer:
    """One model call and what came of it."""

    model: str
    outcome: Outcome


@dataclass(frozen=True)
class Record:
    """One photo: where it was taken (degrees), and what was proposed. Calls are in the order they were made.

    `similarities` are the cosines of the retrieved photos, where recorded; `profile` is their gallery's.
    `position_scores` are cosines of photo and place by an `aligned:` encoder, for places rounded by `spot`.
    """

    image: str
    author: str | None
    latitude: float
    longitude: float
    nearest: tuple[Position, ...] = ()
    farthest: tuple[Position, ...] = ()
    answers: tuple[RecordedAnswer, ...] = ()
    position_scores: Mapping[Position, float] = field(default_factory=dict)
    similarities: tuple[float, ...] = ()
    profile: RetrievalProfile | None = None

    @property
    def group(self) -> str:
        """What must not be split between fit and test: the photographer, or, unknown, the 1° cell of the place."""
        return self.author or f"{self.latitude:.0f},{self.longitude:.0f}"

    def pool(self, calls: int | None = None, order: tuple[str, ...] = ()) -> Pool:
        """Return the pool as it was after ``calls`` calls (all when None); models named in `order` were asked first."""
        cosines = self.similarities or (None,) * len(self.nearest)
        candidates = [
            Candidate(*place, origin="nearest", rank=rank, similarity=cosine)
            for rank, (place, cosine) in enumerate(zip(self.nearest, cosines, strict=True))
        ]
        made = self.in_order(order)[:calls]
        for number, answer in enumerate(made):
            candidates += _candidates(answer, number)
        if self.position_scores:
            candidates = [self._scored(one) for one in candidates]
        kinds = [answer.outcome.kind for answer in made]
        counts: dict[str, int] = {kind: kinds.count(kind) for kind in sorted(set(kinds))}
        return Pool(tuple(candidates), self.farthest, counts, profile=self.profile or WEAK)

    def _scored(self, candidate: Candidate) -> Candidate:
        score = self.position_scores.get(spot(candidate.latitude, candidate.longitude))
        return replace(candidate, position_score=score)

    def only(self, models: tuple[str, ...]) -> "Record":
        """Return the record with the answers of these models alone; of all when none is named."""
        return replace(self, answers=tuple(one for one in self.answers if one.model in models)) if models else self

    def in_order(self, order: tuple[str, ...]) -> list[RecordedAnswer]:
        """Return the answers, those of the models in `order` first; the others keep their places behind."""
        places = {model: place for place, model in enumerate(order)}
        return sorted(self.answers, key=lambda answer: places.get(answer.model, len(places)))


def spot(latitude: float, longitude: float) -> Position:
    """Return a place to about a metre, so that the same place written twice is one."""
    return round(latitude, _SPOT_DECIMALS), round(longitude, _SPOT_DECIMALS)


def read_records(path: Path) -> list[Record]:
    """Return all photos of a recorded file, in the file's order; `.gz` is opened as such.

    Raises:
        RecordError: no such file, no record in it, or an invalid line, named with its number and reason.
    """
    try:
        with _opened(path) as text:
            lines = [line.rstrip("\n") for line in text]
    except (OSError, EOFError, UnicodeDecodeError) as error:
        reason = format_system_reason(error)
        raise RecordError(f"cannot read {str(path)!r}: {reason}; give a .jsonl, .jsonl.gz or .csv file") from error
    header = lines[0] if lines else ""
    found = list(_from_csv(path, lines)) if is_g3_header(header) else _from_json_lines(path, lines)
    if not found:
        raise RecordError(f"{str(path)!r} has no record; the guide Verification has the supported forms")
    return found


def _opened(path: Path) -> Any:
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8", newline="")


def _from_json_lines(path: Path, lines: list[str]) -> list[Record]:
    records: list[Record] = []
    raw: dict[str, list[tuple[int, Json]]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError("no JSON object")
            if "raw" in row:
                raw.setdefault(str(row.get("image") or f"line {number}"), []).append((number, row))
            else:
                records.append(_photo(row))
        except (ValueError, KeyError, TypeError, PositionError) as error:
            raise _at(path, number, error) from error
    for image, rows in raw.items():
        try:
            records.append(_grouped(image, rows))
        except (KeyError, TypeError, PositionError) as error:
            raise _at(path, rows[0][0], error) from error
    return records


def _from_csv(path: Path, lines: list[str]) -> Iterator[Record]:
    reader = csv.DictReader(lines)
    rows = list(reader)
    for number, row in enumerate(rows, 2):
        try:
            yield Record(**_g3_fields(row))
        except (ValueError, KeyError, TypeError, PositionError) as error:
            if number == len(rows) + 1:
                return  # such files can end in a stray fragment of a row
            raise _at(path, number, error) from error


def _g3_fields(row: Json) -> Json:
    fields = read_g3_record(row)
    answers = tuple(RecordedAnswer(model, _outcome(said)) for model, said in fields.pop("answers"))
    return {**fields, "answers": answers}


def _photo(row: Json) -> Record:
    latitude, longitude = checked_position(row["latitude"], row["longitude"])
    said = list(row.get("answers") or [])
    if row.get("lmm"):
        said.append(row["lmm"])
    return Record(
        image=str(row["image"]),
        author=str(row["author"]) if row.get("author") else None,
        latitude=latitude,
        longitude=longitude,
        nearest=tuple(_place(*place) for place in row.get("nearest") or []),
        similarities=_similarities(row.get("nearest") or []),
        profile=read_profile(row["profile"]) if row.get("profile") else None,
        farthest=tuple(checked_position(*place) for place in row.get("farthest") or []),
        answers=tuple(RecordedAnswer(str(answer.get("model") or "unnamed"), _outcome(answer)) for answer in said),
        position_scores=dict(_position_score(*entry) for entry in row.get("position_scores") or []),
    )


def _place(latitude: float, longitude: float, cosine: float | None = None) -> Position:
    """Return the position of a retrieved photo, which may carry its cosine."""
    if cosine is not None and (isinstance(cosine, bool) or not isinstance(cosine, int | float) or abs(cosine) > _MOST):
        raise ValueError(f"similarity {cosine!r} is not a cosine")
    return checked_position(latitude, longitude)


def _similarities(nearest: list[Any]) -> tuple[float, ...]:
    """Return the cosines of retrieved photos; none where one lacks it."""
    if not nearest or any(len(place) < 3 or place[2] is None for place in nearest):
        return ()
    return tuple(float(place[2]) for place in nearest)


def _position_score(latitude: float, longitude: float, score: float) -> tuple[Position, float]:
    if isinstance(score, bool) or not isinstance(score, int | float) or not math.isfinite(score):
        raise ValueError(f"position score {score!r} is not a finite number")
    return spot(*checked_position(latitude, longitude)), float(score)


def _grouped(image: str, rows: list[tuple[int, Json]]) -> Record:
    latitude, longitude = checked_position(rows[0][1]["latitude"], rows[0][1]["longitude"])
    answers = tuple(
        RecordedAnswer(str(row.get("model") or row.get("file") or "unnamed"), parse_answer(row["raw"]))
        for _, row in rows
    )
    author = rows[0][1].get("author")
    return Record(image, str(author) if author else None, latitude, longitude, answers=answers)


def _outcome(answer: Json) -> Outcome:
    """Return a recorded answer: raw text to be read, a position, or an outcome without one."""
    if isinstance(answer.get("raw"), str):
        return parse_answer(answer["raw"])
    if answer.get("latitude") is None or answer.get("answered") is False:
        kind = answer.get("outcome", "refused")
        return Outcome("refused" if kind == "refused" else "unparsable", how=f"recorded as {kind}")
    latitude, longitude = checked_position(answer["latitude"], answer["longitude"])
    place = str(answer["place"]) if answer.get("place") else None
    return Outcome("answered", latitude, longitude, place=place, how="recorded position")


def _candidates(answer: RecordedAnswer, call: int) -> list[Candidate]:
    outcome = answer.outcome
    if outcome.latitude is None or outcome.longitude is None:
        return []
    variant = f"call {call}"
    first = Candidate(
        outcome.latitude,
        outcome.longitude,
        "answer",
        model=answer.model,
        variant=variant,
        place=", ".join(part for part in (outcome.place, outcome.country) if part) or None,
        confidence=outcome.confidence,
        wording=outcome.wording,
        precision=outcome.precision,
        radius_km=outcome.radius_km,
    )
    others = [
        Candidate(
            other.latitude, other.longitude, "alternative", model=answer.model, variant=variant, place=other.place
        )
        for other in outcome.alternatives
    ]
    return [first, *others]


def _at(path: Path, number: int, error: Exception) -> RecordError:
    reason = f"no {error}" if isinstance(error, KeyError) else format_error(error)
    return RecordError(f"{str(path)!r} line {number}: {reason}; correct or remove the line")
