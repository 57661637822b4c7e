"""HTTP routes of recorded runs: the timeline of a photo's run, and forks of it."""

from contextlib import suppress
from dataclasses import replace
from typing import Any, cast, get_args

from fastapi import APIRouter, Response

from sextant.agent.answer_statement import state_answer
from sextant.agent.privacy.run_view import redact, view_run
from sextant.agent.privacy.view import view_answer, view_comparison
from sextant.app.render.forks import list_forks, tell_forks
from sextant.app.render.run import describe_move
from sextant.app.render.run_flow import build_flow
from sextant.app.web import schemas
from sextant.app.web.limits import RequestRefused
from sextant.app.web.routes.photo_routes import make_jpeg_response
from sextant.app.web.service import SessionService, fork_name
from sextant.base.documents.comparison import ForkedAnswer, ForkReply, ToldFork
from sextant.base.errors import WrongUse
from sextant.base.json_types import Json
from sextant.base.settings import Effect, list_options, list_types
from sextant.graphs.runs.compare import compare_runs
from sextant.graphs.runs.folder import find_run
from sextant.graphs.runs.fork_limits import CAPS, DEFAULT_MOST, ForkLimits
from sextant.graphs.runs.run import UnrecordedCalls
from sextant.graphs.runs.timeline import Timeline, build_timeline
from sextant.graphs.sessions.paid_fork import fork_in_session
from sextant.prompts.editing import describe_prompt
from sextant.prompts.loading import use_recorded_prompts
from sextant.prompts.variants import list_variant_ids, load_variant


def make_run_routes(service: SessionService) -> APIRouter:
    """Make the routes under /api/sessions/{session}/photos/{key}/run: a session shows its own runs only."""
    routes = APIRouter(prefix="/api/sessions/{session}/photos/{key}/run", tags=["runs"])

    # Documented, not validated: a precision cap leaves values out.
    @routes.get("", response_model=None, responses={200: {"model": schemas.RunView}})
    def timeline(session: str, key: str) -> dict[str, Any]:
        """Return the run's timeline: rounds, branches with every turn, verdicts, steps."""
        policy = service.context.policy
        folder = find_run(service.evidence(session, key)["run"], service.context.settings.home)
        run = build_timeline(folder)
        shown = view_run(run, policy)
        shown |= {"flow": redact(build_flow(run), policy), "variants": list_variant_ids()}
        shown |= {"prompts": {} if policy.withholds_words else read_prompts(run)}
        shown |= {"forks": tell_forks(folder, list_forks(folder.name, service.context.settings.home), policy)}
        return shown | {"changeable": list_changeable(service, shown["settings"])}

    @routes.get("/pictures/{sha256}")
    def picture(session: str, key: str, sha256: str) -> Response:
        """Return a picture that a branch of this run was shown or made: a sheet of references, a crop."""
        if service.context.policy.withholds_words:
            raise RequestRefused(403, "pictures are withheld: they may show more than the precision cap allows")
        run = build_timeline(find_run(service.evidence(session, key)["run"], service.context.settings.home))
        if sha256 not in list_pictures(run):
            raise RequestRefused(404, "this run has no such picture")
        return make_jpeg_response(service.blobs.get(sha256))

    @routes.post("/fork", response_model=None, responses={200: {"model": ForkReply}})
    def forked(session: str, key: str, request: schemas.ForkRequest) -> ForkReply:
        """Run it again, changed from a step on. Without ``live`` nothing is asked that was not recorded."""
        home = service.context.settings.home
        parent = find_run(service.evidence(session, key)["run"], home)
        if not request.changes:
            raise RequestRefused(422, "say what to change, for example: verify=top1")
        with service.forking(session, key) as stop:
            context = replace(service.context, stop=stop)
            try:
                run = fork_in_session(
                    *(service.sessions, session, parent, request.step, request.changes, context),
                    live=request.live,
                    keep_words=request.keep_words,
                    limits=ForkLimits(service.context.settings),
                )
            except UnrecordedCalls as error:
                raise RequestRefused(409, describe_unrecorded(len(error.calls))) from error
        difference = view_comparison(compare_runs(parent, find_run(run.name, home)), service.context.policy)
        answer = {name: run.answer[name] for name in ("best", "probability", "stop", "spent")}
        statement = state_answer(view_answer(run.answer, service.context.policy))
        words: ToldFork = {
            "headline": statement["headline"],
            "position": statement["position"],
            "moved": describe_move(difference),
        }
        shown = cast(ForkedAnswer, redact(answer, service.context.policy))
        return {"run": run.name, "answer": shown, "told": words, "difference": difference}

    @routes.post("/fork/stop")
    def stop(session: str, key: str) -> schemas.Done:
        """Stop the fork under way; the best so far is its answer."""
        return schemas.Done(done=service.stop(fork_name(service.require_session(session), key)))

    return routes


def read_prompts(run: Timeline) -> dict[str, Json]:
    """Read the text of each prompt that a run asked, as a fork may edit it, with its version."""
    found: dict[str, Json] = {}
    with use_recorded_prompts(run["record"]["prompts"]), suppress(WrongUse):  # a file of one's own may be gone
        for name in dict.fromkeys(branch["variant"] for branch in run["branches"]):
            prompt = load_variant(name)
            found[name] = {"text": prompt.strategy.strip(), "version": prompt.version, "name": describe_prompt(name)}
    return found


def describe_unrecorded(calls: int) -> str:
    """Say on the page that a fork needs new calls, and how to allow them."""
    needed = "1 call that was" if calls == 1 else f"{calls} calls that were"
    return f"this change needs {needed} not recorded; choose “make the calls that were not recorded”"


def list_changeable(service: SessionService, settings: Json) -> list[Json]:
    """List the settings that a visitor may change in a fork, with their bounds on this server and where they apply."""
    types, found = list_types(), []
    for name, option in list_options().items():
        if not option.visitors:
            continue
        choices = [value for part in get_args(types[name]) for value in (get_args(part) or ())]
        choices = [value for value in [*get_args(types[name]), *choices] if isinstance(value, str)]
        limit = getattr(service.context.settings, name) if name in CAPS else None
        most = limit if limit is not None else DEFAULT_MOST.get(name)
        bounds = option.bounds
        high = bounds.high if bounds else None
        found.append(
            {
                "name": name,
                "help": option.help,
                "value": settings.get(name),
                "default": option.default,
                "choices": choices,
                "low": bounds.low if bounds else None,
                "high": most if most is not None and high is not None and most < high else high,
                "whole": "int" in str(types[name]),
                "from": "verify" if option.effect is Effect.VERDICT or name == "verify" else "plan.1",
            }
        )
    return found


def list_pictures(run: Timeline) -> set[str]:
    """List the pictures of a run's branches by their sha256: those of the prompts and those that tools returned."""
    opening = {
        block["sha256"]
        for branch in run["branches"]
        for message in branch["opening"]
        if isinstance(message["content"], list)
        for block in message["content"]
        if block["type"] != "text" and block.get("sha256")
    }
    return opening | {sha for branch in run["branches"] for turn in branch["turns"] for sha in turn.get("images", [])}
