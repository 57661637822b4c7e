"""An evaluation as a log of Inspect (inspect.aisi.org.uk), which `inspect view` opens."""

import uuid
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
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
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
    Content,
    ContentImage,
    ContentText,
    ModelOutput,
    ModelUsage,
)
from inspect_ai.scorer import Score
from inspect_ai.tool import ToolCall

from sextant.agent.verification.decision import RADII_KM, RADIUS_NAMES
from sextant.base.documents.record import EvaluationRecord
from sextant.base.errors import SextantError
from sextant.base.json_types import Json
from sextant.eval.results import Results
from sextant.graphs.runs.folder import RunFolder
from sextant.graphs.runs.timeline import TimelineBranch, TimelineTurn, build_timeline

TASK = "sextant/geolocate"
RECORD = "sextant_record"  # of a sample's metadata: the line of the evaluation, whole
HEADER = "sextant_evaluation"  # of the log's metadata: the header of the evaluation


def write_inspect_log(run: Results, file: Path) -> None:
    """Write the log: a sample for each photo, with five scores, and its conversation where the run was recorded.

    Pictures stand in it as references (``sha256:…``), not as bytes.
    """
    log = make_log(run)
    write_eval_log(log, str(file), format="json" if file.suffix == ".json" else "eval")


def make_log(run: Results) -> EvalLog:
    """Make the log of an evaluation."""
    plan = run.header["configuration"]
    model = str(plan["settings"].get("model") or "none")
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
        model=model if "/" in model else f"sextant/{model}",
        config=EvalConfig(),
        packages={"sextant-geo": version("sextant-geo")},
        metadata={HEADER: run.header},
    )
    return EvalLog(
        status="success",
        eval=spec,
        plan=EvalPlan(steps=[EvalPlanStep(solver="sextant", params={"preset": plan["recipe"].get("id")})]),
        results=EvalResults(total_samples=len(samples), completed_samples=len(samples), scores=_make_results(run)),
        stats=EvalStats(started_at=created, completed_at=created),
        samples=samples,
    )


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
            value=float(distance_km is not None and distance_km < radius), answer=answer, explanation=why
        )
        for name, radius in zip(RADIUS_NAMES, RADII_KM, strict=True)
    }


def _make_sample(run: Results, line: EvaluationRecord, model: str) -> EvalSample:
    answer: Any = line["answer"] or {}
    best = answer.get("best")
    words = f"{best['latitude']}, {best['longitude']}" if best else None
    spent = answer.get("spent") or {}
    seconds = spent.get("seconds")
    usage = {model: ModelUsage(total_tokens=int(spent.get("tokens") or 0))} if spent else {}
    return EvalSample(
        id=line["image"],
        epoch=1,
        input=[ChatMessageUser(content=[ContentImage(image=_name_picture(line))])],
        target=f"{line['latitude']}, {line['longitude']}",
        messages=_read_messages(run, line),
        output=ModelOutput.from_content(model, words or line["outcome"]),
        scores=make_scores(line["distance_km"], words),
        metadata={RECORD: dict(line)},
        model_usage=usage,
        total_time=float(seconds) if seconds is not None else None,
        uuid=uuid.uuid5(uuid.NAMESPACE_URL, f"{run.header['hash']}:{line['image']}").hex,
    )


def _name_picture(line: EvaluationRecord) -> str:
    answer: Any = line["answer"] or {}
    sha256 = (answer.get("photo") or {}).get("sha256")
    return f"sha256:{sha256}" if sha256 else line["image"]


def _read_messages(run: Results, line: EvaluationRecord) -> list[ChatMessage]:
    """Read the conversations of all branches, one after the other; none where no run was recorded."""
    record = line.get("record")
    folder = RunFolder(run.path / record) if record else None
    if folder is None or not folder.cassette.exists():
        return []
    try:
        branches = build_timeline(folder)["branches"]
    except SextantError:
        return []  # a run of another version: the sample keeps its scores and its record
    return [message for branch in branches for message in _convert_branch(branch)]


def _convert_branch(branch: TimelineBranch) -> list[ChatMessage]:
    tag = {"branch": branch["id"], "variant": branch["variant"]}
    opening = [_convert_opening(message, tag) for message in branch["opening"]]
    return [*opening, *(_convert_turn(turn, tag) for turn in branch["turns"])]


def _convert_opening(message: Json, tag: Json) -> ChatMessage:
    content = message["content"]
    if message["role"] == "system":
        return ChatMessageSystem(content=content, metadata=tag)
    blocks = content if isinstance(content, list) else [{"type": "text", "text": content}]
    return ChatMessageUser(content=[_convert_block(block) for block in blocks], metadata=tag)


def _convert_block(block: Json) -> Content:
    if block["type"] == "image":
        return ContentImage(image=f"sha256:{block['sha256']}")
    return ContentText(text=block["text"])


def _convert_turn(turn: TimelineTurn, tag: Json) -> ChatMessage:
    where = f"{tag['branch']}/"  # ids are unique in a branch only
    if turn["role"] == "assistant":
        calls = [
            ToolCall(id=where + call["id"], function=call["name"], arguments=dict(call["args"]))
            for call in turn.get("tool_calls") or ()
        ]
        return ChatMessageAssistant(content=turn["content"] or "", tool_calls=calls or None, metadata=tag)
    if turn["role"] == "tool":
        return ChatMessageTool(
            content=turn["content"],
            tool_call_id=where + str(turn.get("tool_call_id", "")),
            function=turn.get("name"),
            metadata=tag,
        )
    pictures = [ContentImage(image=f"sha256:{sha256}") for sha256 in turn.get("images") or ()]
    return ChatMessageUser(content=[ContentText(text=turn["content"]), *pictures], metadata=tag)
