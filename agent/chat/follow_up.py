"""Answer a follow-up question about a located photo with the model, the record and the tools."""

from dataclasses import dataclass

from sextant.agent.guard.claims import Trace, make_trace
from sextant.agent.guard.quoting import quote
from sextant.agent.llm.request import count_spent, reply_to_turn, turn_to_message
from sextant.agent.nodes.tools import tools
from sextant.agent.prompting.opening_prompt import format_reference, make_picture_block
from sextant.agent.state import NOTHING_SPENT, Ask, Branch, Spent, Turn, add_spent
from sextant.agent.world.deps import Deps
from sextant.agent.world.mcp_tools import describe_mcp_tools
from sextant.agent.world.offered_tools import list_offered, select_available
from sextant.agent.world.toolbox import describe_tools
from sextant.base.json_types import Json
from sextant.prompts.loading import load_frame

BRANCH = "chat"
EARLIER = 6  # turns of the conversation shown to the model
MOST_REPLY = 8_000  # characters of a reply that are shown and checked; a page has some three thousand
LISTED = 10  # similar photos listed


@dataclass(frozen=True)
class FollowUp:
    """The model's reply, its actual tool calls and their cost. ``failure`` says in one line why there is no reply."""

    text: str
    trace: Trace
    spent: Spent
    failure: str | None = None


def follow_up(question: str, photo: Json, earlier: list[Json], deps: Deps, calls_left: int | None) -> FollowUp:
    """Call the model, run the tools it calls, and repeat, within the preset's tool turns and the calls left.

    Args:
        photo: the redacted view (``sextant.agent.privacy.view``), with ``shown``, the hash of the picture the model
            sees.
        earlier: the conversation's turns.
    """
    transcript: list[Turn] = []
    spent = NOTHING_SPENT
    most = deps.recipe.max_tool_turns + 1
    if calls_left is not None:
        most = min(most, calls_left)
    if most < 1:
        return FollowUp("", Trace(), spent, "the session's model calls are used up")
    for turn in range(most):
        final = turn == most - 1
        request = _build_request(
            _build_messages(question, photo, earlier), transcript, deps, bool(photo["nearest"]), final=final
        )
        reply = deps.ask("model", request)
        spent = add_spent(add_spent(spent, {"calls": 1}), count_spent(reply))
        if reply.get("failure"):
            return FollowUp("", _make_trace(transcript, photo), spent, reply["failure"]["message"])
        transcript.append(reply_to_turn(reply, final=final))
        if not transcript[-1].get("tool_calls") or final:
            break
        transcript += tools(_build_ask(transcript, photo), deps)["transcripts"][BRANCH]
    said = transcript[-1]["content"].strip()
    if len(said) > MOST_REPLY:
        said = said[:MOST_REPLY].rsplit(" ", 1)[0] + " … (cut off here)"
    return FollowUp(said, _make_trace(transcript, photo), spent, None if said else "the model said nothing")


def _build_messages(question: str, photo: Json, earlier: list[Json]) -> list[Json]:
    said = [f"{turn['by']}: {turn['text']}" for turn in earlier[-EARLIER:] if turn.get("text")]
    parts = [load_frame("follow-up").text.strip(), quote(describe_record(photo), "the record")]
    if said:
        parts.append(quote("\n".join(said), "earlier in this conversation"))
    parts.append(f"The person asks: {question}")
    text = {"type": "text", "text": "\n\n".join(parts)}
    pictures = [make_picture_block(photo["shown"])] if photo.get("shown") else []
    system = load_frame("role").text.strip() + "\n\n" + load_frame("tools").text.strip()
    return [{"role": "system", "content": system}, {"role": "user", "content": [text, *pictures]}]


def describe_record(photo: Json) -> str:
    """Describe the record of a photo as lines of text."""
    answer = photo["answer"]
    lines = []
    for name, place in (("answer", answer["best"]), ("rival", answer["rival"])):
        if place:
            named = ", ".join(part for part in (place.get("place"), place.get("country")) if part) or "open sea"
            lines.append(f"{name}: {place['latitude']:.4f}, {place['longitude']:.4f} ({named})")
    known = {km: share for km, share in answer["probability"].items() if share is not None}
    lines.append("probability within km: " + ", ".join(f"{km}: {share:.2f}" for km, share in known.items()))
    lines += [f"clue ({claim['source']}): {claim['text']}" for claim in answer["claims"][:12]]
    lines += [f"the person said: {words}" for words in photo["constraints"]]
    lines.append("the file itself: " + photo["metadata"]["text"])
    lines += [
        "similar photo " + format_reference(number, item, ("coordinates", "place"))
        for number, item in enumerate(photo["nearest"][:LISTED], 1)
    ]
    return "\n".join(lines)


def _build_request(messages: list[Json], transcript: list[Turn], deps: Deps, gallery: bool, *, final: bool) -> Json:
    recipe, settings = deps.recipe, deps.settings
    names = select_available(recipe.tools, gallery=gallery, maps=list_offered(settings))
    return {
        "model": settings.model,
        "base_url": settings.base_url,
        "branch": BRANCH,
        "variant": "follow-up",
        "sample": 0,
        "turn": len(transcript),
        "messages": messages + [turn_to_message(turn) for turn in transcript],
        "tools": [*describe_tools(names), *describe_mcp_tools(settings.mcp, deps.blobs)]
        if recipe.max_tool_turns
        else [],
        "final": final,
        "temperature": 0.2,
        "max_output_tokens": recipe.max_output_tokens,
        "image_detail": recipe.image_detail,
        "seed": settings.seed,
        "seconds_left": None,
    }


def _build_ask(transcript: list[Turn], photo: Json) -> Ask:
    branch = Branch(id=BRANCH, round=0, variant="follow-up", sample=0, temperature=0.2, fill={})
    stored = {"sha256": photo["sha256"], "path": None, "width": 0, "height": 0, "shown": photo["shown"]}
    return Ask(
        branch=branch,
        photo=stored,  # type: ignore[typeddict-item]
        references=None,
        transcript=transcript,
        final=False,
        tools=True,
        halvings=0,
        seconds_left=None,
    )


def _make_trace(transcript: list[Turn], photo: Json) -> Trace:
    return make_trace(BRANCH, transcript, bool(photo["nearest"]))
