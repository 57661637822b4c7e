"""The case file: one HTML page that opens offline and fetches nothing: hash, map, ledger, transcript, versions."""

import platform
from html import escape
from importlib.metadata import version

from sextant.agent.chat.record_answers import called, coordinates
from sextant.app.exports.drawn_map import drawn_map
from sextant.base.json_types import Json

STYLE = """
:root{color-scheme:light dark;--ink:#1b2530;--soft:#5b6875;--line:#d9dfe5;--page:#fff;--sea:#e8f0f6;--land:#cfd8cf}
@media(prefers-color-scheme:dark){:root{--ink:#e7edf3;--soft:#9aa8b5;--line:#33404c;--page:#12181f;--sea:#182430;
--land:#2c3a34}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:62rem;margin:2rem auto;
padding:0 1rem}h1,h2,h3{line-height:1.2}code{word-break:break-all;font-size:.85em}table{border-collapse:collapse;
width:100%;margin:.5rem 0}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;
border-bottom:1px solid var(--line)}
.soft{color:var(--soft)}.struck{text-decoration:line-through}svg{width:100%;height:auto;border:1px solid var(--line);
border-radius:6px;background:var(--sea)}section{margin:2rem 0}.you{font-weight:600}
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def case_file(session: Json) -> str:
    """The page. Every text is escaped; nothing in it runs."""
    photos = "".join(_photo(photo) for photo in session["photos"])
    capped = session["precision"]
    reason = f"<p class=soft>Precision is capped: {escape(capped['reason'])}.</p>" if capped else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>Sextant case file {escape(session["session"])}</title><style>{STYLE}</style></head><body>
<h1>Case file</h1><p class="soft">Session {escape(session["session"])}</p>{reason}
{photos}
<section><h2>Conversation</h2>{"".join(_turn(turn) for turn in session["turns"])}</section>
<section><h2>Made with</h2><table>{_versions()}</table></section>
</body></html>
"""


def _photo(photo: Json) -> str:
    name = escape(f"{photo['name'].capitalize()} {photo['file'] or ''}".strip())
    head = f"<section><h2>{name}</h2><p class=soft>sha256 <code>{escape(photo['sha256'])}</code></p>"
    if photo["status"] != "located":
        return f"{head}<p>{escape(photo['error'] or 'not located')}</p></section>"
    answer = photo["answer"]
    best = f"<p><strong>{_place(answer['best'])}</strong></p>" if answer["best"] else "<p>No place.</p>"
    return f"""{head}{best}{drawn_map(photo)}
<h3>How surely</h3><table>{_probability(answer)}</table>
<h3>Candidates</h3><table><tr><th>Place<th>Votes<th>Score</tr>{"".join(map(_proposal, photo["places"][:12]))}</table>
<h3>Ledger</h3><table><tr><th>Claim<th>Source<th>Call</tr>{"".join(map(_claim, answer["claims"]))}</table>
<h3>What was done</h3><table><tr><th>Branch<th>Tools</tr>{"".join(map(_done, photo["done"]))}</table>
<h3>The file itself</h3><p>{escape(photo["metadata"]["text"])} {escape(photo["metadata"]["time"] or "")}</p>
<p class=soft>Run {escape(photo["run"])}, {_judges(answer)}; stopped:
{escape(answer["stop"])}; {answer["spent"]["calls"]} calls.</p>
{"".join(f"<p class=soft>{escape(warning)}</p>" for warning in answer["warnings"])}</section>"""


def _judges(answer: Json) -> str:
    fitted = f", verified by {answer['fitted']}" if answer.get("fitted") else ""
    return escape(f"model {answer['model']}, preset {answer['preset']}{fitted}")


def _place(place: Json) -> str:
    return escape(f"{called(place)} ({coordinates(place)})")


def _probability(answer: Json) -> str:
    known = [(km, share) for km, share in answer["probability"].items() if share is not None]
    return "".join(f"<tr><td>within {int(km):,} km<td>{share:.0%}</tr>" for km, share in known)


def _proposal(place: Json) -> str:
    return f"<tr><td>{_place(place)}<td>{place['votes']} of {place['of']}<td>{place['score']:.3f}</tr>"


def _claim(claim: Json) -> str:
    struck = f" <span class=struck>{escape(claim['struck'])}</span>" if claim.get("struck") else ""
    return f"<tr><td>{escape(claim['text'])}{struck}<td>{escape(claim['source'])}<td>{escape(claim['call'] or '')}</tr>"


def _done(branch: Json) -> str:
    tools = ", ".join(branch["tools"]) or "none"
    return f"<tr><td>{escape(branch['branch'])}<td>{escape(tools)}</tr>"


def _turn(turn: Json) -> str:
    if turn["by"] == "you":
        with_photos = f" ({', '.join(turn['photos'])})" if turn["photos"] else ""
        return f"<p class=you>{escape(turn['text'] + with_photos)}</p>"
    lines = "".join(
        f"<li>{escape(entry['text'])} <span class=soft>[{escape(entry['source'])}]</span></li>"
        for entry in turn["entries"]
    )
    return f"<ul>{lines}</ul>" if lines else f"<p>{escape(turn['text'])}</p>"


def _versions() -> str:
    names = ("sextant-geo", "langgraph", "langchain-core", "lancedb")
    rows = [*((name, version(name)) for name in names), ("Python", platform.python_version())]
    return "".join(f"<tr><td>{escape(name)}<td>{escape(number)}</tr>" for name, number in rows)
