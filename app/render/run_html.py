"""A recorded run as one page that opens offline: no script, no font, no request leaves it; every word is escaped."""

import base64
import json
from html import escape
from pathlib import Path

from sextant.app.render.answer import coordinates, headline, rows
from sextant.app.render.run import call_words, change_words, cost_words, outcome_words
from sextant.app.render.run_map import close_up, world_map
from sextant.base.json_types import Json

STYLE = Path(__file__).with_name("run_page.css")
OF_THIS_MACHINE = ("base_url", "home")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(story: Json, picture: bytes | None) -> str:
    """The whole page.

    Args:
        story: as ``sextant.graphs.runs.timeline`` tells it.
        picture: the JPEG that the model saw, None when it is not here.
    """
    answer = story["answer"]
    body = [heading(story), photo(picture), *(conclusion(answer) if answer else ()), timeline(story["steps"])]
    body += [verdict(item) for item in story["verdicts"]]
    body += ["<h2>Transcripts</h2>", *(branch(item) for item in story["branches"]), record(story["record"])]
    title = escape(f"Sextant run {story['run']}")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><meta name="referrer" content="no-referrer">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title>'
        f"<style>{STYLE.read_text(encoding='utf-8')}</style></head><body>{''.join(body)}</body></html>\n"
    )


def heading(story: Json) -> str:
    """Which run this is, and the answer in one sentence."""
    told = story["record"]
    said = headline(story["answer"]) if story["answer"] else f"No answer: {told.get('error') or told['status']}."
    parent = ""
    if told["parent"]:
        changes = ", ".join(change_words(change) for change in told["changes"])
        parent = f"<p>Fork of {escape(told['parent'])}: {escape(changes)}</p>"
    return f"<h1>{escape(said)}</h1><p>Run {escape(story['run'])} of {escape(str(told['path']))}</p>{parent}"


def photo(picture: bytes | None) -> str:
    """The photo as the model saw it, inside the page."""
    if picture is None:
        return "<p>The photo is not here.</p>"
    data = base64.b64encode(picture).decode()
    return f'<img alt="the photo as the model saw it" src="data:image/jpeg;base64,{data}">'


def conclusion(answer: Json) -> list[str]:
    """The answer's facts, and where it lies."""
    facts = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in rows(answer))
    table = f"<table>{facts}</table>"
    if answer["best"] is None:
        return [table]
    legend = "The answer, its rival, what models said and what the gallery gave; the shaded areas are the regions."
    maps = f'<div class="maps">{world_map(answer)}{close_up(answer)}</div><p class="legend">{legend}</p>'
    return [table, maps, candidates(answer["candidates"])]


def candidates(items: list[Json]) -> str:
    """Every candidate that was weighed, the best first."""
    lines = "".join(
        f"<tr><td>{escape(item['origin'])}</td><td>{escape(str(item.get('id') or ''))}</td>"
        f"<td>{escape(coordinates(item))}</td><td>{item['score']:.3f}</td></tr>"
        for item in items
    )
    head = "<tr><th>from</th><th>id</th><th>place</th><th>score</th></tr>"
    return f"<details><summary>{len(items)} candidates</summary><table>{head}{lines}</table></details>"


def timeline(steps: list[Json]) -> str:
    """What ran when: one line a step, its bar as long as it took."""
    longest = max((step["seconds"] or 0.0 for step in steps), default=0.0) or 1.0
    lines = []
    for step in steps:
        seconds = step["seconds"] or 0.0
        bar = f'<div class="bar" style="width: {100 * seconds / longest:.1f}%"></div>'
        what = f"{escape(step['node'])} {escape(step['branch'] or '')}"
        lines.append(f"<tr><td>{int(step['step'])}</td><td>{what}</td><td>{seconds:.3f} s</td><td>{bar}</td></tr>")
    return f'<h2>Timeline</h2><table class="timeline">{"".join(lines)}</table>'


def verdict(item: Json) -> str:
    """What one round came to."""
    place = "no place" if item["latitude"] is None else coordinates(item)
    stop = f"stop: {item['stop']}" if item["stop"] else "another round"
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in item["reasons"])
    said = "".join(f"<li>{escape(name)}: {escape(outcome_words(what))}</li>" for name, what in item["new"].items())
    title = f"Step {int(item['step'])}: verdict {place}, {stop}"
    return f"<h2>{escape(title)}</h2><p>New answers</p><ul>{said}</ul><p>Reasons</p><ul>{reasons}</ul>"


def branch(item: Json) -> str:
    """One branch's whole conversation."""
    opening = "".join(message(part["role"], words(part["content"])) for part in item["opening"])
    turns = "".join(turn(part) for part in item["turns"])
    name = f"{item['id']}, {len(item['turns'])} turns"
    return f"<details><summary>{escape(name)}</summary>{opening}{turns}</details>"


def turn(item: Json) -> str:
    """One turn: words, tool calls, failure, and what it took."""
    said = [item["content"], *(f"calls {call_words(call)}" for call in item.get("tool_calls", []))]
    if item.get("failure"):
        said.append(f"failed ({item['failure']['kind']}): {item['failure']['message']}")
    said += [f"[picture {sha256}]" for sha256 in item.get("images", [])]
    who = " ".join(filter(None, (f"step {item['step']}", item["role"], item.get("name"), cost_words(item))))
    return message(who, "\n".join(filter(None, said)))


def message(who: str, text: str) -> str:
    """One message of a conversation."""
    return f"<h4>{escape(who)}</h4><pre>{escape(text)}</pre>"


def words(content: str | list[Json]) -> str:
    """The text of a message, pictures by their hash."""
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] if part["type"] == "text" else f"[picture {part['sha256']}]" for part in content)


def record(told: Json) -> str:
    """Settings and versions; a page is passed on, so no address and no home of this machine."""
    settings = {name: value for name, value in told["settings"].items() if name not in OF_THIS_MACHINE}
    facts = {"settings": settings, **{name: told.get(name) for name in ("versions", "started", "finished")}}
    text = json.dumps(facts, indent=1)
    return f"<details><summary>Settings and versions</summary><pre>{escape(text)}</pre></details>"
