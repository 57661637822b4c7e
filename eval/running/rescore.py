"""Rescore an evaluation: verify its recorded candidates again, without model or retrieval."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sextant.agent.guard.metadata_check import make_absent_position
from sextant.agent.nodes.answer import name_best_place, name_rival, note_calibration
from sextant.agent.nodes.verify import round_numbers
from sextant.agent.recording.blobs import BlobStore
from sextant.agent.recording.fitted_models import load_fitted_model, refuse_unused, shorten_fitted_name
from sextant.agent.verification import STRATEGIES, Pool, verify
from sextant.agent.verification.baselines.stand_in import NOT_ALIGNED, judging
from sextant.agent.verification.model_file import Model
from sextant.agent.warning_codes import AnswerWarning, Code, remove_codes, warn, warn_uncalibrated
from sextant.agent.within import Within, load_within
from sextant.base.errors import WrongUse
from sextant.base.home import Home
from sextant.base.json_types import Json
from sextant.base.settings import Optimise
from sextant.eval.benchmarks import BenchmarkPhoto
from sextant.eval.running.folder import EvaluationFolder, create_evaluation, write_lines
from sextant.eval.running.records import (
    classify_outcome,
    compute_distance_km,
    pool_to_json,
    read_pool,
    slim_down_answer,
)
from sextant.graphs.batches.configuration import digest


@dataclass(frozen=True)
class RescoreSettings:
    """What verification receives instead.

    Attributes:
        verify: the strategy.
        references: number of nearest photos to keep; None keeps all recorded ones.
        negatives: whether the farthest photos take part.
        fitted: the model that ``calibrated`` judges with, by name and hash (``fitted_models.py``);
            None is the shipped one.
    """

    verify: str
    optimise: Optimise = "balanced"
    references: int | None = None
    negatives: bool = True
    fitted: str | None = None

    def to_json(self) -> Json:
        return {
            "verify": self.verify,
            "optimise": self.optimise,
            "references": self.references,
            "negatives": self.negatives,
            **({"fitted": self.fitted} if self.fitted else {}),
        }


def rescore(
    source: Path, out: Path, how: RescoreSettings, tell: Callable[[int, int], None] = lambda done, total: None
) -> Path:
    """Write a new evaluation with every verdict made again.

    Args:
        source: the evaluation whose lines hold the candidates.
        out: a folder that holds no evaluation yet.
        tell: receives photos done and their total.

    Raises:
        WrongUse: the strategy does not exist, uses no fitted model, or ``out`` holds an evaluation.
        EvaluationError: ``source`` is not an evaluation.
    """
    if how.verify not in STRATEGIES:
        raise WrongUse(f"unknown verification strategy {how.verify!r}; choose from: {', '.join(STRATEGIES)}")
    if how.fitted:
        refuse_unused(how.verify)
    model = load_fitted_model(how.fitted, BlobStore(Home.at().blobs)) if how.fitted else None
    folder = EvaluationFolder(source)
    header, lines = folder.header(), folder.lines()
    area = header["configuration"]["settings"].get("within")
    within = load_within(area) if area else None
    with create_evaluation(out) as new:
        made = []
        for done, line in enumerate(lines.values(), 1):
            made.append(rescore_records(line, how, model, within))
            tell(done, len(lines))
        write_lines(new.lines_file, made)
        new.begin(_make_header(header, how))
    return out


def rescore_records(line: Json, how: RescoreSettings, model: Model | None = None, within: Within | None = None) -> Json:
    """Return one line with its verdict made again. A photo that has no answer keeps its error."""
    if line["answer"] is None:
        return line
    pool = drop_references(read_pool(line), how)
    strategy = judging(how.verify, pool.candidates)
    area = within.drawn if within else None
    verdict = round_numbers(verify(pool, strategy, how.optimise, model=model, within=area).to_json())
    best = name_best_place(verdict["latitude"], verdict["longitude"])
    old = {name: value for name, value in line["answer"].items() if name != "fitted"}
    kept = remove_codes(old["warnings"], Code.UNCALIBRATED, Code.NOT_ALIGNED)
    # What was said of another place does not hold for this one.
    stale: Json = {} if best == old["best"] else {"claims": [], "coverage": None, "metadata": make_absent_position()}
    answer = slim_down_answer(
        {
            **old,
            **stale,
            "best": best,
            "probability": verdict["probability"],
            "calibration": note_calibration(verdict),
            "region": verdict["region"],
            "rival": name_rival(verdict["rival"]),
            **({"fitted": shorten_fitted_name(how.fitted)} if how.fitted else {}),
            "warnings": [*kept, *list_verdict_warnings(verdict, stood_in=strategy != how.verify)],
        }
    )
    photo = BenchmarkPhoto(line["image"], line["latitude"], line["longitude"])
    distance = compute_distance_km(photo, best)
    return {
        **line,
        "outcome": classify_outcome(answer, line.get("failures")),
        "distance_km": distance,
        "answer": answer,
        **pool_to_json(pool),
    }


def list_verdict_warnings(verdict: Json, *, stood_in: bool) -> list[AnswerWarning]:
    """Return the warnings about a verdict that another strategy than the one asked for may have reached."""
    warnings = [warn(Code.NOT_ALIGNED, NOT_ALIGNED)] if stood_in else []
    return warnings if verdict["calibrated"] else [*warnings, warn_uncalibrated()]


def drop_references(pool: Pool, how: RescoreSettings) -> Pool:
    """Drop references beyond a count, or the far side, from a pool."""
    kept = tuple(
        candidate
        for candidate in pool.candidates
        if candidate.origin != "nearest" or how.references is None or (candidate.rank or 0) < how.references
    )
    return replace(pool, candidates=kept, farthest=pool.farthest if how.negatives else ())


def _make_header(header: Json, how: RescoreSettings) -> Json:
    old = header["configuration"]
    recipe = {**old["recipe"], "verify": how.verify}
    settings = {**old["settings"], "fitted": how.fitted}
    plan = {**old, "settings": settings, "recipe": recipe, "rescored": {"of": header["hash"], **how.to_json()}}
    kept = {name: value for name, value in header.items() if name not in ("format", "configuration", "hash")}
    return {**kept, "configuration": plan, "hash": digest(plan)}
