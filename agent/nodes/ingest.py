"""The first node: opens the photo, keeps its metadata from the model, and retrieves references once."""

import base64
import binascii

from langgraph.types import Overwrite

from sextant.agent.state import NOTHING_SPENT, State
from sextant.agent.warning_codes import read_warnings
from sextant.agent.world.deps import Deps
from sextant.base.errors import WrongUse
from sextant.base.json_types import Json
from sextant.prompts.variants import load_variant

RETRIEVED = 20  # per side, as verification was fitted on; a variant that lists more raises it


def ingest(state: State, deps: Deps) -> State:
    """Open the photo, store it by hash, and fetch its nearest and farthest gallery photos.

    Raises:
        SextantError: the photo cannot be read, or the gallery does not match; the run has not begun then.
    """
    deps.on_event({"step": "ingest"})
    reading = deps.read_clock("ingest", State())
    found = deps.ask("photo", _find_photo(state, deps))
    update = State(
        photo=found["photo"],
        metadata=found["metadata"],
        warnings=read_warnings(found["warnings"]),
        references=None,
        spent=NOTHING_SPENT,
        seconds=reading["seconds"],
        read_at=reading["read_at"],
    )
    if deps.settings.gallery:
        count = count_retrieved(deps)
        deps.on_event({"step": "retrieve"})
        wanted = {
            "photo": found["photo"]["sha256"],
            "nearest": count,
            "farthest": count,
            "sheets": list_sheet_sizes(deps),
        }
        document = deps.ask("references", wanted)
        if deps.settings.scenes and deps.recipe.verify == "calibrated":
            asked = {"photo": found["photo"]["sha256"], "count": deps.settings.scenes}
            document = {**document, "scenes": deps.ask("scenes", asked)["matches"]}
        update["references"] = deps.blobs.put_json(document)
        update["warnings"] = read_warnings([*found["warnings"], *document["warnings"]])
    return reset_thread(update, state) if "round" in state else update


def reset_thread(update: State, state: State) -> State:
    """Reset a thread that has located a photo before, so that nothing of that photo influences this one."""
    empty = {name: Overwrite({}) for name in ("branches", "transcripts", "closed")}
    spent = Overwrite(update["spent"])
    warnings = Overwrite(update["warnings"])
    if "judgements" in state:
        update["judgements"] = {}
    if "sent" in state:
        update["sent"] = Overwrite([])  # type: ignore[typeddict-item]
    left: Json = {"round": 0, "outcomes": {}, "verdict": {}, "tools_refused": False}
    return State(**{**update, **empty, **left, "spent": spent, "warnings": warnings})  # type: ignore[typeddict-item]


def count_retrieved(deps: Deps) -> int:
    """Count the photos of each side that a run fetches."""
    listed = [load_variant(name).references for name in (*deps.recipe.variants, *deps.recipe.later)]
    asked = [deps.recipe.nearest or 0, deps.recipe.farthest or 0]
    return max([RETRIEVED, *asked, *(max(shown.nearest, shown.farthest) for shown in listed)])


def list_sheet_sizes(deps: Deps) -> list[int]:
    """List the sizes of the contact sheets that this run's variants show."""
    shown = [load_variant(name).references for name in (*deps.recipe.variants, *deps.recipe.later)]
    return sorted({references.nearest for references in shown if "photos" in references.show})


def _find_photo(state: State, deps: Deps) -> Json:
    if "path" in state:
        return {"path": state["path"]}
    for message in reversed(state.get("messages", [])):
        for block in reversed(message.content if isinstance(message.content, list) else []):
            if isinstance(block, dict) and (data := decode_inline_image(block)):
                return {"sha256": deps.blobs.put(data)}
    raise WrongUse("no photo to locate; give a path, or a message with an image")


def decode_inline_image(block: Json) -> bytes | None:
    """Read an image block as chat pages upload it: a ``data`` field or a data URL; fetch nothing."""
    text = block.get("data") or block.get("base64")
    url = block.get("image_url")
    if isinstance(url, dict):
        url = url.get("url")
    if isinstance(url, str) and url.startswith("data:"):
        text = url.partition(",")[2]
    if not isinstance(text, str):
        return None
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise WrongUse("the image in the message is not valid base64; send it again") from error
