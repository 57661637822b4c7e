"""The name by which a person knows a run's photo: a chat reads the photos it was given from stored copies."""

import re
from pathlib import PurePath
from typing import cast

from sextant.base.documents.answer import Answer
from sextant.base.documents.run import RunRecord

_STORED = re.compile(r"[0-9a-f]{64}")
_SHOWN = 12  # digits of a hash


def name_photo(record: RunRecord) -> str:
    """Return what the photo was called, else its path, else the beginning of its hash (runs of chats before 0.2)."""
    path = record["path"]
    if "named" in record:
        return record["named"]
    stored = PurePath(path).name
    return f"photo {stored[:_SHOWN]}" if _STORED.fullmatch(stored) else path


def put_photo_name(answer: Answer, record: RunRecord) -> Answer:
    """Return the answer of a run for people to read: its photo has the name they gave it."""
    return cast(Answer, {**answer, "photo": {**answer["photo"], "path": name_photo(record)}})
