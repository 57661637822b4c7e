"""Format an answer as text, as `sextant locate` prints it. Pure."""

from sextant.agent.answer_statement import count_outcomes, state_answer
from sextant.agent.answer_words import format_coordinates
from sextant.agent.warning_codes import Code
from sextant.base.documents.answer import Answer
from sextant.base.printable import pluralise


def list_references(answer: Answer, count: int = 3) -> list[str]:
    """List the nearest gallery photos the run was shown."""
    shown = [item for item in answer["candidates"] if item["origin"] == "nearest"]
    shown.sort(key=lambda item: item["rank"])
    lines = [f"{format_coordinates(item)}, similarity {item['similarity']:.2f}" for item in shown[:count]]
    return [line + (f" ({item['id']})" if item.get("id") else "") for line, item in zip(lines, shown, strict=False)]


def list_scenes(answer: Answer, count: int = 3) -> list[str]:
    """List the gallery photos that likely show the photo's own scene, the surest first."""
    shown = [item for item in answer["candidates"] if item["origin"] == "scene"]
    shown.sort(key=lambda item: (-item.get("confidence", 0.0), -item.get("inliers", 0)))
    return [
        f"{format_coordinates(item)}, {item.get('id') or 'a photo'} likely shows the same scene: "
        f"{pluralise(item.get('inliers', 0), 'matched feature')}, {item.get('confidence', 0.0):.0%}"
        for item in shown[:count]
    ]


def list_answer_rows(answer: Answer) -> list[tuple[str, str]]:
    """Write the whole answer as labelled lines, in the order a person reads them."""
    statement = state_answer(answer)
    lines: list[tuple[str, str]] = []
    if answer["best"]:
        basis = f"; {statement['basis']}" if statement["basis"] else ""
        lines += [
            ("Place", statement["position"]),
            ("How sure", f"{statement['confidence']}{basis}"),
            ("Region", statement["region"]),
            ("Rival", statement["rival"]),
        ]
    lines += [("Similar", line) for line in list_references(answer)]
    lines += [("Scene", line) for line in list_scenes(answer)]
    if statement["gallery"]:
        lines.append(("Gallery", statement["gallery"]))
    lines += [("Because", f"{claim['text']} [{claim['source']}]") for claim in answer["claims"][:5]]
    lines += [("Checked", words) for words in statement["checks"]]
    lines += [("Weighed", words) for words in statement["effects"]]
    lines += [("File", line) for line in statement["file"]]
    lines += [("Looked", f"{one['place']}: {one['verdict']}; {one['why']}") for one in statement["looks"]]
    lines += [("Asked", words) for words in statement["asked"]]
    if cap := answer.get("precision"):
        lines.append(("Precision", f"places are shown no finer than {cap['cap']}: {cap['reason']}"))
    lines += [("Stopped", statement["stop"]), ("Answers", count_outcomes(answer)), ("Spent", statement["spent"])]
    lines.append(("Model", statement["model"]))
    if fitted := answer.get("fitted"):
        lines.append(("Verified", f"by {fitted}, your own fitted model"))
    lines += [("Distrust", words) for words in statement["doubts"]]
    return [*lines, ("Run", str(answer["run"]))]


def format_answer(answer: Answer) -> str:
    """Write the answer as `sextant locate` prints it."""
    title = " ".join((answer["photo"]["path"] or answer["photo"]["sha256"][:12]).split())
    label, body = "", []
    for name, text in list_answer_rows(answer):
        body.append(f"  {'' if name == label else name:<9} {text}")
        label = name
    return "\n".join([title, f"  {state_answer(answer)['headline']}", "", *body])


def explain_missing_answer(answer: Answer) -> str | None:
    """Return why no model answered, in one line; None when one did, or when none was asked for."""
    if answer["model"] == "offline" or answer["outcomes"]["answered"]:
        return None
    failed = [warning["text"] for warning in answer["warnings"] if warning["code"] == Code.ANSWERS_FAILED]
    why = failed[0] if failed else count_outcomes(answer)
    left = "the place comes from similar photos alone" if answer["best"] else "there is no place to report"
    return f"model {answer['model']!r} gave no usable answer ({why}); {left}"
