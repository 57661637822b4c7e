"""Run the jobs of `sextant eval recorded`, `fit` and `calibrate`, without the command line."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from sextant.agent.recording.fitted_models import read_model, refuse_unused
from sextant.agent.verification import Verdict, verify
from sextant.agent.verification.decision import RADIUS_NAMES
from sextant.agent.verification.model_file import Model, ModelFileError, shipped_model
from sextant.agent.verification.stopping_rule import settled_at
from sextant.base.files import write_atomic
from sextant.base.settings import Optimise
from sextant.eval.fitting.calibration_fit import recalibrate
from sextant.eval.fitting.crossfit import FOLDS, CrossFit, cross_fit
from sextant.eval.fitting.fit import MEMBERS, Progress, call_order, fit_model
from sextant.eval.fitting.judging import CurvePoint, Figures, Judgement, Verifier, curve, figures, judge_all
from sextant.eval.fitting.profiles import with_profiles
from sextant.eval.fitting.recorded import Record, read_records


def read_files(paths: Sequence[Path]) -> list[tuple[Path, list[Record]]]:
    """Return the records of each file, with a retrieval profile each.

    Raises:
        RecordError: a file cannot be read.
    """
    return [(path, with_profiles(read_records(path))) for path in paths]


def held_out_verifier(fitted: CrossFit, optimise: Optimise, as_unknown: bool = False) -> Verifier:
    """Return `calibrated` with the model that has not seen a record's photographer.

    Args:
        as_unknown: judge as if the fit had seen none of the models that answered.
    """
    model_of = {record.group: fitted.models[part] for record, part in zip(fitted.records, fitted.part_of, strict=True)}

    def judged(record: Record, calls: int) -> Verdict:
        model = model_of[record.group]
        pool = record.pool(calls, call_order(model.reliability))
        if as_unknown:
            model = replace(model, reliability=model.reliability.of_strangers(), hit_rates=model.hit_rates.as_unknown())
        return verify(pool, "calibrated", optimise, model=model)

    return judged


def plain_verifier(strategy: str, optimise: Optimise, model_file: Path | None) -> Verifier:
    """Return a strategy as it stands, `calibrated` with the shipped model or the one of a file.

    Raises:
        WrongUse: the model cannot be used.
    """
    if model_file:
        refuse_unused(strategy)
    model: Model | None = None
    if strategy == "calibrated":
        model = read_model(model_file) if model_file else shipped_model()
    order = call_order(model.reliability) if model else ()

    def judged(record: Record, calls: int) -> Verdict:
        return verify(record.pool(calls, order), strategy, optimise, model=model)

    return judged


def settled(verdict: Verdict, call_cost: float) -> bool:
    """Return the stopping rule of a finished verdict at another price."""
    if verdict.latitude is None or verdict.expected_gain is None:
        return False  # nothing was proposed yet
    return settled_at([verdict.probability[name] or 0.0 for name in RADIUS_NAMES], verdict.expected_gain, call_cost)


def measured(
    records: Sequence[Record], verifier: Verifier, max_answers: int | None, stop: bool
) -> tuple[Figures, list[Judgement]]:
    """Return figures of a file's records, and the judgements behind them."""
    judged = judge_all(records, verifier, max_answers, stop)
    return figures(judged), judged


def fit_files(
    paths: Sequence[Path],
    models: tuple[str, ...],
    folds: int,
    members: int,
    progress: Progress,
    jobs: int = 1,
    keep_scorer: Path | None = None,
) -> tuple[Model, dict[str, Figures]]:
    """Return a model of all files together, with the held-out figures of each file.

    Raises:
        RecordError: a file cannot be read.
        WrongUse: too few photographers for the folds.
    """
    files = read_files(paths)
    records = [record for _, rows in files for record in rows]
    provenance: dict[str, Any] = {
        "data": [{"file": path.name, "sha256": _sha256(path), "photos": len(rows)} for path, rows in files],
        "models_called": list(models) or "all",
        "split": f"{folds} folds, no photographer (without a name: no 1° cell) in two",
        "members": members,
        "date": date.today().isoformat(),
    }
    scorer = read_model(keep_scorer).scorer if keep_scorer else None
    if keep_scorer:
        provenance["scorer"] = f"kept from {keep_scorer.name} (SHA-256 {_sha256(keep_scorer)})"
    fitted = cross_fit(records, models, folds, members, progress, jobs)
    verifier = held_out_verifier(fitted, "balanced")
    found: dict[str, Figures] = {}
    done = 0
    for path, rows in files:
        found[path.name] = figures(judge_all(fitted.records[done : done + len(rows)], verifier, None, False))
        done += len(rows)
    provenance["held_out"] = {name: one.to_json() for name, one in found.items()}
    progress("all photos together")
    whole = fit_model(records, provenance, models, members, scorer=scorer)
    return recalibrate(whole, fitted.choices), found


def cross_fitted(
    records: Sequence[Record],
    models: tuple[str, ...],
    optimise: Optimise,
    folds: int = FOLDS,
    members: int = MEMBERS,
    progress: Progress = lambda line: None,
    jobs: int = 1,
    without: tuple[str, ...] = (),
    as_unknown: bool = False,
) -> tuple[list[Record], Verifier]:
    """Return the records (of the models called) and a verifier that has seen no photo of a record's photographer."""
    fitted = cross_fit(records, models, folds, members, progress, jobs, without)
    return fitted.records, held_out_verifier(fitted, optimise, as_unknown)


def call_curve(records: Sequence[Record], verifier: Verifier) -> list[CurvePoint]:
    """Return the accuracy against calls under the stopping rule at several prices of a call."""
    return curve(records, verifier, settled)


def write_model(model: Model, path: Path) -> None:
    """Return the model as JSON, whole or not at all.

    Raises:
        ModelFileError: the folder does not exist or cannot be written to.
    """
    try:
        write_atomic(path, json.dumps(model.to_json(), ensure_ascii=False, separators=(",", ":")).encode())
    except OSError as error:
        raise ModelFileError(f"cannot write {str(path)!r}: {error.strerror}; give a writable --out") from error


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
