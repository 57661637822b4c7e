"""One model turn of one branch."""

from sextant.agent.cost.reservation import bound_picture_tokens, bound_request_tokens
from sextant.agent.llm.request import build_model_request, count_spent, reply_to_turn
from sextant.agent.state import Ask, State, Turn
from sextant.agent.warning_codes import read_warnings
from sextant.agent.world.deps import Deps
from sextant.base.documents.progress import ProgressEvent
from sextant.base.json_types import Json

# Failures that a changed request can repair, and how often: fewer references, or references instead of tools.
REPAIRABLE = {"context_overflow": 3, "tools_unsupported": 1, "samples_unsupported": 1}


def lmm(ask: Ask, deps: Deps) -> State:
    """Call the model, and store its reply or its failure."""
    branch = ask["branch"]
    deps.on_event({"step": "ask", "branch": branch["id"], "final": ask["final"]})
    request = build_model_request(ask, deps)
    reply = deps.ask("model", request)
    if reply.get("failure"):
        reply["failure"] = {**reply["failure"], "again": can_be_repaired(reply["failure"]["kind"], ask["transcript"])}
    deps.on_event(_summarise(branch["id"], reply))
    return State(
        transcripts={branch["id"]: [reply_to_turn(reply, final=ask["final"])]},
        spent=count_spent(reply) | measure(reply, request, deps),  # type: ignore[typeddict-item]
        warnings=read_warnings(reply.get("warnings", [])),
    )


def measure(reply: Json, request: Json, deps: Deps) -> Json:
    """Measure a reply against its estimate, where tokens or money are limited: later calls are reserved by it."""
    limited = deps.settings.max_tokens is not None or deps.settings.max_usd is not None
    if not limited or not reply.get("usage"):
        return {}
    bound = bound_request_tokens(request, bound_picture_tokens(deps))
    used = reply["usage"]
    # A sample that shared another's request counted no prompt of its own.
    counted = used["input_tokens"]
    prompt = {"measured": [counted, bound, len(request["messages"])]} if counted else {}
    return {**prompt, "largest_output": used["output_tokens"]}


def can_be_repaired(kind: str, transcript: list[Turn]) -> bool:
    """Return whether a failure of this kind is worth another attempt with a changed request in this branch."""
    before = sum(1 for turn in transcript if turn.get("failure", {}).get("kind") == kind)
    return before < REPAIRABLE.get(kind, 0)


def _summarise(branch: str, reply: Json) -> ProgressEvent:
    return {
        "step": "reply",
        "branch": branch,
        "text": reply.get("text", ""),
        "tools": [call["name"] for call in reply.get("tool_calls", [])],
        "failure": reply.get("failure", {}).get("kind"),
    }
