"""One model turn of one branch."""

from sextant.agent.llm.request import build_model_request, count_spent, reply_to_turn
from sextant.agent.state import Ask, State, Turn
from sextant.agent.warning_codes import read_warnings
from sextant.agent.world.deps import Deps
from sextant.base.json_types import Json

# Failures that a changed request can mend: fewer references, or references in the prompt in place of tools.
MENDABLE = {"context_overflow": 3, "tools_unsupported": 1}


def lmm(ask: Ask, deps: Deps) -> State:
    """Ask the model, and remember what it said or why it said nothing."""
    branch = ask["branch"]
    deps.on_event({"step": "ask", "branch": branch["id"], "final": ask["final"]})
    reply = deps.ask("model", build_model_request(ask, deps))
    if reply.get("failure"):
        reply["failure"] = {**reply["failure"], "again": can_be_mended(reply["failure"]["kind"], ask["transcript"])}
    deps.on_event({"step": "reply", "branch": branch["id"], **_summary(reply)})
    return State(
        transcripts={branch["id"]: [reply_to_turn(reply, final=ask["final"])]},
        spent=count_spent(reply),  # type: ignore[typeddict-item]
        warnings=read_warnings(reply.get("warnings", [])),
    )


def can_be_mended(kind: str, transcript: list[Turn]) -> bool:
    """Whether a failure of this kind is worth another, changed request in this branch."""
    before = sum(1 for turn in transcript if turn.get("failure", {}).get("kind") == kind)
    return before < MENDABLE.get(kind, 0)


def _summary(reply: Json) -> Json:
    return {
        "text": reply.get("text", ""),
        "tools": [call["name"] for call in reply.get("tool_calls", [])],
        "failure": reply.get("failure", {}).get("kind"),
    }
