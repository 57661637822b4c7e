"""One model turn of one branch."""

from sextant.agent.llm.request import as_turn, model_request, spent_on
from sextant.agent.state import Ask, Json, State, Turn
from sextant.agent.world.deps import Deps

# Failures that a changed request can mend: fewer references, or references in the prompt in place of tools.
MENDABLE = {"context_overflow": 3, "tools_unsupported": 1}


def lmm(ask: Ask, deps: Deps) -> State:
    """Ask the model, and remember what it said or why it said nothing."""
    branch = ask["branch"]
    deps.on_event({"step": "ask", "branch": branch["id"], "final": ask["final"]})
    reply = deps.ask("model", model_request(ask, deps))
    if reply.get("failure"):
        reply["failure"] = {**reply["failure"], "again": can_be_mended(reply["failure"]["kind"], ask["transcript"])}
    deps.on_event({"step": "reply", "branch": branch["id"], **_summary(reply)})
    return State(
        transcripts={branch["id"]: [as_turn(reply, final=ask["final"])]},
        spent=spent_on(reply),  # type: ignore[typeddict-item]
        warnings=reply.get("warnings", []),
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
