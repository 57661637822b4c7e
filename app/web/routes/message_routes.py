"""HTTP routes of a session's messages: text and photos, steering, cancel, resume after a crash."""

import secrets

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request

from sextant.agent.chat.constraints import draw, pin, reject
from sextant.agent.chat.steering_parser import read_steering
from sextant.app.web import schemas
from sextant.app.web.forms import read_form, select_usable_photos
from sextant.app.web.limits import RequestRefused
from sextant.app.web.service import SessionService
from sextant.base.json_types import Json

UPLOADS_AT_ONCE = 8


def make_message_routes(service: SessionService) -> APIRouter:
    """Make the routes for messages, steering, stop and resume, under /api/sessions/{session}."""
    routes = APIRouter(prefix="/api/sessions", tags=["sessions"])
    # One photo is decoded at a time; uploads wait for that in a queue of their own, not in everybody's threads.
    uploads = CapacityLimiter(UPLOADS_AT_ONCE)

    @routes.post("/{session}/messages", status_code=202)
    async def message(session: str, request: Request) -> schemas.Accepted:
        """Take a message as multipart form: ``text``, ``photo`` (the photo it is about), and any number of ``files``.

        Files that are not photos are refused one by one; the others are located.
        """
        # Whatever can be refused is refused before the body is read.
        await to_thread.run_sync(service.check_ready, session, limiter=uploads)
        async with read_form(request, service.limits, service.uploading) as form:
            text = form.fields.get("text", "").strip()
            if not text and not form.files:
                raise RequestRefused(422, "the message is empty; write something, or add a photo")
            usable, refused = await to_thread.run_sync(select_usable_photos, form.files, service, limiter=uploads)
            if form.files and not usable:
                raise RequestRefused(422, "; ".join(f"{one.file} {one.reason}" for one in refused))
            said = make_message(text or "where was this taken?", [], form.fields.get("photo"), form.fields.get("id"))
            await to_thread.run_sync(service.say, session, said, usable, limiter=uploads)
        return schemas.Accepted(message=said["id"], refused=refused)

    @routes.post("/{session}/steer", status_code=202)
    def steer(session: str, request: schemas.Steer) -> schemas.Accepted:
        """Rule places out or in; stored candidates are weighed anew, no model is asked."""
        service.require_session(session)
        said = make_steering_message(request)
        service.say(session, said)
        return schemas.Accepted(message=said["id"])

    @routes.post("/{session}/stop")
    def stop(session: str) -> schemas.Done:
        """Stop the work in progress; the best so far is the answer."""
        return schemas.Done(done=service.stop(service.require_session(session)))

    @routes.post("/{session}/resume", status_code=202)
    def resume(session: str) -> schemas.Done:
        """Go on with a message that was cut off by a crash."""
        service.say(service.require_session(session), None)
        return schemas.Done(done=True)

    return routes


def make_message(text: str, photos: list[Json], photo: str | None, given: str | None = None) -> Json:
    """Make a message as the graph takes it; ``given`` is the client's id, which makes sending idempotent."""
    named = given if given and given.isascii() and given.isalnum() and len(given) <= 64 else secrets.token_hex(8)
    return {"id": named, "text": text, "photos": photos, "steer": [], "photo": photo}


def make_steering_message(
    request: schemas.ByWords | schemas.ByPolygon | schemas.ByPlace | schemas.ByRemoval,
) -> Json:
    """Make a message that carries the constraints of a steering request.

    Raises:
        WrongUse: a place is unknown, or an area encloses nothing.
    """
    said = make_message("", [], request.photo)
    if isinstance(request, schemas.ByWords):
        undo = request.text.lower().startswith(("undo", "start over", "reset", "clear"))
        return said | {"text": request.text, "steer": [] if undo else read_steering(request.text)}
    if isinstance(request, schemas.ByPolygon):
        drawn = said | {"steer": [draw(request.corners, request.rule)]}
        return drawn if request.replaces is None else drawn | {"replaces": request.replaces}
    if isinstance(request, schemas.ByRemoval):
        return said | {"text": f"undo the condition number {request.number + 1}", "removes": request.number}
    rule = pin if request.kind == "pin" else reject
    return said | {"steer": [rule(request.latitude, request.longitude)]}
