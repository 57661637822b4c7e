"""HTTP routes of pictures: the photo as the model sees it, and thumbnails of gallery photos."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Response
from PIL import Image

from sextant.agent.privacy.view import list_matches, merge_current_answer
from sextant.agent.recording.blobs import BlobMissing
from sextant.agent.world.contact_sheet import make_thumbnail
from sextant.agent.world.photo_opening import open_run_photo
from sextant.app.web.limits import RequestRefused
from sextant.app.web.service import SessionService
from sextant.base.json_types import Json

SIDES = ("nearest", "farthest")
SMALL = 320  # pixels, the longest side of a photo in the conversation


def make_photo_routes(service: SessionService) -> APIRouter:
    """Make the routes under /api/sessions/{session}/photos; clients name sessions and numbers, never files."""
    routes = APIRouter(prefix="/api/sessions/{session}/photos/{key}", tags=["pictures"])

    @routes.get("/picture")
    def picture(session: str, key: str, small: bool = False) -> Response:
        """Return the photo without its metadata, scaled; ``small`` for the conversation."""
        photo = service.evidence(session, key)
        if photo.get("shown") and not small:
            return make_jpeg_response(service.blobs.get(photo["shown"]))
        image = open_run_photo(service.blobs.get(photo.get("shown") or photo["sha256"])).image.copy()
        image.thumbnail((SMALL, SMALL) if small else (1024, 1024))
        return make_jpeg_response(encode_jpeg(image))

    @routes.get("/neighbours/{side}/{number}")
    def neighbour(session: str, key: str, side: str, number: int) -> Response:
        """Return a similar or dissimilar gallery photo, counted from 1, as a thumbnail; none under a precision cap."""
        if service.context.policy.withholds_words:
            raise RequestRefused(403, "gallery pictures are withheld: they may show more than the precision cap allows")
        return make_jpeg_response(read_neighbour_picture(service, service.evidence(session, key), side, number))

    @routes.get("/matches/{number}")
    def match(session: str, key: str, number: int) -> Response:
        """Return the drawing of the photo beside a reference of the same scene, counted from 1, the surest first."""
        if service.context.policy.coarsest:
            raise RequestRefused(403, "matched pictures are withheld: they show more than the precision cap allows")
        return make_jpeg_response(read_match_drawing(service, service.evidence(session, key), number))

    @routes.get("/looks/{number}")
    def look(session: str, key: str, number: int) -> Response:
        """Return the pictures of a place that a second look compared with the photo, counted from 1."""
        if service.context.policy.coarsest:
            raise RequestRefused(403, "pictures of places are withheld: they show more than the precision cap allows")
        return make_jpeg_response(read_look_sheet(service, service.evidence(session, key), number))

    return routes


def read_look_sheet(service: SessionService, photo: Json, number: int) -> bytes:
    """Return the bytes of the sheet of pictures taken at a place.

    Raises:
        RequestRefused: no such judgement, or its sheet was pruned.
    """
    looks = merge_current_answer(photo).get("looks", []) if photo.get("answer") else []
    return _read_evidence(service, looks, number, "second look")


def read_match_drawing(service: SessionService, photo: Json, number: int) -> bytes:
    """Return the drawing's bytes.

    Raises:
        RequestRefused: no such match, or its drawing was pruned.
    """
    matches = list_matches(merge_current_answer(photo)["candidates"]) if photo.get("answer") else []
    return _read_evidence(service, matches, number, "matched photo")


def _read_evidence(service: SessionService, shown: Sequence[Mapping[str, Any]], number: int, what: str) -> bytes:
    if not 1 <= number <= len(shown):
        raise RequestRefused(404, f"no {what} {number}")
    try:
        return service.blobs.get(shown[number - 1]["evidence"])
    except BlobMissing as error:
        raise RequestRefused(404, str(error)) from error


def read_neighbour_picture(service: SessionService, photo: Json, side: str, number: int) -> bytes:
    """Return the thumbnail's bytes.

    Raises:
        Refused: no such neighbour, or its file is gone.
    """
    references = photo.get(side, []) if side in SIDES else []
    if not 1 <= number <= len(references) or not photo.get("gallery"):
        raise RequestRefused(404, f"no {side[:20]!r} photo {number}")
    wanted = str(references[number - 1]["id"]).replace("'", "''")
    gallery = service.live().retrieval.current_gallery()
    rows = gallery.photos.search().where(f"id = '{wanted}'").select(["uri"]).limit(1).to_list()
    image = make_thumbnail(rows[0]["uri"]) if rows else None
    if image is None:
        raise RequestRefused(404, "the gallery no longer holds this photo's file")
    return encode_jpeg(image)


def encode_jpeg(image: Image.Image) -> bytes:
    """Encode a picture as JPEG bytes without metadata."""
    bare = Image.new("RGB", image.size)
    bare.paste(image)
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=82)
    return out.getvalue()


def make_jpeg_response(content: bytes) -> Response:
    """Return a picture that a browser may cache: its address always names the same picture."""
    return Response(content, media_type="image/jpeg", headers={"cache-control": "private, max-age=3600"})
