"""An answer as one flat row: for tables, data frames and spreadsheets."""

from typing import Any, cast

from sextant.agent.answer_statement import list_effects
from sextant.agent.answer_words import is_calibrated, list_probabilities
from sextant.agent.guard.metadata_check import read_file_position
from sextant.base.documents.answer import Answer
from sextant.base.json_types import Document

_NAMES = ("country", "country_code", "admin1", "place", "sight", "at_sea")
_SPENT = ("calls", "tokens", "seconds", "usd")


def make_row(answer: Document) -> dict[str, Any]:
    """Make the row of an answer, or of a photo that could not be located. Every row has the same columns.

    ``p_25_km`` is the probability within 25 km, ``share_25_km`` the share of the candidates where the answer has no
    probabilities; ``region_90_km2`` the area of the 90 % region, ``region_90_radius_km``
    its radius where it is one circle; ``file_…`` is the file's own position, ``metadata`` whether it agrees; ``usd`` is
    None where the price is unknown; ``weighed`` says what text, map, matched scenes and a second look did; ``warnings``
    are their codes.
    """
    best, photo = answer.get("best") or {}, answer["photo"]
    row: dict[str, Any] = {"photo": photo.get("path"), "sha256": photo.get("sha256")}
    row |= {name: best.get(name) for name in ("latitude", "longitude", *_NAMES)}
    row |= {f"p_{radius}_km": share for radius, share in list_probabilities(answer).items()}
    row["share_25_km"] = None if is_calibrated(answer) else (answer.get("probability") or {}).get("25")
    for share in ("50", "90"):
        region = (answer.get("region") or {}).get(share) or {}
        row |= {f"region_{share}_km2": region.get("area_km2"), f"region_{share}_radius_km": region.get("radius_km")}
    row["calibration"] = (answer.get("calibration") or {}).get("basis")
    stated = read_file_position(answer.get("metadata"))
    row |= {"metadata": stated["verdict"] if "metadata" in answer else None}
    row |= {f"file_{name}": stated[name] for name in ("latitude", "longitude", "source", "taken_at", "distance_km")}
    row["stop"] = answer.get("stop")
    row |= {name: (answer.get("spent") or {}).get(name) for name in _SPENT}
    row |= {name: answer.get(name) for name in ("model", "preset", "run")}
    row["weighed"] = "; ".join(list_effects(cast(Answer, answer))) if "best" in answer else ""
    row["warnings"] = " ".join(dict.fromkeys(warning["code"] for warning in answer.get("warnings", [])))
    return row | {"error": answer.get("error")}
