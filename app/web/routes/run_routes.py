"""HTTP routes of recorded runs: the timeline of a photo's run, and forks of it."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter

from sextant.agent.privacy.run_view import redact, view_run
from sextant.agent.privacy.view import view_comparison
from sextant.app.web import schemas
from sextant.app.web.limits import RequestRefused
from sextant.app.web.service import SessionService, fork_name
from sextant.graphs.runs.compare import compare_runs
from sextant.graphs.runs.folder import find_run
from sextant.graphs.runs.fork_limits import ForkLimits
from sextant.graphs.runs.timeline import build_timeline
from sextant.graphs.sessions.paid_fork import fork_in_session


def make_run_routes(service: SessionService) -> APIRouter:
    """Make the routes under /api/sessions/{session}/photos/{key}/run: a session shows its own runs only."""
    routes = APIRouter(prefix="/api/sessions/{session}/photos/{key}/run", tags=["runs"])

    @routes.get("")
    def timeline(session: str, key: str) -> dict[str, Any]:
        """Return the run's timeline: rounds, branches with every turn, verdicts, steps."""
        name = service.evidence(session, key)["run"]
        return view_run(build_timeline(find_run(name, service.context.settings.home)), service.context.policy)

    @routes.post("/fork")
    def forked(session: str, key: str, request: schemas.ForkRequest) -> dict[str, Any]:
        """Run it again, changed from a step on. Without ``live`` nothing is asked that was not recorded."""
        home = service.context.settings.home
        parent = find_run(service.evidence(session, key)["run"], home)
        if not request.changes:
            raise RequestRefused(422, "say what to change, for example: verify=top1")
        with service.forking(session, key) as stop:
            context = replace(service.context, stop=stop)
            run = fork_in_session(
                *(service.sessions, session, parent, request.step, request.changes, context),
                live=request.live,
                keep_words=request.keep_words,
                limits=ForkLimits(service.context.settings),
            )
        difference = view_comparison(compare_runs(parent, find_run(run.name, home)), service.context.policy)
        answer = {name: run.answer[name] for name in ("best", "probability", "stop", "spent")}
        return {"run": run.name, "answer": redact(answer, service.context.policy), "difference": difference}

    @routes.post("/fork/stop")
    def stop(session: str, key: str) -> schemas.Done:
        """Stop the fork under way; the best so far is its answer."""
        return schemas.Done(done=service.stop(fork_name(service.require_session(session), key)))

    return routes
