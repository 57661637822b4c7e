"""Sessions over HTTP: list, make, show, forget, export."""

from typing import Any

from fastapi import APIRouter, Response

from app.exports import FORMATS
from app.web import shapes
from app.web.house import House
from app.web.limits import Refused


def session_routes(house: House) -> APIRouter:
    """The routes of sessions as a whole, under /api/sessions."""
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
