"""Format recorded runs as text, for `sextant runs` and `sextant replay`. Pure: JSON in, lines out."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence

from sextant.agent.answer_words import format_coordinates, format_distance, format_place_name
from sextant.agent.answers.outcome import UNFINISHED
from sextant.app.render.terminal import align_columns, shorten_line, shorten_path
from sextant.base.documents.comparison import RunComparison
from sextant.base.json_types import Document
from sextant.base.printable import make_printable, pluralise
from sextant.graphs.runs.photo_name import name_photo
from sextant.graphs.runs.timeline import Timeline
from sextant.prompts.editing import describe_prompt, find_edited_root

PHOTO_COLUMNS = 32  # of the photo's path in a list of runs


def format_runs(runs: Sequence[Document]) -> list[str]:
    """Write runs as a table, the newest last."""
    head = ("RUN", "PHOTO", "ANSWER", "MODEL", "CALLS", "COST", "STOP")
    return align_columns(head, map(list_row, runs))


def list_row(run: Document) -> tuple[str, ...]:
    """Format one row of the table of runs."""
    spent = run["spent"] or {}
    usd = spent.get("usd")
    best = run["best"]
    place = format_place_name(best) if best else run["error"] or "-"
    stop = run["stop"] or run["status"]
    fork = f"{stop}, fork of {run['parent']}" if run["parent"] else stop
    photo = shorten_path(str(run["photo"]), PHOTO_COLUMNS)
    cost = "?" if usd is None else f"${usd:.4f}"
    return (run["run"], photo, shorten_line(place, 40), run["model"], str(spent.get("calls", "-")), cost, fork)


def format_timeline(story: Timeline, *, full: bool = False) -> list[str]:
    """Write a run as a tree: rounds, their branches, each branch's turns, and each round's verdict."""
    record = story["record"]
    lines = [
        f"run {story['run']}: {shorten_line(name_photo(record))}, {record['settings']['model']}, {record['status']}"
    ]
    if record["parent"]:
        lines.append(
            f"  fork of {record['parent']}: {', '.join(describe_change(change) for change in record['changes'])}"
        )
    if story["cut"]:
        lines.append("  the last line of the recording was cut off")
    if story["retrieved"]:
        sides = [f"{len(story['retrieved'][side])} {side}" for side in ("nearest", "farthest")]
        lines.append(f"  gallery: {' and '.join(sides)} photos")
    for verdict in story["verdicts"]:
        lines += [line for branch in story["branches"] for line in format_branch(branch, verdict, full=full)]
        lines += format_verdict(verdict)
    open_branches = [branch for branch in story["branches"] if not is_in_verdicts(branch, story["verdicts"])]
    looks = story["answer"].get("looks", []) if story["answer"] else []
    for branch in open_branches:
        lines += format_branch(branch, None, full=full)
        own = [one for one in looks if one["call"] == branch["id"]]
        lines += [f"  │  ⇒ {describe_looks(own)}"] if own else []
    lines += [f"  {record['status']}: {record['error']}"] if record.get("error") else []
    return lines


def is_in_verdicts(branch: Document, verdicts: Iterable[Document]) -> bool:
    """Return whether a branch's outcome stands in some verdict."""
    return any(branch["id"] in verdict["new"] for verdict in verdicts)


def format_branch(branch: Document, verdict: Document | None, *, full: bool) -> list[str]:
    """Write a branch with its turns, if its outcome was new in this verdict."""
    if verdict is not None and branch["id"] not in verdict["new"]:
        return []
    edited = ", edited prompt" if find_edited_root(branch["variant"]) else ""
    temperature = "not sent" if branch["temperature"] is None else f"{branch['temperature']:g}"
    lines = [f"  ├ {branch['id']} (temperature {temperature}{edited})"]
    for turn in branch["turns"]:
        lines += [f"  │  {line}" for line in format_turn(turn, full=full)]
    if verdict is not None:
        lines.append(f"  │  ⇒ {describe_outcome(verdict['new'][branch['id']])}")
    return lines


def format_turn(turn: Document, *, full: bool) -> list[str]:
    """Return one turn: what was said, what was asked of tools, what they returned."""
    step = f"{turn['step']:>3} "
    said = make_printable(turn["content"]) if full else shorten_line(turn["content"])
    if turn["role"] == "tool":
        return [f"{step}{turn.get('name')} ⇒ {said}"]
    if turn["role"] == "user":
        return [f"{step}{said} {len(turn.get('images', []))} picture(s)"]
    lines = []
    if turn.get("failure"):
        lines.append(f"{step}failed ({turn['failure']['kind']}): {shorten_line(turn['failure']['message'])}")
    if said:
        lines.append(f"{step}“{said}”")
    lines += [f"{step}calls {describe_call(call)}" for call in turn.get("tool_calls", [])]
    if lines and (cost := format_cost(turn)):
        lines[0] += f"  [{cost}]"
    return lines


def describe_call(call: Document) -> str:
    """Write ``nearest_photos(count=5)``."""
    args = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in call["args"].items())
    return shorten_line(f"{call['name']}({args})")


def format_cost(turn: Document) -> str:
    """Write ``1,155 + 20 tokens, $0.0021, 0.83 s``."""
    words = []
    if turn.get("usage"):
        words.append(f"{turn['usage']['input_tokens']:,} + {turn['usage']['output_tokens']:,} tokens")
    if turn.get("usd"):
        words.append(f"${turn['usd']:.4f}")
    if turn.get("seconds") is not None:
        words.append(f"{turn['seconds']:.2f} s")
    return ", ".join(words)


def describe_outcome(outcome: Document) -> str:
    """Describe the outcome of a branch."""
    if outcome["kind"] != "answered":
        kind = "not finished" if outcome.get("failure") == UNFINISHED else outcome["kind"]
        return f"{kind}: {shorten_line(str(outcome.get('how') or ''))}"
    sure = "" if outcome.get("confidence") is None else f", {outcome['confidence']:.0%} sure"
    named = f" ({shorten_line(outcome['place'], 40)})" if outcome.get("place") else ""
    return f"{format_coordinates(outcome)}{named}{sure}"


def describe_looks(looks: Sequence[Document]) -> str:
    """Describe what a branch made of the pictures of several places: ``1 same place, 2 not``."""
    counted = Counter(one["judgement"] for one in looks)
    return "compared pictures: " + ", ".join(f"{count} {judgement}" for judgement, count in counted.items())


def format_verdict(verdict: Document) -> list[str]:
    """Describe the verdict of a round, with verification's reasons."""
    place = "no place" if verdict["latitude"] is None else format_coordinates(verdict)
    known = [f"{name} km {p:.0%}" for name, p in verdict["probability"].items() if p is not None]
    after = f"; stop: {verdict['stop']}" if verdict["stop"] else "; another round"
    lines = [f"  {verdict['step']} verdict: {place} ({', '.join(known) or 'no probabilities'}){after}"]
    return lines + [f"      because {shorten_line(reason)}" for reason in verdict["reasons"]]


def describe_change(change: Document) -> str:
    """``verify=top1 from step 13``."""
    at = f"{change['step']}:{change['branch']}" if change["branch"] else str(change["step"])
    if change["kind"] == "variant" and find_edited_root(change["value"]):
        return f"{change['name']} as {describe_prompt(change['value'])}, from step {at}"
    key = change["name"] if change["kind"] == "setting" else ".".join(filter(None, (change["kind"], change["name"])))
    return f"{key}={shorten_line(json.dumps(change['value'], ensure_ascii=False), 40)} from step {at}"


def format_comparison(found: RunComparison, most: int = 5) -> list[str]:
    """Format the comparison of two runs."""
    lines = [f"{found['runs'][0]} → {found['runs'][1]}", f"  {describe_move(found)}"]
    lines += [f"  setting {name}: {shorten_line(words)}" for name, words in found["settings"].items()]
    for title in ("gained", "lost", "reweighted"):
        items = found["candidates"][title]
        lines.append(f"  {len(items)} candidate{'' if len(items) == 1 else 's'} {title}")
        lines += [f"    {describe_candidate(item)}" for item in items[:most]]
    first = found["first_step"]
    if first is None:
        lines.append("  all steps are equal except for the clock")
    else:
        branch = f" {first['branch']}" if first["branch"] else ""
        lines.append(f"  first differing step: {first['step']} {first['node']}{branch} {first['where']}")
        lines += [f"    {line}" for line in make_printable(first["words"]).splitlines()[:8]]
    return [*lines, f"  stop: {' → '.join(map(str, found['stop']))}", f"  spent: {describe_spending(found['spent'])}"]


def describe_move(found: RunComparison) -> str:
    """Describe how far the answer moved between two runs, in one sentence."""
    before, after = (format_place_name(best) if best else "no place" for best in found["best"])
    if found["moved_km"] is None:
        return f"The answer was {before} and is {after}."
    if found["moved_km"] == 0:
        return f"The answer stays {after}."
    return f"The answer moved {format_distance(found['moved_km'])}, from {before} to {after}."


def describe_candidate(item: Document) -> str:
    """Describe a candidate of a comparison."""
    score = item["score"]
    weight = " → ".join(f"{value:.3f}" for value in (score if isinstance(score, list) else [score]))
    return f"{item['origin']} {shorten_line(item['id'] or '', 40)} {format_coordinates(item)}, score {weight}"


def describe_spending(both: Sequence[Document | None]) -> str:
    """Describe what both runs cost."""
    words = []
    for spent in both:
        usd = (spent or {}).get("usd")
        money = "price unknown" if usd is None else f"${usd:.4f}"
        words.append(
            f"{pluralise(spent['calls'], 'call')}, {spent['tokens']:,} tokens, {money}" if spent else "unknown"
        )
    return " → ".join(words)


def list_needed_calls(calls: Sequence[Document]) -> list[str]:
    """List the calls that a fork would make, and their estimated cost."""
    lines = [f"  step {call['step']} {call['branch'] or ''}: {describe_needed_call(call)}" for call in calls]
    known = [call["usd"] for call in calls if call["usd"] is not None]
    money = f"about ${sum(known):.4f}" if len(known) == len(calls) else "at an unknown price"
    return ["The fork needs calls that were not recorded:", *lines, f"  {money}; further calls depend on the answers"]


def describe_needed_call(call: Document) -> str:
    """Describe one call of the list."""
    if call["kind"] != "model":
        return describe_call(call) if call["kind"] == "tool" else f"the gallery's {call['kind']}"
    return f"variant {call['variant']}, about {call['input_tokens']:,} + at most {call['output_tokens']:,} tokens"
