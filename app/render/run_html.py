"""A recorded run as one page that opens offline: no script, no font, no request leaves it."""

import base64
import json

from markupsafe import Markup

from sextant.agent.answer_words import format_coordinates, format_headline
from sextant.app.render.answer import rows
from sextant.app.render.answer_map import LEGEND, REGION, close_up, world_map
from sextant.app.render.pages import page
from sextant.app.render.run import call_words, change_words, cost_words, outcome_words
from sextant.base.json_types import Json

OF_THIS_MACHINE = ("base_url", "home")


def run_page(story: Json, picture: bytes | None) -> str:
    """Return the whole page.

    Args:
        story: as ``sextant.graphs.runs.timeline`` tells it.
        picture: the JPEG that the model saw, None when it is not here.
    """
    answer, record = story["answer"], story["record"]
    placed = bool(answer and answer["best"])
    return page(
        "run",
        run=story["run"],
        record=record,
        headline=format_headline(answer) if answer else f"No answer: {record.get('error') or record['status']}.",
        changes=[change_words(change) for change in record["changes"]],
        picture=base64.b64encode(picture).decode() if picture else None,
        answer=answer,
        facts=rows(answer) if answer else [],
        world_map=Markup(world_map(answer)) if placed else "",
        close_up=Markup(close_up(answer)) if placed else "",
        legend=[*LEGEND, ("answer", "what models said"), REGION],
        coordinates=format_coordinates,
        steps=_steps(story["steps"]),
        verdicts=[_verdict(item) for item in story["verdicts"]],
        branches=[_branch(item) for item in story["branches"]],
        settings=_settings(record),
    )


def _steps(steps: list[Json]) -> list[Json]:
    """List the steps with their times; ``share`` is the duration in percent of the longest."""
    longest = max((step["seconds"] or 0.0 for step in steps), default=0.0) or 1.0
    return [
        {**step, "seconds": step["seconds"] or 0.0, "share": 100 * (step["seconds"] or 0.0) / longest} for step in steps
    ]


def _verdict(item: Json) -> Json:
    """Describe the verdict of one round."""
    place = "no place" if item["latitude"] is None else format_coordinates(item)
    stop = f"stop: {item['stop']}" if item["stop"] else "another round"
    new = [f"{name}: {outcome_words(what)}" for name, what in item["new"].items()]
    return {"title": f"Step {item['step']}: verdict {place}, {stop}", "new": new, "reasons": item["reasons"]}


def _branch(item: Json) -> Json:
    """One branch's whole conversation, as (who, text)."""
    opening = [(part["role"], _text(part["content"])) for part in item["opening"]]
    title = f"{item['id']}, {len(item['turns'])} turns"
    return {"title": title, "messages": [*opening, *(_turn(turn) for turn in item["turns"])]}


def _turn(item: Json) -> tuple[str, str]:
    """One turn: words, tool calls, failure, and what it took."""
    said = [item["content"], *(f"calls {call_words(call)}" for call in item.get("tool_calls", []))]
    if item.get("failure"):
        said.append(f"failed ({item['failure']['kind']}): {item['failure']['message']}")
    said += [f"[picture {sha256}]" for sha256 in item.get("images", [])]
    who = " ".join(filter(None, (f"step {item['step']}", item["role"], item.get("name"), cost_words(item))))
    return who, "\n".join(filter(None, said))


def _text(content: str | list[Json]) -> str:
    """Return the text of a message, with pictures by their hash."""
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] if part["type"] == "text" else f"[picture {part['sha256']}]" for part in content)


def _settings(record: Json) -> str:
    """List settings and versions, without addresses or this machine's home, since the page may be passed on."""
    settings = {name: value for name, value in record["settings"].items() if name not in OF_THIS_MACHINE}
    facts = {"settings": settings, **{name: record.get(name) for name in ("versions", "started", "finished")}}
    return json.dumps(facts, indent=1)
