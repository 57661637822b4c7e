"""Warnings: what a reader of an answer should distrust, as a code for programs and a text for people.

Programs compare codes and never texts, so a text can be reworded or translated. Records of earlier versions hold texts
alone; ``read_warnings`` gives them their codes.
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from sextant.base.documents.answer import WarningDocument


class Code(StrEnum):
    """What a warning is about."""

    UNCALIBRATED = "uncalibrated"  # the probabilities were not fitted on held-out photos
    NOT_ALIGNED = "not_aligned"  # `similarity` was requested but no encoder compares photos with places
    ANSWERS_FAILED = "answers_failed"  # calls of the model failed
    ANSWER_CUT = "answer_cut"  # an answer ended at the token limit
    ANSWER_FILTERED = "answer_filtered"  # the provider's content filter cut an answer
    ANSWER_END_UNKNOWN = "answer_end_unknown"  # an answer ended for an unknown reason
    FEWER_REFERENCES = "fewer_references"  # the prompt was too long for the model
    ONE_ANSWER_A_REQUEST = "one_answer_a_request"  # the server gives only one sample per request
    BUDGET_SPENT = "budget_spent"  # the token or money limit does not pay for the next call
    OVERSPENT = "overspent"  # the server counted more tokens than the limit was reserved for
    NO_TOOLS = "no_tools"  # the model does not support tools
    INSTRUCTION_FOUND = "instruction_found"  # a tool returned text that looks like an instruction
    UNCHECKED_LANGUAGE = "unchecked_language"  # claims are in a language that the guard does not support
    UNLIKE_GALLERY = "unlike_gallery"  # no gallery photo is similar to the photo
    GALLERY_EMPTY = "gallery_empty"  # the run's filters exclude every gallery photo
    AUTHOR_UNKNOWN = "author_unknown"  # the gallery does not name the photo's photographer
    SHEET_INCOMPLETE = "sheet_incomplete"  # gallery photos could not be opened for the contact sheet
    STOPPED_EARLY = "stopped_early"  # the run was stopped before the gallery answered
    PHOTO_INCOMPLETE = "photo_incomplete"  # the file is truncated, or only a raw file's preview was read
    WITHIN = "within"  # only places in an area that the user named count
    OTHER = "other"  # a text of an earlier version, or one that no code describes


AnswerWarning = WarningDocument


UNCALIBRATED_TEXT = "the probabilities are shares of the candidates, not calibrated on held-out photos"

# Texts of versions without codes, or their beginnings. Never change them.
_EARLIER_TEXTS = tuple(
    (code, re.compile(pattern))
    for code, pattern in (
        (Code.UNCALIBRATED, r"the probabilities are shares of the candidates, not calibrated on held-out photos$"),
        (Code.NOT_ALIGNED, r"no aligned: encoder is at hand to compare the photo with places"),
        (Code.ANSWERS_FAILED, r"\d+ of the model's answers failed: "),
        (Code.ANSWER_CUT, r"an answer of the model was cut off at the token limit"),
        (Code.ANSWER_FILTERED, r"an answer of the model was cut by the provider's content filter"),
        (Code.FEWER_REFERENCES, r"the prompt was too long for the model; it was asked again with fewer references"),
        (Code.NO_TOOLS, r"the model takes no tools; similar photos were listed in its prompt instead"),
        (Code.INSTRUCTION_FOUND, r"\w+ found text that reads like an instruction: "),
        (Code.UNCHECKED_LANGUAGE, r"Not compared with what was done, since the guard does not read it: "),
        (Code.UNLIKE_GALLERY, r"the gallery holds nothing that looks like this photo"),
        (Code.GALLERY_EMPTY, r"the gallery holds no photo that this run may be shown"),
        (Code.AUTHOR_UNKNOWN, r"the gallery does not know this photo's photographer"),
        (Code.SHEET_INCOMPLETE, r"\d+ of \d+ gallery photos could not be opened for the contact sheet"),
        (Code.STOPPED_EARLY, r"the run was stopped before the gallery answered"),
    )
)


def warn(code: Code, text: str) -> AnswerWarning:
    """Make a warning."""
    return {"code": code.value, "text": text}


def warn_uncalibrated() -> AnswerWarning:
    """Warn that the probabilities were not fitted on held-out photos."""
    return warn(Code.UNCALIBRATED, UNCALIBRATED_TEXT)


def read_warnings(found: Iterable[Any]) -> list[AnswerWarning]:
    """Read recorded warnings; texts of earlier versions get their code by their wording."""
    return [warn(_find_code(one), one) if isinstance(one, str) else one for one in found]


def add_codes(answer: dict[str, Any]) -> dict[str, Any]:
    """Add codes to the warnings of a recorded answer."""
    return {**answer, "warnings": read_warnings(answer["warnings"])} if "warnings" in answer else answer


def has_code(warnings: Sequence[AnswerWarning], code: Code) -> bool:
    """Return whether a warning has this code."""
    return any(warning["code"] == code for warning in warnings)


def remove_codes(warnings: Sequence[AnswerWarning], *codes: Code) -> list[AnswerWarning]:
    """Remove the warnings with these codes."""
    return [warning for warning in warnings if warning["code"] not in codes]


def _find_code(text: str) -> Code:
    return next((code for code, pattern in _EARLIER_TEXTS if pattern.match(text)), Code.OTHER)
