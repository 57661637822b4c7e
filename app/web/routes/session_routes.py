"""HTTP routes of whole sessions: list, create, show, delete, export."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from sextant.agent.chat.chat_replies import locate_together
from sextant.app.exports import FORMATS
from sextant.app.exports.case_parts import make_reference_reader
from sextant.app.exports.write_case_file import write_case_file
from sextant.app.web import schemas
from sextant.app.web.limits import RequestRefused
from sextant.app.web.service import TURNS_SHOWN, SessionService
from sextant.base.documents.session import SessionView, ShownTurn
from sextant.graphs.sessions.summaries import view_summary


def make_session_routes(service: SessionService) -> APIRouter:
    """Make the routes for whole sessions, under /api/sessions."""
    routes = APIRouter(prefix="/api/sessions", tags=["sessions"])

    @routes.get("")
    def listed() -> list[schemas.SessionListing]:
        """List the latest hundred sessions."""
        policy = service.context.policy
        return [
            schemas.SessionListing(
                **{name: value for name, value in one.__dict__.items() if name != "summary"},
                **view_summary(one.summary, policy),
            )
            for one in service.sessions.list_sessions()
        ]

    @routes.post("", status_code=201)
    def create() -> schemas.Created:
        """Create an empty session."""
        return schemas.Created(session=service.new_session())

    # Described by its type and sent as it is: checking every session against the type would take longer than making it.
    @routes.get("/{session}", response_model=None, responses={200: {"model": SessionView}})
    def view(session: str) -> SessionView:
        """Return the session as shown: turns, photos with answers, candidates, references, spending."""
        return service.view(service.require_session(session))

    @routes.get("/{session}/turns")
    def turns(session: str, before: Annotated[int, Query(ge=0, le=10**9)]) -> list[ShownTurn]:
        """Return up to a hundred turns before the one of that number, counted from 0."""
        found = service.view(service.require_session(session), latest=None)["turns"]
        return found[max(0, min(before, len(found)) - TURNS_SHOWN) : before]

    @routes.get("/{session}/together/{way}")
    def together(session: str, way: Literal["place", "trip"]) -> dict[str, Any]:
        """Return where all located photos were taken as one place, or as one trip with its legs."""
        photos = list(service.sessions.read_state(service.require_session(session)).get("photos", {}).values())
        return locate_together(way, photos, service.context.policy)

    @routes.delete("/{session}")
    def delete(session: str) -> schemas.Done:
        """Forget the session; its runs stay."""
        service.sessions.delete(service.require_session(session))
        return schemas.Done(done=True)

    @routes.get("/{session}/export/{kind}")
    def export(session: str, kind: str, picture: bool = True) -> Response:
        """Export the session as geojson, kml, csv or html (the case file; ``picture=false`` leaves the photo out)."""
        if kind not in FORMATS:
            raise RequestRefused(404, f"unknown export format {kind[:20]!r}; choose from: {', '.join(FORMATS)}")
        form = FORMATS[kind]
        view = service.view(service.require_session(session), latest=None)
        if kind == "html":
            stored = service.sessions.read_state(session).get("photos", {})
            reader = make_reference_reader(service.context)
            text = write_case_file(view, stored, service.context, reader, picture=picture)
        else:
            text = form.make(view)
        headers = {"content-disposition": f'attachment; filename="sextant-{session}{form.suffix}"'}
        return Response(text, media_type=form.media_type, headers=headers)

    return routes
