"""Parts of recorded files to read figures on: by the number of answers, and by the class of the models."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from sextant.agent.verification.hit_rates import CLASSES, model_class
from sextant.agent.verification.reliability import model_name
from sextant.eval.fitting.recorded import Record

NUMBERS = (1, 2, 4, 8, 16)


def slice_by_answers(records: Sequence[Record], seed: int = 0) -> Iterator[tuple[str, list[Record]]]:
    """Name and give the records with at most 1, 2, 4, 8, 16 answers each, drawn at random, then with all.

    A number that no record exceeds is left out. Records whose answers drawn hold no place stay: retrieval may.
    """
    most = max((len(record.answers) for record in records), default=0)
    for number in NUMBERS:
        if number < most:
            yield f"{number} answers" if number > 1 else "1 answer", [_drawn(one, number, seed) for one in records]
    yield "all answers", list(records)


def slice_by_class(records: Sequence[Record]) -> Iterator[tuple[str, list[Record]]]:
    """Name and give the records with the answers of small, middle and strong models alone, where there are any."""
    for kind in CLASSES:
        own = [replace(one, answers=tuple(said for said in one.answers if _is(said.model, kind))) for one in records]
        if any(one.answers for one in own):
            yield f"{kind} models", [one for one in own if one.answers]


def _is(model: str, kind: str) -> bool:
    return model_class(model_name(model)) == kind


def _drawn(record: Record, number: int, seed: int) -> Record:
    chance = np.random.default_rng([seed, *record.image.encode()])
    rows = chance.permutation(len(record.answers))[:number].tolist()
    return replace(record, answers=tuple(record.answers[row] for row in rows))
