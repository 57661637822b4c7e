"""The case file: one HTML page that works offline and can be checked: picture, answer, map, evidence, manifest."""

import base64
import json
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from markupsafe import Markup

from sextant.agent.answer_words import format_coordinates, format_place_name
from sextant.app.exports.case_manifest import Manifest
from sextant.app.exports.case_parts import CaseParts, PhotoParts
from sextant.app.exports.compact import make_compact
from sextant.app.render.answer_map import FILE, LEGEND, REGION, draw_case_map
from sextant.app.render.pages import render_page
from sextant.base.documents.session import SessionView, ShownPhoto
from sextant.base.json_types import Json
from sextant.base.printable import make_printable
from sextant.graphs.runs.sent import describe_sent


def make_case_file(session: SessionView, parts: CaseParts | None = None) -> str:
    """Return the page. Every text is escaped; nothing in it runs.

    Args:
        parts: pictures, references and what was sent; without them the page says that they are not here.
    """
    manifest = Manifest()
    given = parts or CaseParts(picture=False)
    photos = [_make_photo(photo, given, manifest) for photo in session["photos"]]
    versions = _list_versions()
    documents = [
        _add_document(manifest, "conversation.json", session["turns"]),
        _add_document(manifest, "versions.json", dict(versions)),
    ]
    page = render_page(
        "case_file",
        session=session,
        photos=photos,
        legend=[*LEGEND, FILE, REGION],
        versions=versions,
        documents=documents,
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        place_name=format_place_name,
        coordinates=format_coordinates,
    )
    return manifest.write_into(page)


def _make_photo(photo: ShownPhoto, parts: CaseParts, manifest: Manifest) -> Json:
    """Make an article of a photo with everything the page shows about it, and note its parts in the manifest."""
    if photo["status"] != "located":
        return dict(photo)
    own = parts.photos.get(photo["key"], PhotoParts())
    folder = f"photo-{photo['key']}"
    found: Json = {**photo, "parts": []}
    if own.picture:
        found["picture"] = {
            "part": manifest.add(f"{folder}/picture.jpg", own.picture),
            "data": base64.b64encode(own.picture).decode(),
        }
    found["no_picture"] = _explain_no_picture(photo, parts)
    drawn = draw_case_map(photo)
    if drawn:
        found["map"] = {"part": manifest.add(f"{folder}/map.svg", drawn), "svg": Markup(drawn)}
    if photo.get("drawings"):
        found["drawings"] = [
            {**drawn, "part": manifest.add(f"{folder}/match-{number}.jpg", base64.b64decode(drawn["jpeg"]))}
            for number, drawn in enumerate(photo["drawings"], 1)
        ]
    found["references"] = [
        {
            "part": manifest.add(f"{folder}/similar-{one.number}.jpg", one.jpeg),
            "number": one.number,
            "data": base64.b64encode(one.jpeg).decode(),
            "licence": one.licence,
        }
        for one in own.references
    ]
    found["references_left_out"] = own.references_left_out
    found["sent"] = describe_sent(list(own.sent)) if photo["key"] in parts.photos else []
    found["forks"] = own.forks
    found["looks"] = _list_looks(photo, own, folder, manifest)
    documents = {
        "answer": make_compact(photo["answer"]),
        "ledger": photo["ledger"],
        "steering": {"constraints": photo["constraints"], "changed": photo["changed"]},
        "sent": list(own.sent),
        **({"forks": list(own.forks)} if own.forks else {}),
    }
    found["parts"] = [_add_document(manifest, f"{folder}/{name}.json", what) for name, what in documents.items()]
    return found


def _list_looks(photo: ShownPhoto, own: PhotoParts, folder: str, manifest: Manifest) -> list[Json]:
    """List the judgements of a second look in words, with the pictures that may be passed on."""
    sheets = {one.number: one for one in own.sheets}
    found: list[Json] = []
    for number, stated in enumerate(photo["told"]["looks"], 1):
        look: Json = {**stated, "sheet": None}
        if sheet := sheets.get(number):
            part = manifest.add(f"{folder}/look-{number}.jpg", sheet.jpeg)
            data = base64.b64encode(sheet.jpeg).decode()
            look["sheet"] = {"part": part, "data": data, "licence": ", ".join(sheet.licences)}
        found.append(look)
    return found


def _explain_no_picture(photo: ShownPhoto, parts: CaseParts) -> str:
    if not photo.get("pictures"):
        return "The picture is left out: it may show more than the precision cap allows."
    return "The picture is no longer stored." if parts.picture else "The picture was left out."


def _add_document(manifest: Manifest, name: str, value: Any) -> Json:
    """Note a document in the manifest, as the text that the page shows."""
    text = make_printable(json.dumps(value, ensure_ascii=True, sort_keys=True, indent=1))
    return {"part": manifest.add(name, text), "text": text}


def _list_versions() -> list[tuple[str, str]]:
    names = ("sextant-geo", "langgraph", "langchain-core", "lancedb")
    return [*((name, version(name)) for name in names), ("Python", platform.python_version())]
