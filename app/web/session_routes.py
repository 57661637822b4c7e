"""Sessions over HTTP: list, messages with photos, steering, stop, events, exports."""

import json
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from fastapi import APIRouter, Header, Request, Response
from sse_starlette.sse import EventSourceResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from agent.constraints import draw, pin, reject
from agent.state import Json
from agent.steering_words import read_steering
from app.exports import FORMATS
from app.web import shapes
from app.web.house import House
from app.web.limits import Refused
from app.web.uploads import display_name

LOOK_S = 1.0  # how often a stream looks whether another server changed the session
KEEP_ALIVE_S = 15


def session_routes(house: House) -> APIRouter:
    """The routes under /api/sessions."""
    routes = APIRouter(prefix="/api/sessions", tags=["sessions"])

    @routes.get("")
    def listed() -> list[shapes.Listed]:
        """The latest hundred sessions."""
        return [shapes.Listed(**one.__dict__) for one in house.sessions.listed()]

    @routes.post("", status_code=201)
    def create() -> shapes.Created:
        """A new, empty session."""
        return shapes.Created(session=house.new_session())

    @routes.get("/{session}")
    def view(session: str) -> dict[str, Any]:
        """The session as it is shown: turns, photos with answers, candidates, references, spending."""
        return house.view(house.known(session))

    @routes.delete("/{session}")
    def delete(session: str) -> shapes.Done:
        """Forget the session; its runs stay."""
        house.sessions.delete(house.known(session))
        return shapes.Done(done=True)

    @routes.post("/{session}/messages", status_code=202)
    async def message(session: str, request: Request) -> shapes.Taken:
        """A message as multipart form: ``text``, ``photo`` (which one it speaks of), and any number of ``files``.

        Files that are no photos are refused one by one; the others are located.
        """
        await run_in_threadpool(house.known, session)
        form, files = await read_form(request, house)
        text = form.get("text", "").strip()
        if not text and not files:
            raise Refused(422, "the message is empty; write something, or add a photo")
        kept, refused = await run_in_threadpool(keep_photos, files, house)
        if files and not kept:
            raise Refused(422, "; ".join(f"{one.file} {one.reason}" for one in refused))
        said = new_message(text or "where was this taken?", kept, form.get("photo"), form.get("id"))
        await run_in_threadpool(house.say, session, said)
        return shapes.Taken(message=said["id"], refused=refused)

    @routes.post("/{session}/steer", status_code=202)
    def steer(session: str, wish: shapes.Steer) -> shapes.Taken:
        """Rule places out or in; stored candidates are weighed anew, no model is asked."""
        house.known(session)
        said = new_message("", [], wish.photo)
        if isinstance(wish, shapes.ByWords):
            undo = wish.text.lower().startswith(("undo", "start over", "reset", "clear"))
            said |= {"text": wish.text, "steer": [] if undo else read_steering(wish.text)}
        elif isinstance(wish, shapes.ByPolygon):
            said["steer"] = [draw(wish.corners, wish.rule)]
        else:
            rule = pin if wish.kind == "pin" else reject
            said["steer"] = [rule(wish.latitude, wish.longitude)]
        house.say(session, said)
        return shapes.Taken(message=said["id"])

    @routes.post("/{session}/stop")
    def stop(session: str) -> shapes.Done:
        """Stop the work in progress; the best so far is the answer."""
        return shapes.Done(done=house.stop(house.known(session)))

    @routes.post("/{session}/resume", status_code=202)
    def resume(session: str) -> shapes.Done:
        """Go on with a message that was cut off by a crash."""
        house.say(house.known(session), None)
        return shapes.Done(done=True)

    @routes.get("/{session}/events", responses={200: {"model": shapes.StreamEvent, "description": "text/event-stream"}})
    async def events(session: str, last_event_id: str | None = Header(default=None)) -> EventSourceResponse:
        """Server-sent events. Begins with the whole session; after a lost connection, with what was missed."""
        await run_in_threadpool(house.known, session)
        return EventSourceResponse(follow(house, session, last_event_id), ping=KEEP_ALIVE_S)

    @routes.get("/{session}/export/{kind}")
    def export(session: str, kind: str) -> Response:
        """The session as geojson, kml, csv or html (the case file)."""
        if kind not in FORMATS:
            raise Refused(404, f"there is no export {kind[:20]!r}; there are: {', '.join(FORMATS)}")
        form = FORMATS[kind]
        text = form.make(house.view(house.known(session)))
        headers = {"content-disposition": f'attachment; filename="sextant-{session}{form.suffix}"'}
        return Response(text, media_type=form.media_type, headers=headers)

    return routes


def new_message(text: str, photos: list[Json], photo: str | None, given: str | None = None) -> Json:
    """A message as the graph takes it; ``given`` is the client's id, by which sending twice is saying once."""
    named = given if given and given.isalnum() and len(given) <= 64 else secrets.token_hex(8)
    return {"id": named, "text": text, "photos": photos, "steer": [], "photo": photo}


async def read_form(request: Request, house: House) -> tuple[dict[str, str], list[tuple[str, bytes]]]:
    """The fields and files of a multipart body, refused as soon as it is too large.

    Raises:
        Refused: too many bytes, files or characters, or not a form.
    """
    limits = house.limits
    most = limits.upload_bytes * 2 + 2**20
    said = request.headers.get("content-length", "")
    if said.isdigit() and int(said) > most:
        raise Refused(413, f"the message has {int(said) // 2**20} MB, more than {most // 2**20}; send fewer photos")

    async def body() -> AsyncGenerator[bytes, None]:
        read = 0
        async for chunk in request.stream():
            read += len(chunk)
            if read > most:
                raise Refused(413, f"the message has more than {most // 2**20} MB; send fewer photos")
            yield chunk

    parser = MultiPartParser(request.headers, body(), max_files=1000, max_fields=10, max_part_size=64 * 1024)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise Refused(400, f"the message is no form: {error.message}") from error
    except KeyError as error:
        raise Refused(400, "the message is no multipart form with a boundary") from error
    try:
        uploads = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        if len(uploads) > limits.photos_a_message:
            most_photos = limits.photos_a_message
            raise Refused(
                413, f"{len(uploads)} photos are too many for one message; send at most {most_photos} at once"
            )
        fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
        if len(fields.get("text", "")) > limits.text_characters:
            raise Refused(413, f"the text is longer than {limits.text_characters:,} characters; say it more shortly")
        files = [(display_name(upload.filename), await upload.read()) for upload in uploads]
    finally:
        await form.close()
    return fields, files


def keep_photos(files: list[tuple[str, bytes]], house: House) -> tuple[list[Json], list[shapes.Refusal]]:
    """The photos that can be used, kept by hash; and the others with the reason."""
    kept, refused = [], []
    for name, content in files:
        if len(content) > house.limits.upload_bytes:
            most = house.limits.upload_bytes // 2**20
            refused.append(shapes.Refusal(file=name, reason=f"has more than {most} MB; export it smaller"))
            continue
        reason = house.decoder.refusal(content)
        if reason:
            refused.append(shapes.Refusal(file=name, reason=reason))
        else:
            kept.append({"sha256": house.blobs.put(content), "file": name})
    return kept, refused


async def follow(house: House, session: str, last: str | None) -> AsyncIterator[Json]:
    """The session's events for one listener, from the last it saw, or from a snapshot."""
    log = house.log(session)
    number = log.number_of(last)
    seen = await run_in_threadpool(house.sessions.updated, session)
    if number is None:
        number = log.begun
        yield snapshot(log.life, number, await run_in_threadpool(house.view, session))
    while True:
        for count, event in log.after(number):
            number = count
            yield {"id": event.id, "event": event.kind, "data": event.data}
        await log.wait(number, LOOK_S)
        if log.after(number) or house.working(session):
            seen = await run_in_threadpool(house.sessions.updated, session)
            continue
        now = await run_in_threadpool(house.sessions.updated, session)
        if now != seen:
            # Another server, or a terminal, has changed it.
            seen = now
            yield snapshot(log.life, number, await run_in_threadpool(house.view, session))


def snapshot(life: str, number: int, view: Json) -> Json:
    """The whole session as an event."""
    return {"id": f"{life}.{number}", "event": "session", "data": json.dumps(view, ensure_ascii=False)}
