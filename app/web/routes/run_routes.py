"""HTTP routes of recorded runs: the timeline of a photo's run, and forks of it."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter

from sextant.agent.privacy.precision import coarsen, redact_words
from sextant.agent.privacy.view import WORDS, view_comparison
from sextant.agent.recording.fitted_models import shorten_fitted_name
from sextant.app.web import schemas
from sextant.app.web.limits import RequestRefused
from sextant.app.web.service import SessionService, fork_name
from sextant.base.json_types import Json
from sextant.graphs.runs.compare import compare_runs
from sextant.graphs.runs.folder import find_run
from sextant.graphs.runs.fork_limits import ForkLimits
from sextant.graphs.runs.timeline import build_timeline
from sextant.graphs.sessions.paid_fork import fork_in_session

# What no visitor sees: files, folders and addresses of this machine.
OURS = ("base_url", "gallery", "encoder", "fitted")
LONGEST = 6000  # characters of one text shown; a prompt with twenty references has some three thousand


def make_run_routes(service: SessionService) -> APIRouter:
    """Make the routes under /api/sessions/{session}/photos/{key}/run: a session shows its own runs only."""
    routes = APIRouter(prefix="/api/sessions/{session}/photos/{key}/run", tags=["runs"])

    @routes.get("")
    def timeline(session: str, key: str) -> dict[str, Any]:
        """Return the run's timeline: rounds, branches with every turn, verdicts, steps."""
        name = service.evidence(session, key)["run"]
        return redact_run(build_timeline(find_run(name, service.context.settings.home)), service)

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
        return {"run": run.name, "answer": redact(answer, service), "difference": difference}

    @routes.post("/fork/stop")
    def stop(session: str, key: str) -> schemas.Done:
        """Stop the fork under way; the best so far is its answer."""
        return schemas.Done(done=service.stop(fork_name(service.require_session(session), key)))

    return routes


def redact_run(run: Json, service: SessionService) -> Json:
    """Return a run's timeline without this machine's folders, addresses, and anything finer than the cap."""
    record = run["record"]
    settings = {name: value for name, value in record["settings"].items() if name not in ("home", *OURS)}
    if record["settings"].get("fitted"):
        settings["fitted"] = shorten_fitted_name(record["settings"]["fitted"])
    plain = {
        "run": run["run"],
        "status": record["status"],
        "parent": record["parent"],
        "changes": [change for change in record["changes"] if change["name"] not in OURS],
        "versions": record["versions"],
        "settings": settings,
        "branches": [{**branch, "opening": collect_texts(branch["opening"])} for branch in run["branches"]],
        "verdicts": run["verdicts"],
        "steps": run["steps"],
    }
    return redact(shorten(plain), service)


def collect_texts(messages: list[Json]) -> list[Json]:
    """Return messages with their text blocks joined and their pictures counted."""
    found = []
    for message in messages:
        blocks = (
            message["content"]
            if isinstance(message["content"], list)
            else [{"type": "text", "text": message["content"]}]
        )
        text = "\n".join(block["text"] for block in blocks if block["type"] == "text")
        found.append({"role": message["role"], "text": text, "images": sum(b["type"] == "image" for b in blocks)})
    return found


def redact(value: Json, service: SessionService) -> Json:
    """Return the value under the server's policy; texts are withheld where the policy withholds words."""
    policy = service.context.policy
    keys = WORDS | {"strategy_text", "opening", "fill", "tool_calls", "place"}
    coarse: Json = coarsen(redact_words(value, policy, frozenset(keys)), policy)
    return coarse


def shorten(value: Any) -> Any:
    """Cut the texts in a value at a length a page can show."""
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{value[:LONGEST]} … ({len(value) - LONGEST:,} more characters)"
    if isinstance(value, dict):
        return {name: shorten(item) for name, item in value.items()}
    return [shorten(item) for item in value] if isinstance(value, list) else value
