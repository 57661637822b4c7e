"""Changes of a fork from one step on: settings, prompts, candidates, a tool's result, the model's text.

Changes are applied between the graph and its recording, so the recording keeps the real requests and replies.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sextant.agent.llm.spec import split_login
from sextant.agent.recording.recorder import StepPort
from sextant.agent.settings import Settings
from sextant.agent.world.deps import Deps, Port, StepInfo
from sextant.agent.world.tool_names import MCP_PREFIX, RETRIEVAL
from sextant.base.documents.run import ChangeDocument, RunRecord
from sextant.base.json_types import Json
from sextant.base.settings import list_options
from sextant.graphs.geolocate import Node
from sextant.graphs.runs.folder import RunError

# Calls to repeat after a setting has changed although their request is the same.
ASKED_AGAIN: Mapping[str, frozenset[str]] = {
    name: frozenset(call for kind in option.repeats for call in (RETRIEVAL if kind == "search" else (kind,)))
    for name, option in list_options().items()
    if option.repeats
}


@dataclass(frozen=True)
class Change:
    """One change. It applies from ``step`` on; ``text``, ``result`` and ``without`` apply at that step only.

    Attributes:
        branch: the branch it applies to; None for all.
        kind: setting, variant, candidate, text, result or without; prompt until its text is recorded.
        name: of the setting, variant, candidate or tool; empty where only one exists.
        value: JSON-plain.
    """

    step: int
    branch: str | None
    kind: str
    name: str
    value: Any

    def to_json(self) -> Json:
        """Convert to JSON-plain values without secrets: the login of an address is removed."""
        address = self.kind == "setting" and self.name == "base_url" and self.value
        return {**vars(self), "value": split_login(self.value)[1] if address else self.value}

    def is_in_force(self, step_info: StepInfo) -> bool:
        """Return whether the change applies at this step."""
        here = self.branch is None or step_info.branch in (None, self.branch)
        if self.kind in ("text", "result", "without"):
            return step_info.step == self.step and here
        return step_info.step >= self.step and here


@dataclass(frozen=True)
class Changes:
    """All changes of a run; empty unless the run is a fork."""

    every: tuple[Change, ...] = ()

    def to_json(self) -> list[Json]:
        return [change.to_json() for change in self.every]

    def select(self, step_info: StepInfo, kind: str) -> dict[str, Any]:
        """Return the changes of one kind that apply at this step, by name; the latest wins."""
        return {
            change.name: change.value for change in self.every if change.kind == kind and change.is_in_force(step_info)
        }

    def apply_to_deps(self, step_info: StepInfo, deps: Deps) -> Deps:
        """Return the dependencies with the settings and prompt variants of this step."""
        settings = self.apply_to_settings(deps.settings, step_info)
        swaps = self.select(step_info, "variant")
        if swaps:
            now = replace(deps, settings=settings).recipe
            settings = replace(
                settings,
                variants=tuple(follow_swaps(name, swaps) for name in now.variants),
                later=tuple(follow_swaps(name, swaps) for name in now.later),
            )
        return deps if settings is deps.settings else replace(deps, settings=settings)

    def apply_to_settings(self, settings: Settings, step_info: StepInfo) -> Settings:
        """Return the settings with the changes that apply at this step."""
        given: dict[str, Any] = {}
        for name, value in self.select(step_info, "setting").items():
            given[name] = tuple(value) if isinstance(value, list) else value
        return replace(settings, **given) if given else settings

    def apply_to_state(self, step_info: StepInfo, state: Any, deps: Deps) -> Any:
        """Return the state with changed candidates and prompt variants for the node of this step."""
        candidates, swaps = self.select(step_info, "candidate"), self.select(step_info, "variant")
        if candidates and state.get("references"):
            document = deps.blobs.get_json(state["references"])
            state = {**state, "references": deps.blobs.put_json(move_references(document, candidates))}
        if candidates and "transcripts" in state:
            turns = {name: reword_answer(turns, name, candidates) for name, turns in state["transcripts"].items()}
            state = {**state, "transcripts": turns}
        if swaps and "branch" in state:
            state = {**state, "branch": swap_variant(state["branch"], swaps)}
        if swaps and "branches" in state:
            state = {**state, "branches": {name: swap_variant(each, swaps) for name, each in state["branches"].items()}}
        return state

    def wrap_port(self, step_info: StepInfo, ask: Port) -> Port:
        """Wrap the port so that its replies carry the changes of this step."""
        texts, results, dropped = (self.select(step_info, kind) for kind in ("text", "result", "without"))

        def changed(kind: str, request: Json) -> Json:
            reply = ask(kind, request)
            if kind == "model" and "" in texts:
                sound = {name: value for name, value in reply.items() if name not in ("failure", "tool_calls")}
                return {**sound, "text": texts[""]}
            if kind == "tool" and (name := find_change_name(request["name"], results)) is not None:
                return {**reply, "content": results[name], "error": None}
            if kind == "tool" and (name := find_change_name(request["name"], dropped)) is not None:
                return {**reply, "content": remove_lines(reply.get("content", ""), dropped[name])}
            return reply

        return changed if texts or results or dropped else ask

    def must_ask_again(self, step_info: StepInfo, kind: str, request: Json) -> bool:
        """Return whether a call must be repeated although its request is unchanged."""
        about = request["name"] if kind == "tool" else kind
        about = "mcp" if about.startswith(MCP_PREFIX) else about
        return any(about in ASKED_AGAIN.get(name, ()) for name in self.select(step_info, "setting"))


UNCHANGED = Changes()


def run_changed_node(
    changes: Changes,
    door: StepPort,
    step_info: StepInfo,
    node: Node,
    state: Any,
    deps: Deps,
) -> Any:
    """Run a node with a fork's changes applied to its settings, its state and the replies it receives."""
    deps = changes.apply_to_deps(step_info, deps)
    ask = changes.wrap_port(step_info, partial(door, step_info))
    return node(changes.apply_to_state(step_info, state, deps), deps.with_port(ask))


def changes_from_json(values: list[ChangeDocument]) -> Changes:
    """Read the changes of a recorded fork.

    Raises:
        RunError: they are invalid.
    """
    try:
        return Changes(tuple(Change(**value) for value in values))
    except TypeError as error:
        raise RunError("run.json holds invalid changes; import the run again") from error


_FILES = ("fitted", "mcp")  # settings whose value is NAME@SHA256
_HASHED = re.compile(r"@([0-9a-f]{64})$")


def collect_file_hashes(record: RunRecord) -> set[str]:
    """Collect the hashes of files named in a run's settings and changes: fitted models, lists of MCP tools."""
    every = changes_from_json(record["changes"]).every
    named = [record["settings"].get(name) for name in _FILES]
    named += [one.value for one in every if one.kind == "setting" and one.name in _FILES]
    return {found[1] for name in named if name and (found := _HASHED.search(str(name)))}


def find_change_name(tool: str, changes: Mapping[str, Any]) -> str | None:
    """Find the key of a tool's change: its own name, or the empty name that means any tool; None without a change."""
    return tool if tool in changes else "" if "" in changes else None


def remove_lines(content: str, numbers: list[int]) -> str:
    """Remove the lines with these numbers from a numbered listing."""
    gone = tuple(f"{number}." for number in numbers)
    return "\n".join(line for line in content.split("\n") if not line.lstrip().startswith(gone))


def move_references(document: Json, candidates: Mapping[str, Any]) -> Json:
    """Move retrieved photos to new positions, or remove those whose position is None."""

    def side(items: list[Json]) -> list[Json]:
        kept = [item for item in items if candidates.get(item["id"], item) is not None]
        return [{**item, **candidates.get(item["id"], {})} for item in kept]

    return {**document, "nearest": side(document["nearest"]), "farthest": side(document["farthest"])}


def reword_answer(turns: list[Json], branch: str, candidates: Mapping[str, Any]) -> list[Json]:
    """Rewrite the last answer of a transcript to name another place, or to count for nothing."""
    spoken = [number for number, turn in enumerate(turns) if turn["role"] == "assistant"]
    if branch not in candidates or not spoken:
        return turns
    place = candidates[branch]
    last = {name: value for name, value in turns[spoken[-1]].items() if name not in ("tool_calls", "failure")}
    if place is None:
        said = {**last, "failure": {"kind": "left_out", "message": "left out by hand", "again": False}}
    else:
        said = {**last, "content": json.dumps(place)}
    return [*turns[: spoken[-1]], said, *turns[spoken[-1] + 1 :]]


def swap_variant(branch: Json, swaps: Mapping[str, str]) -> Json:
    """Return the branch with its prompt variant replaced."""
    return {**branch, "variant": follow_swaps(branch["variant"], swaps)}


def follow_swaps(name: str, swaps: Mapping[str, str]) -> str:
    """Return what a prompt is replaced by at last: a fork of a fork may replace the replacement."""
    seen = {name}
    while name in swaps and swaps[name] not in seen:
        name = swaps[name]
        seen.add(name)
    return name
