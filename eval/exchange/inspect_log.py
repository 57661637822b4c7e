"""An evaluation as a log of Inspect (inspect.aisi.org.uk), which `inspect view` opens."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from inspect_ai.dataset import Sample
from inspect_ai.log import (
    EvalConfig,
    EvalDataset,
    EvalLog,
    EvalMetric,
    EvalPlan,
    EvalPlanStep,
    EvalResults,
    EvalSample,
    EvalScore,
    EvalSpec,
    EvalStats,
    write_eval_log,
)
from inspect_ai.model import ChatMessageUser, ContentImage, ModelOutput, ModelUsage
from inspect_ai.scorer import Score

from sextant.agent.recording.cassette import Cassette
from sextant.agent.verification.decision import RADII_KM, RADIUS_NAMES
from sextant.base.documents.record import EvaluationRecord
from sextant.base.errors import SextantError
from sextant.eval.exchange.inspect_events import (
    Transcript,
    add_opening,
    add_run,
    add_scores,
    read_time,
    sum_usage,
)
from sextant.eval.exchange.inspect_messages import list_messages, name_model, name_picture
from sextant.eval.results import Results
from sextant.graphs.runs.folder import RunFolder
from sextant.graphs.runs.timeline import Timeline, build_timeline

TASK = "sextant/geolocate"
RECORD = "sextant_record"  # of a sample's metadata: the line of the evaluation, whole
HEADER = "sextant_evaluation"  # of the log's metadata: the header of the evaluation


def write_inspect_log(run: Results, file: Path) -> None:
    """Write the log: a sample for each photo, with five scores, and its conversation, calls and verdicts where the run
    was recorded.

    Pictures stand in it as references (``sha256:…``), not as bytes.
    """
    log = make_log(run)
    write_eval_log(log, str(file), format="json" if file.suffix == ".json" else "eval")


def make_log(run: Results) -> EvalLog:
    """Make the log of an evaluation."""
    plan = run.header["configuration"]
    model = name_model(str(plan["settings"].get("model") or "none"))
    benchmark = str(plan["benchmark"])
    created = str(run.header["created"])
    samples = [_make_sample(run, line, model) for line in run.lines]
    identity = uuid.uuid5(uuid.NAMESPACE_URL, f"sextant:{run.header['hash']}").hex
    spec = EvalSpec(
        eval_id=identity,
        run_id=identity,
        task_id=identity,
        created=created,
        task=TASK,
        task_display_name=f"Where was this photo taken? ({benchmark})",
        dataset=EvalDataset(name=benchmark, samples=len(samples), sample_ids=[sample.id for sample in samples]),
        model=model,
        config=EvalConfig(),
        packages={"sextant-geo": version("sextant-geo")},
        metadata={HEADER: run.header},
    )
    return EvalLog(
        status="success",
        eval=spec,
        plan=EvalPlan(steps=[EvalPlanStep(solver="sextant", params={"preset": plan["recipe"].get("id")})]),
        results=EvalResults(total_samples=len(samples), completed_samples=len(samples), scores=_make_results(run)),
        stats=_make_stats(created, samples),
        samples=samples,
    )


def _make_stats(created: str, samples: list[EvalSample]) -> EvalStats:
    usage: dict[str, ModelUsage] = {}
    for sample in samples:
        for model, used in sample.model_usage.items():
            usage[model] = usage.get(model, ModelUsage()) + used
    ended = max((sample.completed_at or created for sample in samples), default=created, key=read_epoch)
    return EvalStats(started_at=created, completed_at=ended, model_usage=usage)


def _make_results(run: Results) -> list[EvalScore]:
    """Make the share of photos within each radius, with its standard error over photos."""
    found = []
    for index, name in enumerate(RADIUS_NAMES):
        hits = run.within[:, index].astype(float)
        share = float(hits.mean()) if len(hits) else 0.0
        error = float(np.sqrt(share * (1 - share) / len(hits))) if len(hits) else 0.0
        metrics = {
            "mean": EvalMetric(name="mean", value=share),
            "stderr": EvalMetric(name="stderr", value=error),
        }
        score = make_score_name(name)
        found.append(EvalScore(name=score, scorer=score, metrics=metrics, scored_samples=len(hits)))
    return found


def make_score_name(radius: str) -> str:
    """Name the score of a radius in km."""
    return f"within_{radius}_km"


def make_scores(distance_km: float | None, answer: str | None) -> dict[str, Score]:
    """Make the five scores of a photo: 1 where the answer lies within the radius, else 0."""
    why = "no place was given" if distance_km is None else f"{distance_km:,.1f} km from the true place"
    return {
        make_score_name(name): Score(
            value=float(distance_km is not None and distance_km < radius),
            answer=answer,
            explanation=f"{why}; limit {name} km",
        )
        for name, radius in zip(RADIUS_NAMES, RADII_KM, strict=True)
    }


def _make_sample(run: Results, line: EvaluationRecord, model: str) -> EvalSample:
    answer: Any = line["answer"] or {}
    best = answer.get("best")
    words = f"{best['latitude']}, {best['longitude']}" if best else None
    recorded = _read_run(run, line)
    scores = make_scores(line["distance_km"], words)
    sample = Sample(
        id=line["image"],
        input=[ChatMessageUser(id="photo", content=[ContentImage(image=_name_photo(line))])],
        target=f"{line['latitude']}, {line['longitude']}",
    )
    identity = uuid.uuid5(uuid.NAMESPACE_URL, f"{run.header['hash']}:{line['image']}").hex
    began = read_epoch(recorded.timeline["record"]["started"] if recorded else str(run.header["created"]))
    seconds = (answer.get("spent") or {}).get("seconds")
    transcript = Transcript(identity, began)
    add_opening(transcript, sample)
    if recorded:
        add_run(transcript, recorded.timeline, recorded.cassette)
    ended = max(event.timestamp.timestamp() for event in transcript.events)
    add_scores(transcript, scores, str(sample.target), ended)
    return EvalSample(
        id=line["image"],
        epoch=1,
        input=sample.input,
        target=sample.target,
        messages=list_messages(recorded.timeline["branches"]) if recorded else [],
        output=_make_output(model, line, words),
        scores=scores,
        events=transcript.events,
        metadata={RECORD: dict(line)},
        model_usage=_make_usage(model, answer, recorded),
        started_at=read_time(began).isoformat(),
        completed_at=read_time(ended).isoformat(),
        total_time=float(seconds) if seconds is not None else None,
        uuid=identity,
    )


def _make_output(model: str, line: EvaluationRecord, words: str | None) -> ModelOutput:
    """Make the output of a sample: the answer of the whole run, not of one call."""
    output = ModelOutput.from_content(model, words or line["outcome"])
    output.message.id = "answer"
    return output


def _make_usage(model: str, answer: Any, recorded: "RecordedRun | None") -> dict[str, ModelUsage]:
    """Make the usage of a sample: of its recorded calls, else the tokens that the answer states."""
    if recorded:
        return {model: sum_usage(recorded.cassette)}
    spent = answer.get("spent")
    return {model: ModelUsage(total_tokens=int(spent.get("tokens") or 0))} if spent else {}


def _name_photo(line: EvaluationRecord) -> str:
    answer: Any = line["answer"] or {}
    sha256 = (answer.get("photo") or {}).get("sha256")
    return name_picture(sha256) if sha256 else line["image"]


@dataclass(frozen=True)
class RecordedRun:
    """The recording of a photo's run."""

    timeline: Timeline
    cassette: Cassette


def _read_run(run: Results, line: EvaluationRecord) -> RecordedRun | None:
    """Read the run of a photo; None where none was recorded, or one of another version."""
    record = line.get("record")
    folder = RunFolder(run.path / record) if record else None
    if folder is None or not folder.cassette.exists():
        return None
    try:
        return RecordedRun(build_timeline(folder), Cassette.read(folder.cassette))
    except SextantError:
        return None  # the sample keeps its scores and its record


def read_epoch(time: str) -> float:
    """Read a time of a record (ISO 8601) as an epoch second."""
    return datetime.fromisoformat(time).timestamp()
