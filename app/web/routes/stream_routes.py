"""HTTP route of a session's events (server-sent events, SSE), resumed after a lost connection."""

import json
from collections.abc import AsyncIterator

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Header, Request
from sse_starlette.sse import EventSourceResponse

from sextant.app.web import schemas
from sextant.app.web.limits import Streams
from sextant.app.web.service import SessionService
from sextant.base.documents.session import SessionView
from sextant.base.json_types import Json

LOOK_S = 1.0  # how often a stream looks whether another server changed the session
KEEP_ALIVE_S = 15
VIEWS_AT_ONCE = 4


def make_stream_routes(service: SessionService) -> APIRouter:
    """Make the route of server-sent events, under /api/sessions/{session}."""
    routes = APIRouter(prefix="/api/sessions", tags=["sessions"])
    # Snapshots for a hundred listeners at once may not keep everybody else waiting.
    views = CapacityLimiter(VIEWS_AT_ONCE)

    @routes.get(
        "/{session}/events", responses={200: {"model": schemas.StreamEvent, "description": "text/event-stream"}}
    )
    async def events(
        session: str, request: Request, last_event_id: str | None = Header(default=None)
    ) -> EventSourceResponse:
        """Stream server-sent events: first the whole session or, after a lost connection, what was missed."""
        await to_thread.run_sync(service.require_session, session, limiter=views)
        client = request.client.host if request.client else ""
        service.streams.check(client)
        followed = count_stream(service.streams, client, follow(service, session, last_event_id, views))
        return EventSourceResponse(followed, ping=KEEP_ALIVE_S)

    return routes


async def count_stream(streams: Streams, client: str, events: AsyncIterator[Json]) -> AsyncIterator[Json]:
    """Yield the events; meanwhile the stream counts as one of its client's."""
    with streams.open(client):
        async for event in events:
            yield event


async def follow(
    service: SessionService, session: str, last: str | None, views: CapacityLimiter
) -> AsyncIterator[Json]:
    """Yield the session's events for one listener, from the last it received, or from a snapshot."""

    async def view() -> SessionView:
        return await to_thread.run_sync(service.view, session, limiter=views)

    log = service.log(session)
    number = log.number_of(last)
    seen = await service.updated(session)
    if number is None:
        number = log.begun
        yield make_snapshot(log.life, number, await view())
    while True:
        for count, event in log.after(number):
            number = count
            yield {"id": event.id, "event": event.kind, "data": event.data}
        await log.wait(number, LOOK_S)
        if log.after(number) or service.working(session):
            seen = await service.updated(session)
            continue
        now = await service.updated(session)
        if now != seen:
            # Another server, or a terminal, has changed it.
            seen = now
            yield make_snapshot(log.life, number, await view())


def make_snapshot(life: str, number: int, view: SessionView) -> Json:
    """Make an event of the whole session."""
    return {"id": f"{life}.{number}", "event": "session", "data": json.dumps(view, ensure_ascii=False)}
