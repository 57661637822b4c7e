"""HTTP routes of the page, its offline map, and the evaluation reports."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, HTMLResponse

from sextant.app.web.basemap import pack_outlines
from sextant.app.web.limits import RequestRefused
from sextant.app.web.security import REPORT_POLICY
from sextant.app.web.service import SessionService

STATIC = Path(__file__).parent / "static"


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
