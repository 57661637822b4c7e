"""Many sessions at once, their server killed in the middle, another one started: what is there, what continues?"""

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.support.model_server import ModelServer
from tests.support.serving import Server


@dataclass(frozen=True)
class Killed:
    """Counts of sessions, then of model calls.

    Attributes:
        there: sessions that the second server lists.
        answered_before: sessions that had their answer when the server died.
        cut: sessions whose message was cut off.
        resumed: of those, the ones that went on to a located photo, with one question and one reply.
        recorded: calls whose answer was on disk when the server died.
        in_flight: calls that were asked and not yet on disk; they are asked again.
        asked_after: calls made by the second server.
        paid_twice: recorded calls that were made again.
    """

    sessions: int
    there: int
    answered_before: int
    cut: int
    resumed: int
    recorded: int
    in_flight: int
    asked_after: int
    paid_twice: int


def kill_in_the_middle(
    args: Sequence[object],
    home: Path,
    env: Mapping[str, str],
    model: ModelServer,
    photos: Sequence[Path],
    after_recorded: int,
) -> Killed:
    """One message with a photo in as many sessions; ``kill -9`` once that many calls are recorded; then resume.

    The first session has its answer before the others begin.
    """
    with Server(*args, home=home, env=env) as first:
        sessions = [first.session() for _ in photos]
        first.say(sessions[0], "where?", photos[0]).raise_for_status()
        first.settled(sessions[0])
        before = recorded_calls(home)
        with ThreadPoolExecutor(len(photos)) as pool:
            for reply in pool.map(lambda one, photo: first.say(one, "where?", photo), sessions[1:], photos[1:]):
                reply.raise_for_status()
        while recorded_calls(home) < before + after_recorded:
            time.sleep(0.1)
        first.kill()
    asked, recorded = model.count, recorded_calls(home)
    with Server(*args, home=home, env=env) as second:
        listed = {one["id"] for one in second.http.get("/api/sessions").raise_for_status().json()}
        # The killed server holds its sessions for some seconds more.
        views = {one: second.settled(one) for one in sessions}
        cut = [one for one in sessions if views[one]["interrupted"]]
        with ThreadPoolExecutor(len(photos)) as pool:
            resumed = sum(pool.map(lambda one: goes_on(second, one), cut))
    asked_after = model.count - asked
    return Killed(
        sessions=len(sessions),
        there=len(listed & set(sessions)),
        answered_before=sum(is_answered(view) for view in views.values()),
        cut=len(cut),
        resumed=resumed,
        recorded=recorded,
        in_flight=asked - recorded,
        asked_after=asked_after,
        paid_twice=asked_after - (recorded_calls(home) - recorded),
    )


def goes_on(server: Server, session: str) -> bool:
    """Resume the session; return whether it reaches its answer."""
    server.http.post(f"/api/sessions/{session}/resume").raise_for_status()
    return is_answered(server.settled(session, 300))


def is_answered(view: dict) -> bool:
    """Whether one question has one reply, about a photo that was located with the model's words."""
    located = [photo for photo in view["photos"] if photo["status"] == "located"]
    answered = len(located) == 1 and located[0]["answer"]["outcomes"]["answered"] > 0
    return answered and [turn["by"] for turn in view["turns"]] == ["you", "sextant"]


def recorded_calls(home: Path) -> int:
    """How many model calls the recordings under the home hold the answers of."""
    count = 0
    for tape in (home / "runs").glob("*/cassette.jsonl"):
        # A line that the kill cut short ends without its newline.
        lines = [line for line in tape.read_text(errors="replace").splitlines(keepends=True) if line.endswith("\n")]
        count += sum(json.loads(line).get("kind") == "model" for line in lines)
    return count
