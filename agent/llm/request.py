"""Model requests: build the request of a branch's turn, and turn the reply into a turn of the transcript."""

from typing import Any

from sextant.agent.prompting.opening_prompt import build_opening
from sextant.agent.state import Ask, Turn
from sextant.agent.within import describe_known
from sextant.agent.world.deps import Deps
from sextant.agent.world.offered_tools import list_offered, select_available
from sextant.base.json_types import Json
from sextant.prompts.loading import load_frame
from sextant.prompts.variants import load_variant


def build_model_request(ask: Ask, deps: Deps) -> Json:
    """Build the whole request, JSON-plain: equal requests are equal calls, whenever and wherever they are made."""
    branch = ask["branch"]
    references = deps.load_references(ask["references"])
    known = describe_known(deps.settings.hint, deps.settings.within)
    messages = build_opening(branch, ask["photo"], references, tools=ask["tools"], halvings=ask["halvings"], hint=known)
    messages += [turn_to_message(turn) for turn in ask["transcript"] if "failure" not in turn]
    if ask["final"] and ask["transcript"]:
        messages.append({"role": "user", "content": load_frame("last-turn").text.strip()})
    recipe, settings = deps.recipe, deps.settings
    shared = {"together": ask["together"], "run": settings.run} if "together" in ask else {}
    return {
        **shared,
        "model": settings.model,
        "base_url": settings.base_url,
        "branch": branch["id"],
        "variant": branch["variant"],
        "sample": branch["sample"],
        "turn": len(ask["transcript"]),
        "messages": messages,
        "tools": describe_offered(deps, ask["references"]) if ask["tools"] else [],
        "final": ask["final"],
        "temperature": branch["temperature"],
        "max_output_tokens": ask.get("output_tokens", recipe.max_output_tokens),
        "image_detail": recipe.image_detail,
        "seed": settings.seed,
        "seconds_left": ask["seconds_left"],
    }


def may_call_tools(variant_name: str, deps: Deps, *, refused: bool) -> bool:
    """Return whether a branch of this variant is offered tools: variant, recipe and model must all support them."""
    return (
        load_variant(variant_name).tools and bool(deps.recipe.tools) and deps.recipe.max_tool_turns > 0 and not refused
    )


def describe_offered(deps: Deps, references: str | None) -> list[Json]:
    """Describe the tools of this run that have data here, as the model sees them; what a run lacks is not loaded."""
    described: list[Json] = []
    names = select_available(deps.recipe.tools, gallery=bool(references), maps=list_offered(deps.settings))
    if names:
        from sextant.agent.world.toolbox import describe_tools

        described += describe_tools(names)
    if deps.settings.mcp:
        from sextant.agent.world.mcp_tools import describe_mcp_tools

        described += describe_mcp_tools(deps.settings.mcp, deps.blobs)
    return described


def turn_to_message(turn: Turn) -> dict[str, Any]:
    """Convert a turn of the transcript to a message of the request."""
    if turn["role"] == "assistant":
        return {"role": "assistant", "content": turn["content"], "tool_calls": turn.get("tool_calls", [])}
    if turn["role"] == "tool":
        return {
            "role": "tool",
            "content": turn["content"],
            "tool_call_id": turn.get("tool_call_id", ""),
            "name": turn.get("name", ""),
        }
    images = [{"type": "image", "sha256": sha256} for sha256 in turn.get("images", [])]
    return {"role": "user", "content": [{"type": "text", "text": turn["content"]}, *images]}


def reply_to_turn(reply: Json, *, final: bool) -> Turn:
    """Convert the model's reply to a turn of the transcript."""
    turn = Turn(role="assistant", content=reply.get("text", ""))
    if reply.get("tool_calls"):
        turn["tool_calls"] = reply["tool_calls"]
    if reply.get("failure"):
        turn["failure"] = reply["failure"]
    if reply.get("finish") == "filtered":
        turn["finish"] = "filtered"
    if final:
        turn["final"] = True
    return turn


def count_spent(reply: Json) -> Json:
    """Count what one reply adds to the run's spending. A failed call that was not billed adds nothing."""
    usage = reply.get("usage")
    if not usage:
        # Not asked at all: the server takes one sample a request, and the call is made again by itself.
        return {"calls": -1} if reply.get("failure", {}).get("kind") == "samples_unsupported" else {}
    return {
        "largest_prompt": usage["input_tokens"],
        "input_tokens": usage["input_tokens"],
        "output_tokens": usage["output_tokens"],
        "estimated_calls": int(usage["estimated"]),
        "usd": reply["usd"] or 0.0,
        "unpriced_calls": int(reply["usd"] is None),
    }
