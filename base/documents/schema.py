"""JSON Schemas of the documents, made from their types."""

from pydantic import TypeAdapter

from sextant.base.documents.answer import Answer
from sextant.base.json_types import Json

PUBLISHED = "https://json-schema.org/draft/2020-12/schema"


def make_answer_schema(*, closed: bool = False) -> Json:
    """Return the JSON Schema (draft 2020-12) of an answer.

    Args:
        closed: refuse keys that the types do not name; the published schema allows those of later versions.
    """
    schema: Json = {"$schema": PUBLISHED, **TypeAdapter(Answer).json_schema()}
    for part in (schema, *schema["$defs"].values()) if closed else ():
        if part.get("type") == "object" and "properties" in part:
            part["additionalProperties"] = False
    return schema
