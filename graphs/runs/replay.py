"""Replay: run the graph again from its recording alone, and stop at the first divergence."""

import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sextant.agent.recording.blobs import BlobStore
from sextant.agent.recording.cassette import Cassette, encode_canonical
from sextant.agent.recording.divergence import Divergence, TextDifference, describe_step, find_json_differences
from sextant.agent.recording.recorder import Player
from sextant.agent.settings import settings_from_json as settings_from
from sextant.agent.world.deps import Deps, StepInfo, ignore_event
from sextant.base.documents.answer import Answer
from sextant.base.documents.progress import OnEvent
from sextant.base.errors import WrongUse
from sextant.base.home import Home
from sextant.base.json_types import Json
from sextant.geo.outlines import normalise_outline
from sextant.graphs.geolocate import Node, build_graph
from sextant.graphs.runs.changes import Changes, collect_file_hashes, run_changed_node
from sextant.graphs.runs.changes import changes_from_json as changes_from
from sextant.graphs.runs.folder import FORMAT, RunError, RunFolder
from sextant.graphs.runs.shared_graph import STEPS_FUSE
from sextant.graphs.runs.steps import Step, make_step, read_steps
from sextant.prompts.loading import use_recorded_prompts

BLOB = re.compile(r"\[-[0-9a-f]{64}-\]")  # a hash only shows that something in a long list differs


@dataclass(frozen=True)
class ReplayResult:
    """Result of a replay: the repeated steps, and the answer unless the replay stopped earlier."""

    run: str
    steps: list[Step]
    answer: Answer | None


def replay(
    folder: RunFolder,
    until: int | None = None,
    on_event: OnEvent = ignore_event,
    workers: int = 1,
    home: str | None = None,
) -> ReplayResult:
    """Run the graph again from the recording alone: no model, no gallery, no network, no photo.

    Args:
        home: holds the run's fitted model, if it was not the shipped one.
        until: stop after this step.
        workers: branches run in parallel. The answer does not depend on it.

    Raises:
        Divergence: a request or a result differs from the recording.
        SextantError: the recording cannot be read.
        WrongUse: the run has no step ``until``.
    """
    record = folder.record()
    recorded = {make_step_key(step.step_info): step for step in read_steps(folder.steps)}
    last = max((step for step, _, _ in recorded), default=0)
    if until is not None and not 1 <= until <= last:
        raise WrongUse(f"run {folder.name} has no step {until}; its steps are 1 to {last}")
    player = Player(Cassette.read(folder.cassette))
    earlier = record["format"] < FORMAT
    finished = record["status"] == "done"
    check = ReplayCheck(player, recorded, changes_from(record["changes"]), finished=finished, earlier=earlier)
    with tempfile.TemporaryDirectory() as blobs, use_recorded_prompts(record["prompts"]):
        settings = replace(settings_from(record["settings"]), home=blobs, run=record["run"])
        own = BlobStore(Path(blobs))
        for sha256 in collect_file_hashes(record):
            own.put(BlobStore(Home.at(home).blobs).get(sha256))
        deps = Deps(settings, own, refuse_call, on_event)
        graph = build_graph(lambda _: deps, check.check_node).compile(name="geolocate")
        config: Any = {"recursion_limit": STEPS_FUSE, "max_concurrency": workers}
        answer: Answer | None = None
        try:
            for state in graph.stream({"path": record["path"]}, config, context=settings, stream_mode="values"):
                answer = state.get("answer")
                if until is not None and check.reached >= until:
                    break
        except Divergence as divergence:
            raise check.find_first(divergence) from None
    if answer is not None:
        answer = compare_answers(folder, answer, check.steps[-1].step_info, earlier=earlier)
    return ReplayResult(folder.name, sorted(check.steps, key=lambda step: make_step_key(step.step_info)), answer)


def make_step_key(step_info: StepInfo) -> tuple[int, str, str]:
    """Make a key that sorts steps in the order in which the graph ran them."""
    return step_info.step, step_info.node, step_info.branch or ""


def refuse_call(kind: str, request: Json) -> Json:
    """Refuse a call to the backend: in a replay, the recording answers every call."""
    raise RunError(f"internal error: a replay made a {kind} call; please report it")


class ReplayCheck:
    """Wraps every node of a replay and compares its change of the state with the recorded one."""

    def __init__(
        self,
        player: Player,
        recorded: dict[tuple[int, str, str], Step],
        changes: Changes,
        *,
        finished: bool,
        earlier: bool = False,
    ) -> None:
        self.player = player
        self.recorded = recorded
        self.changes = changes
        self.finished = finished
        self.earlier = earlier
        self.steps: list[Step] = []
        self.reached = 0
        self.divergences: list[Divergence] = []

    def check_node(self, step_info: StepInfo, node: Node, state: Any, deps: Deps) -> Any:
        """Run the node on the recording and compare its result.

        Raises:
            Divergence: its change of the state differs from the recorded one.
        """
        try:
            update = run_changed_node(self.changes, self.player, step_info, node, state, deps)
            step = make_step(step_info, update).round_trip()
            self.compare(step)
        except Divergence as divergence:
            self.divergences.append(divergence)
            raise
        self.steps.append(step)
        self.reached = max(self.reached, step_info.step)
        return update

    def find_first(self, raised: Divergence) -> Divergence:
        """Find the first divergence in graph order; of parallel branches, the one that ended first was raised."""
        return min([raised, *self.divergences], key=lambda one: make_step_key(one.step_info))

    def compare(self, step: Step) -> None:
        """Raise at the first value that differs. Steps that a crash kept from being recorded are not compared."""
        known = self.recorded.get(make_step_key(step.step_info))
        at = describe_step(step.step_info)
        if known is None:
            if self.finished:
                raise Divergence(step.step_info, None, f"{at}: the recording has no such step")
            return
        old: Json = {"change": known.change, "goto": known.goto}
        new: Json = {"change": step.change, "goto": step.goto}
        difference = find_difference(old, select_known(old, new) if self.earlier else new)
        if difference:
            message = f"{at}: its result differs from the recording in {difference.where}"
            if self.earlier:
                message += (
                    "; an earlier version recorded this run, and its verification differs from today's: "
                    "weigh it anew with --from verify --set verify=calibrated"
                )
            raise Divergence(step.step_info, None, message, difference)


def find_difference(old: Json, new: Json) -> TextDifference | None:
    """Find the first readable difference of two JSON values; None when they are equal once they are normalised."""
    # Most are equal as they are, and normalising them takes longer than comparing.
    if encode_canonical(old) == encode_canonical(new):
        return None
    old, new = normalise(old), normalise(new)
    if encode_canonical(old) == encode_canonical(new):
        return None
    found = list(find_json_differences(old, new, ""))
    readable = [difference for difference in found if not BLOB.search(difference.words)]
    return next(
        iter([*readable, *found]), TextDifference("its spelling", "the values are equal but their bytes differ")
    )


def normalise(value: Any) -> Any:
    """Drop the fields of dictionaries that are None, and draw outlines from the same corner.

    A record of an earlier version lacks the fields added since, and another version of GEOS draws the same outline in
    another order.
    """
    if isinstance(value, dict):
        plain = {name: normalise(item) for name, item in value.items() if item is not None}
        if plain.get("type") in ("Polygon", "MultiPolygon"):
            with suppress(IndexError, KeyError, TypeError, ValueError):  # changed by hand: compared as it is
                return normalise_outline(plain)
        return plain
    return [normalise(item) for item in value] if isinstance(value, list) else value


def select_known(old: Any, new: Any) -> Any:
    """Return the new value without the fields that dictionaries of the old one lack: they were added since."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {name: select_known(old[name], item) for name, item in new.items() if name in old}
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [select_known(*pair) for pair in zip(old, new, strict=True)]
    return new


def compare_answers(folder: RunFolder, answer: Answer, step_info: StepInfo, *, earlier: bool) -> Answer:
    """Return the answer with its regions drawn as recorded; of an earlier format, as they are drawn today.

    Raises:
        Divergence: it differs from the recorded answer; of an earlier format, in the fields that it knew.
    """
    known = folder.answer()
    if known is None:
        return answer
    old: Json = {"answer": known}
    new: Json = {"answer": answer}
    difference = find_difference(old, select_known(old, new) if earlier else new)
    if difference:
        raise Divergence(step_info, None, f"the answer differs from the recorded one in {difference.where}", difference)
    return answer if earlier else {**answer, "region": known["region"]}
