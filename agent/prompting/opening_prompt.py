"""The opening prompt of a branch: role, strategy, references, answer form and the photo."""

from typing import Any

from sextant.agent.state import Branch, Json, Photo
from sextant.prompts.loading import frame
from sextant.prompts.variants import Variant, variant

Message = dict[str, Any]

LISTED_INSTEAD = 10  # photos of each side: as many as the nearest_photos tool lists when it is not told


def opening(branch: Branch, photo: Photo, references: Json | None, *, tools: bool, halvings: int = 0) -> list[Message]:
    """Return the first two messages of a branch; the picture is a sha256 reference, filled in just before the call.

    Args:
        references: the blob of nearest and farthest photos, None without a gallery.
        tools: whether the model may call tools in this run.
        halvings: how often the list of references is halved, after the context overflowed.
    """
    prompt = variant(branch["variant"])
    parts = [_filled(prompt.strategy, branch["fill"])]
    parts += reference_lists(prompt, references, halvings, instead_of_tools=prompt.tools and not tools)
    sheet = contact_sheet_of(prompt, references, halvings)
    if sheet:
        parts.append(frame("sheet").text.strip())
    parts.append(frame("answer").text.strip())
    pictures = [photo["shown"], *([sheet] if sheet else [])]
    system = frame("role").text.strip()
    if tools:
        system += "\n\n" + frame("tools").text.strip()
    return [
        {"role": "system", "content": system},
        {"role": "user", "content": [{"type": "text", "text": "\n\n".join(parts)}, *map(picture, pictures)]},
    ]


def picture(sha256: str) -> Json:
    """Return an image block that holds its hash alone."""
    return {"type": "image", "sha256": sha256}


def contact_sheet_of(prompt: Variant, references: Json | None, halvings: int) -> str | None:
    """Return the hash of the contact sheet a variant shows; none after the context has overflowed."""
    if not references or halvings or "photos" not in prompt.references.show:
        return None
    sheet: str | None = references.get("sheets", {}).get(str(prompt.references.nearest))
    return sheet


def reference_lists(prompt: Variant, references: Json | None, halvings: int, *, instead_of_tools: bool) -> list[str]:
    """Return the listed photos as the variant wants them shown: the similar ones, then the dissimilar ones.

    A variant that would look photos up gets them listed when it cannot call tools.
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
                reference_line(number, item, prompt.references.show or ("coordinates", "place"))
                for number, item in enumerate(shown, 1)
            ]
            lists.append("\n".join([frame(side).text.strip().format(count=len(shown)), *lines]))
    return lists


def reference_line(number: int, item: Json, show: tuple[str, ...]) -> str:
    """One listed photo: ``3. 48.8584, 2.2945 (Paris, France)``."""
    position = f"{item['latitude']:.4f}, {item['longitude']:.4f}"
    place = item.get("place") or "no named place"
    if "coordinates" not in show:
        return f"{number}. {place}"
    return f"{number}. {position} ({place})" if "place" in show else f"{number}. {position}"


def _filled(strategy: str, fill: dict[str, str]) -> str:
    text = strategy.strip()
    # Not str.format: what is filled in comes from models and may hold braces.
    for name, words in fill.items():
        text = text.replace("{" + name + "}", words)
    return text
