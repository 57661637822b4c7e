"""The opening prompt of a branch: role, strategy, references, answer form and the photo."""

from typing import Any

from sextant.agent.guard.quoting import quote
from sextant.agent.prompting.looked_places import list_places
from sextant.agent.prompting.needs import choose_fallback
from sextant.agent.state import Branch, Photo
from sextant.base.documents.references import ReferencesDocument
from sextant.base.json_types import Document, Json
from sextant.prompts.loading import load_frame
from sextant.prompts.variants import Variant, load_variant

Message = dict[str, Any]

LISTED_INSTEAD = 10  # photos per side: the default count of the nearest_photos tool


def build_opening(
    branch: Branch,
    photo: Photo,
    references: ReferencesDocument | None,
    *,
    tools: bool,
    halvings: int = 0,
    hint: str | None = None,
) -> list[Message]:
    """Build the first two messages of a branch; the picture is a sha256 reference, filled in before the call.

    Args:
        references: the document of nearest and farthest photos; None without a gallery.
        tools: whether the model may call tools in this run.
        halvings: how often the list of references is halved after the context overflowed.
        hint: what the person who asks knows of the photo; it is quoted.
    """
    prompt = load_variant(branch["variant"])
    prompt = resize_lists(prompt, branch.get("listed", {}))
    lists = list_references(prompt, references, halvings, instead_of_tools=prompt.tools and not tools)
    sheet = find_contact_sheet(prompt, references, halvings)
    looked = branch.get("looked", [])
    spoken = choose_fallback(
        prompt, listed=bool(lists), sheet=bool(sheet), camps=bool(branch["fill"]), exemplars=bool(looked)
    )
    parts = [_fill(spoken.strategy, branch["fill"])]
    if spoken.with_gallery and references and tools:
        parts[0] += " " + spoken.with_gallery
    parts += lists
    if looked:
        parts.append(list_places(looked))
    if sheet:
        parts.append(load_frame("sheet").text.strip())
    if hint:
        parts.append(f"{load_frame('hint').text.strip()}\n{quote(hint, 'the person who asks')}")
    parts.append(load_frame(prompt.answer).text.strip())
    pictures = [photo["shown"], *([sheet] if sheet else []), *(place["sheet"] for place in looked)]
    system = load_frame(prompt.role).text.strip()
    if tools:
        system += "\n\n" + load_frame("tools").text.strip()
    return [
        {"role": "system", "content": system},
        {"role": "user", "content": [{"type": "text", "text": "\n\n".join(parts)}, *map(make_picture_block, pictures)]},
    ]


def make_picture_block(sha256: str) -> Json:
    """Make an image block that holds only the picture's hash."""
    return {"type": "image", "sha256": sha256}


def resize_lists(prompt: Variant, listed: dict[str, int]) -> Variant:
    """Return a variant that lists photos with these numbers of them; one that lists none stays as it is."""
    if not listed or not (prompt.references.nearest or prompt.references.farthest):
        return prompt
    return prompt.model_copy(update={"references": prompt.references.model_copy(update=listed)})


def find_contact_sheet(prompt: Variant, references: ReferencesDocument | None, halvings: int) -> str | None:
    """Find the hash of the contact sheet that a variant shows; None after the context overflowed."""
    if not references or halvings or "photos" not in prompt.references.show:
        return None
    sheet: str | None = references.get("sheets", {}).get(str(prompt.references.nearest))
    return sheet


def list_references(
    prompt: Variant, references: ReferencesDocument | None, halvings: int, *, instead_of_tools: bool
) -> list[str]:
    """List the references as the variant shows them: first the similar ones, then the dissimilar ones.

    A variant that would call tools to find photos gets them listed when it cannot call tools.
    """
    if not references:
        return []
    lists = []
    for side in ("nearest", "farthest"):
        wanted = getattr(prompt.references, side)
        count = (max(wanted, LISTED_INSTEAD) if instead_of_tools else wanted) >> halvings
        shown = references[side][:count]
        if shown:
            lines = [
                format_reference(number, item, prompt.references.show or ("coordinates", "place"))
                for number, item in enumerate(shown, 1)
            ]
            lists.append("\n".join([load_frame(side).text.strip().format(count=len(shown)), *lines]))
    return lists


def format_reference(number: int, item: Document, show: tuple[str, ...]) -> str:
    """Format one listed photo: ``3. 48.8584, 2.2945 (Paris, France)``."""
    position = f"{item['latitude']:.4f}, {item['longitude']:.4f}"
    place = item.get("place") or "no named place"
    if "coordinates" not in show:
        return f"{number}. {place}"
    return f"{number}. {position} ({place})" if "place" in show else f"{number}. {position}"


def _fill(strategy: str, fill: dict[str, str]) -> str:
    text = strategy.strip()
    # Not str.format: the inserted text comes from models and may contain braces.
    for name, words in fill.items():
        text = text.replace("{" + name + "}", words)
    return text
