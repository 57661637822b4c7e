"""HTTP routes of the page, its offline map, and the evaluation reports."""

from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse

from sextant.app.web.basemap import pack_outlines
from sextant.app.web.limits import RequestRefused
from sextant.app.web.security import REPORT_POLICY
from sextant.app.web.service import SessionService
from sextant.geo.deep_links import LINKS

STATIC = Path(__file__).parents[1] / "static"


def make_page_routes(service: SessionService) -> APIRouter:
    """Make the routes of the page, its configuration, the map outlines and the evaluation reports."""
    routes = APIRouter()

    @routes.get("/", include_in_schema=False)
    def page() -> Response:
        return FileResponse(STATIC / "index.html", media_type="text/html; charset=utf-8")

    @routes.get("/api/about", tags=["server"])
    def about() -> dict[str, Any]:
        """Return what this server works with: model, precision, limits; never a key, an address or a folder."""
        settings, limits = service.context.settings, service.limits
        return {
            "version": version("sextant-geo"),
            "model": settings.model,
            "offline": settings.model == "offline",
            "gallery": Path(settings.gallery).name if settings.gallery else None,
            "precision": service.context.policy.to_json(),
            "tiles": service.tiles,
            "basemap": service.basemap.info.to_json() if service.basemap else None,
            "streets": service.has_streets(),
            "links": [link.__dict__ for link in LINKS],
            "upload_bytes": limits.upload_bytes,
            "photos_a_message": limits.photos_a_message,
            "calls_a_session": service.context.max_calls,
            "reports": bool(service.reports.files()),
        }

    @routes.get("/api/outlines", tags=["server"])
    def basemap(request: Request) -> Response:
        """Return the countries' outlines (Natural Earth) as GeoJSON: the map without tiles."""
        headers = {"cache-control": "private, max-age=86400", "content-encoding": "gzip"}
        return Response(pack_outlines(), media_type="application/geo+json", headers=headers)

    @routes.get("/api/basemap/{zoom}/{x}/{y}", tags=["server"])
    def tile(zoom: int, x: int, y: int) -> Response:
        """Return a tile of the user's own basemap: a picture, or its shapes in tile units."""
        if service.basemap is None or not 0 <= zoom <= 22 or not (0 <= x < 2**zoom and 0 <= y < 2**zoom):
            raise RequestRefused(404, "this tile does not exist")
        headers = {"cache-control": "private, max-age=86400"}
        if service.basemap.info.kind == "vector":
            return JSONResponse(service.basemap.read_shapes(zoom, x, y), headers=headers)
        content = service.basemap.read_picture(zoom, x, y)
        if content is None:
            return Response(status_code=204)
        return Response(content, media_type=service.basemap.media_type, headers=headers)

    @routes.get("/api/streets", tags=["server"])
    def streets(
        latitude: Annotated[float, Query(ge=-90, le=90)],
        longitude: Annotated[float, Query(ge=-180, le=180)],
        metres: Annotated[float, Query(gt=0, le=4000)],
    ) -> JSONResponse:
        """Return streets, water and buildings of the home's own maps round a position, as GeoJSON."""
        return JSONResponse(service.list_streets(latitude, longitude, metres))

    @routes.get("/api/reports", tags=["reports"])
    def reports() -> list[dict[str, Any]]:
        """List the evaluation reports under the server's reports folder."""
        return [{"number": number, "name": name} for number, (name, _) in enumerate(service.reports.files(), 1)]

    @routes.get("/reports/{number}", tags=["reports"])
    def report(number: int) -> Response:
        """Serve one report in a sandbox: it can show itself and nothing else."""
        files = service.reports.files()
        if not 1 <= number <= len(files):
            raise RequestRefused(404, f"no report {number}; there are {len(files)} reports")
        content = files[number - 1][1].read_bytes()
        return HTMLResponse(content, headers={"content-security-policy": REPORT_POLICY})

    return routes
