"""A session's events over HTTP: followed by any number of tabs, and taken up again where a connection was lost."""

import json
from collections.abc import AsyncIterator

from fastapi import APIRouter, Header
from sse_starlette.sse import EventSourceResponse
from starlette.concurrency import run_in_threadpool

from sextant.app.web import schemas
from sextant.app.web.service import House
from sextant.base.json_types import Json

LOOK_S = 1.0  # how often a stream looks whether another server changed the session
KEEP_ALIVE_S = 15


def stream_routes(house: House) -> APIRouter:
    """The route of events, under /api/sessions/{session}."""
    routes = APIRouter(prefix="/api/sessions", tags=["sessions"])

    @routes.get(
        "/{session}/events", responses={200: {"model": schemas.StreamEvent, "description": "text/event-stream"}}
    )
    async def events(session: str, last_event_id: str | None = Header(default=None)) -> EventSourceResponse:
        """Server-sent events. Begins with the whole session; after a lost connection, with what was missed."""
        await run_in_threadpool(house.known, session)
        return EventSourceResponse(follow(house, session, last_event_id), ping=KEEP_ALIVE_S)

    return routes


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
