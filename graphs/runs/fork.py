"""Fork: run a recorded run again with something changed from one step on. Unchanged calls are not made again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

from langgraph.types import interrupt

from sextant.agent.cost.call_limit import CallLimit
from sextant.agent.cost.tokens import estimate_image_tokens, estimate_text_tokens
from sextant.agent.recording.blobs import BlobStore
from sextant.agent.recording.cassette import Cassette
from sextant.agent.recording.divergence import find_most_similar
from sextant.agent.recording.fitted_models import check_and_resolve_fitted, resolve_fitted, store_fitted
from sextant.agent.settings import Settings, check_settings, make_recipe, price_call_usd
from sextant.agent.settings import settings_from_json as settings_from
from sextant.agent.traces import RunTrace, trace_run
from sextant.agent.within import read_within
from sextant.agent.world.cancellation import make_cancellable
from sextant.agent.world.deps import Deps, StepInfo, ignore_event
from sextant.agent.world.live import make_deps
from sextant.agent.world.mcp_tools import store_catalogue
from sextant.base.documents.progress import OnEvent
from sextant.base.errors import WrongUse
from sextant.base.home import Home
from sextant.base.json_types import Json
from sextant.graphs.runs.changes import Change, Changes, follow_swaps
from sextant.graphs.runs.changes import changes_from_json as changes_from
from sextant.graphs.runs.edited_prompts import FIRST_PLAN, PROMPT_KINDS, check_asked, record_edits
from sextant.graphs.runs.folder import RunFolder, create_run, make_run_name
from sextant.graphs.runs.fork_limits import ForkLimits
from sextant.graphs.runs.overrides import parse_change, parse_step
from sextant.graphs.runs.run import Run, build_record, execute_run
from sextant.graphs.runs.steps import Step, read_steps
from sextant.prompts.loading import is_own, read_prompt_text, use_recorded_prompts

AT_THE_END = StepInfo(10**9, "answer")  # a step after which every change applies


@dataclass(frozen=True)
class Fork:
    """The port of a fork: answers from the parent's recording, else as the fork's options allow.

    Attributes:
        live: make new calls to the backend.
        keep_words: answer a changed model request with the text the model gave at that turn in the parent.
    """

    parent: Cassette
    changes: Changes
    world: Deps
    live: bool
    keep_words: bool

    def __call__(self, step_info: StepInfo, kind: str, request: Json) -> Json:
        """Return the parent's reply to an unchanged request; otherwise call, reuse or interrupt, as the options say.

        Raises:
            GraphInterrupt: the call may not be made; the other branches of the step still finish.
        """
        if not self.changes.must_ask_again(step_info, kind, request):
            known = self.parent.find(kind, request)
            if known is not None:
                return known
        if self.live:
            return self.world.ask(kind, request)
        if kind == "clock":
            return {"seconds": request["seconds"], "read_at": request["read_at"]}
        if kind == "price":
            return self.world.ask(kind, request)
        if kind == "coverage":
            return {}  # unknown: the parent counted photos near another place
        if kind == "model" and self.keep_words and (said := find_most_similar(self.parent, kind, request)):
            words: Json | None = self.parent.find(kind, self.parent.expand(said))
            if words is not None:
                return words
        # The graph stops at the end of this step, after its other branches have come here too.
        unreachable: Json = interrupt(describe_call(step_info, kind, request, self.world))
        return unreachable


def fork(
    parent: RunFolder,
    step: str | None,
    overrides: list[str],
    *,
    home: str | None,
    live: bool = False,
    keep_words: bool = False,
    on_event: OnEvent = ignore_event,
    stop: Event | None = None,
    limits: ForkLimits | None = None,
    calls: CallLimit | None = None,
) -> Run:
    """Run a recorded run again with changes from one step on, and record the result as a new run.

    Args:
        step: ``3``, or ``3:zero-shot`` for one branch of it; None means the last verification step, or the first plan
            step where a prompt is changed.
        overrides: ``KEY=VALUE``, see ``sextant.graphs.runs.overrides``.
        stop: when set, ends the fork within a second with the best answer so far.
        limits: what the caller may change; None allows everything.
        calls: counts the model calls that are made, and refuses those beyond its limit.

    Raises:
        WrongUse: no such step or key, a value that does not fit, or a change beyond the limits.
        UnrecordedCalls: the fork needs calls that were never recorded, and neither ``live`` nor ``keep_words`` is
            given.
        SextantError: the recording cannot be read, or the run fails.
    """
    if not overrides:
        raise WrongUse("a fork needs a change; add --set KEY=VALUE")
    if limits:
        limits.check_changes(overrides)
    record = parent.require_own_record() if live else parent.record()
    cassette, steps = Cassette.read(parent.cassette), read_steps(parent.steps)
    number, branch = parse_step(step or find_default_step(overrides, steps), steps, parent.name)
    known = list_candidate_ids(cassette)
    with use_recorded_prompts(record["prompts"]):
        parsed = [parse_change(override, number, branch, steps, known) for override in overrides]
    asked = tuple(resolve_files(change, home) for change in parsed)
    asked, edited = record_edits(asked, record["prompts"])
    changes = Changes((*changes_from(record["changes"]).every, *asked))
    settings = resolve_fitted(replace(settings_from(record["settings"]), home=home, run=make_run_name()))
    end = check_settings(changes.apply_to_settings(settings, AT_THE_END))
    if limits:
        limits.check_end(end, settings)
        if live:
            limits.check_same_services(settings)
            limits.check_same_services(end)
            settings = limits.use_server_connection(settings)
    check_asked(
        asked, list_asked_prompts(end, Changes(changes_from(record["changes"]).every), record["prompts"]), steps
    )
    if any(change.name == "fitted" for change in asked):
        check_and_resolve_fitted(end)
    how: Json = {"parent": parent.name, "changes": changes.to_json(), "live": live, "keep_words": keep_words}
    how["imported"] = record.get("imported", False)
    swapped = [str(change.value) for change in asked if change.kind == "variant"]
    how["prompts"] = (
        record["prompts"] | {name: read_prompt_text(Path(name)) for name in swapped if is_own(name)} | edited
    )
    with trace_run(end, record) as traced:
        with use_recorded_prompts(how["prompts"]):
            details = build_record(record["path"], settings, traced.context, record.get("named"))
        folder = create_run(home, str(settings.run), {**details, **how})
        return execute_fork(folder, cassette, changes, settings, traced, on_event, stop, calls)


def find_default_step(overrides: list[str], steps: list[Step]) -> str:
    """Find the step that a fork starts from when none is named: where prompts are chosen, or the last verification."""
    if any(override.partition(".")[0] in PROMPT_KINDS for override in overrides):
        return FIRST_PLAN
    return find_last_verdict(steps)


def find_last_verdict(steps: list[Step]) -> str:
    """Find the step of the run's last verification; the first step when it never verified."""
    return str(max((step.step_info.step for step in steps if step.step_info.node == "verify"), default=1))


def list_asked_prompts(end: Settings, parent: Changes, texts: Mapping[str, str]) -> list[str]:
    """List the prompts that a run may ask: those of its recipe, and what the parent's changes put in their place."""
    with use_recorded_prompts(texts):
        recipe = make_recipe(end)
    names = [*recipe.variants, *recipe.later]
    return list(dict.fromkeys([*(follow_swaps(name, parent.select(AT_THE_END, "variant")) for name in names), *names]))


def resolve_files(change: Change, home: str | None) -> Change:
    """Replace the file that a change names by its content: a fitted model by its hash, an area by its text.

    Raises:
        WrongUse: the file is not a fitted model or no list of MCP servers, or the area is unknown.
    """
    if change.kind != "setting" or change.value is None or change.name not in ("fitted", "mcp", "within"):
        return change
    if change.name == "within":
        return replace(change, value=read_within(change.value))
    store = store_fitted if change.name == "fitted" else store_catalogue
    return replace(change, value=store(change.value, BlobStore(Home.at(home).blobs)))


def execute_fork(
    folder: RunFolder,
    parent: Cassette,
    changes: Changes,
    settings: Settings,
    traced: RunTrace,
    on_event: OnEvent,
    stop: Event | None = None,
    calls: CallLimit | None = None,
) -> Run:
    """Run a fork from the end of its own recording, on top of its parent's recording.

    Raises:
        UnrecordedCalls: as ``fork``.
        SextantError: as ``fork``.
    """
    record = folder.record()
    world = make_cancellable(make_deps(changes.apply_to_settings(settings, AT_THE_END), on_event), stop)
    if calls:
        world = replace(world, ask=calls.on(world.ask))
    world = replace(world, ask=traced(world.ask))
    deps = make_deps(settings, on_event)
    door = Fork(parent, changes, world, record["live"], record["keep_words"])
    with use_recorded_prompts(record["prompts"]):
        return execute_run(folder, record["path"], deps, door, changes)


def list_candidate_ids(cassette: Cassette) -> list[str]:
    """List the ids of the candidates: retrieved photos, then branches."""
    retrieved: list[str] = []
    branches: list[str] = []
    for call in cassette.calls.values():
        if call.kind == "references":
            document: Any = cassette.find(call.kind, call.request)
            retrieved += [item["id"] for side in ("nearest", "farthest") for item in document[side]]
        if call.kind == "model":
            branches.append(call.request["branch"])
    return [*dict.fromkeys(retrieved), *sorted(set(branches))]


def describe_call(step_info: StepInfo, kind: str, request: Json, deps: Deps) -> Json:
    """Describe a call that a fork would make, with its estimated cost."""
    call: Json = {"step": step_info.step, "node": step_info.node, "branch": step_info.branch, "kind": kind, "usd": 0.0}
    if kind == "tool":
        return {**call, "name": request["name"], "args": request["args"]}
    if kind != "model":
        return call
    words = "".join(str(message["content"]) for message in request["messages"])
    pictures = words.count("'type': 'image'")
    side = deps.recipe.image_side
    tokens = estimate_text_tokens(words) + pictures * estimate_image_tokens(side, side), request["max_output_tokens"]
    cost = {"input_tokens": tokens[0], "output_tokens": tokens[1], "usd": price_call_usd(deps.settings, *tokens)}
    return {**call, "variant": request["variant"], **cost}
