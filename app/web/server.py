"""The web application: routes behind access control."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from anyio import to_thread
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from sextant.app.render.terminal import echo
from sextant.app.web.limits import RequestRefused
from sextant.app.web.routes.message_routes import make_message_routes
from sextant.app.web.routes.page_routes import STATIC, make_page_routes
from sextant.app.web.routes.photo_routes import make_photo_routes
from sextant.app.web.routes.run_routes import make_run_routes
from sextant.app.web.routes.session_routes import make_session_routes
from sextant.app.web.routes.stream_routes import make_stream_routes
from sextant.app.web.security import AccessRules, HttpGuard
from sextant.app.web.service import SessionService
from sextant.base.errors import MissingPackage, SextantError, WrongUse, format_error
from sextant.graphs.runs.run import UnrecordedCalls
from sextant.graphs.sessions.paid_fork import BudgetSpent
from sextant.graphs.sessions.store import SessionBusy

# What an error of ours is over HTTP: wrong use is the visitor's, and a session at work or out of budget is a conflict.
STATUS = {WrongUse: 422, UnrecordedCalls: 422, SessionBusy: 409, BudgetSpent: 409}
THREADS = 64  # of requests in progress; uploads and event streams have queues of their own


def create_app(service: SessionService, rules: AccessRules) -> ASGIApp:
    """Make the server with its HTTP guard in front."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        # A stop must find a thread although every upload waits for the decoder.
        to_thread.current_default_thread_limiter().total_tokens = THREADS
        yield
        service.close()

    app = FastAPI(
        title="Sextant",
        version=version("sextant-geo"),
        summary="Where was this photo taken? A conversation, over HTTP.",
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=life,
    )
    for routes in (
        make_page_routes,
        make_session_routes,
        make_message_routes,
        make_stream_routes,
        make_photo_routes,
        make_run_routes,
    ):
        app.include_router(routes(service))
    app.mount("/static/vendor", Assets(directory=find_map_library()), name="vendor")
    app.mount("/static", Assets(directory=STATIC), name="static")
    app.add_exception_handler(SextantError, handle_refused(service))
    app.add_exception_handler(Exception, handle_failure)
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    return HttpGuard(app, rules)


ABOUT = """
Make a session (`POST /api/sessions`), send it a message with photos (`POST …/messages`), follow its events
(`GET …/events`, server-sent: `session`, `step`, `working`, `idle`, `error`), steer it (`POST …/steer`), export it.
Changes need the header `X-Sextant: 1` unless they come from the page itself. Where the server has a token, send it as
`Authorization: Bearer TOKEN`.
"""


class Assets(StaticFiles):
    """The page's files; a browser asks each time whether they have changed."""

    def file_response(self, *args, **kwargs):  # type: ignore[no-untyped-def]
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = "no-cache"
        return response


def handle_refused(service: SessionService):  # type: ignore[no-untyped-def]
    """Answer with one line of JSON for our own errors, without the folders of this machine."""
    home = str(service.blobs.folder.parent)

    async def answer(request: Request, error: Exception) -> JSONResponse:
        status = error.status if isinstance(error, RequestRefused) else STATUS.get(type(error), 500)
        return JSONResponse({"detail": str(error).replace(home, "the home")}, status_code=status)

    return answer


async def handle_failure(request: Request, error: Exception) -> JSONResponse:
    """Report an internal error: one line for the visitor, one for the terminal."""
    reason = format_error(error)
    echo(f"sextant: {request.method} {request.url.path} failed: {type(error).__name__}: {reason}", err=True)
    return JSONResponse({"detail": f"the server failed ({type(error).__name__}); see the server's terminal"}, 500)


def find_map_library() -> Path:
    """Return the folder of Leaflet's files, which a package of its own brings.

    Raises:
        MissingPackage: it is not installed; the message says how.
    """
    try:
        folder = Path(str(files("xstatic.pkg.leaflet") / "data"))
    except ModuleNotFoundError as error:
        raise MissingPackage("the page needs its map library; run: pip install 'sextant-geo[web]'") from error
    if not (folder / "leaflet.js").is_file():
        raise MissingPackage(
            "the page's map library lacks leaflet.js; run: pip install --force-reinstall XStatic-Leaflet"
        )
    return folder
