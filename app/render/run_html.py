"""Render a recorded run as one HTML page that works offline."""

import base64
import json
from collections.abc import Sequence

from markupsafe import Markup

from sextant.agent.answer_words import format_coordinates, format_headline
from sextant.app.render.answer import list_answer_rows
from sextant.app.render.answer_map import LEGEND, REGION, draw_close_up, draw_world_map
from sextant.app.render.pages import render_page
from sextant.app.render.run import describe_call, describe_change, describe_outcome, format_cost
from sextant.base.json_types import Document, Json
from sextant.base.printable import pluralise
from sextant.graphs.runs.timeline import Timeline
from sextant.prompts.editing import find_edited_root

OF_THIS_MACHINE = ("base_url", "home")


def render_run_page(story: Timeline, picture: bytes | None) -> str:
    """Return the whole page.

    Args:
        story: as ``sextant.graphs.runs.timeline`` tells it.
        picture: the JPEG that the model saw, None when it is not here.
    """
    answer, record = story["answer"], story["record"]
    placed = bool(answer and answer["best"])
    return render_page(
        "run",
        run=story["run"],
        record=record,
        headline=format_headline(answer) if answer else f"No answer: {record.get('error') or record['status']}.",
        changes=[describe_change(change) for change in record["changes"]],
        picture=base64.b64encode(picture).decode() if picture else None,
        answer=answer,
        facts=list_answer_rows(answer) if answer else [],
        world_map=Markup(draw_world_map(answer)) if answer and placed else "",
        close_up=Markup(draw_close_up(answer)) if answer and placed else "",
        legend=[*LEGEND, ("answer", "what models said"), REGION],
        coordinates=format_coordinates,
        steps=_list_steps(story["steps"]),
        verdicts=[_describe_verdict(item) for item in story["verdicts"]],
        branches=[_list_messages(item) for item in story["branches"]],
        settings=_list_settings(record),
    )


def _list_steps(steps: Sequence[Document]) -> list[Json]:
    """List the steps with their times; ``share`` is the duration in percent of the longest."""
    longest = max((step["seconds"] or 0.0 for step in steps), default=0.0) or 1.0
    return [
        {**step, "seconds": step["seconds"] or 0.0, "share": 100 * (step["seconds"] or 0.0) / longest} for step in steps
    ]


def _describe_verdict(item: Document) -> Json:
    """Describe the verdict of one round."""
    place = "no place" if item["latitude"] is None else format_coordinates(item)
    stop = f"stop: {item['stop']}" if item["stop"] else "another round"
    new = [f"{name}: {describe_outcome(what)}" for name, what in item["new"].items()]
    return {"title": f"Step {item['step']}: verdict {place}, {stop}", "new": new, "reasons": item["reasons"]}


def _list_messages(item: Document) -> Json:
    """Return one branch's whole conversation, as (who, text)."""
    opening = [(part["role"], _get_text(part["content"])) for part in item["opening"]]
    edited = ", edited prompt" if find_edited_root(item["variant"]) else ""
    title = f"{item['id']}{edited}, {pluralise(len(item['turns']), 'turn')}"
    return {"title": title, "messages": [*opening, *(_list_turn(turn) for turn in item["turns"])]}


def _list_turn(item: Document) -> tuple[str, str]:
    """Return one turn: words, tool calls, failure, and what it took."""
    said = [item["content"], *(f"calls {describe_call(call)}" for call in item.get("tool_calls", []))]
    if item.get("failure"):
        said.append(f"failed ({item['failure']['kind']}): {item['failure']['message']}")
    said += [f"[picture {sha256}]" for sha256 in item.get("images", [])]
    who = " ".join(filter(None, (f"step {item['step']}", item["role"], item.get("name"), format_cost(item))))
    return who, "\n".join(filter(None, said))


def _get_text(content: str | Sequence[Document]) -> str:
    """Return the text of a message, with pictures by their hash."""
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] if part["type"] == "text" else f"[picture {part['sha256']}]" for part in content)


def _list_settings(record: Document) -> str:
    """List settings and versions, without addresses or this machine's home, since the page may be passed on."""
    settings = {name: value for name, value in record["settings"].items() if name not in OF_THIS_MACHINE}
    facts = {"settings": settings, **{name: record.get(name) for name in ("versions", "started", "finished")}}
    return json.dumps(facts, indent=1)
