"""Measure fifty simultaneous sessions with a model of 300 ms: answers, overhead per step, memory.

    python -m bench.sessions_at_once [SESSIONS]
    python -m bench.sessions_at_once [SESSIONS] --kill

With ``--kill`` the server dies in the middle (kill -9) and another is started: how many sessions are there, how many
runs that were cut off come to their answer, how many recorded calls are paid twice?

Overhead of a step is what its node took beyond the model's own time, from the runs' records: steps that ask the model
alone, since the others ask nobody and take next to nothing. Prints ratios to an idle
server: the same with one session.
"""

import argparse
import json
import re
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support import small_gallery
from tests.support.killed_server import kill_in_the_middle
from tests.support.model_script import Asked, Reply
from tests.support.model_server import ModelServer
from tests.support.serving import Server

MODEL_S = 0.3


def answer_scripted(asked: Asked) -> Reply:
    """Return a tool call in one variant, else an answer."""
    if asked.tools and not asked.tool_results and "two steps" in asked.text:
        return Reply(tool_calls=[("nearest_photos", {"count": 5})])
    return Reply(text=json.dumps({"latitude": 38.71, "longitude": -9.14, "confidence": 0.9, "clues": []}))


def read_resident_mb(pid: int) -> float:
    """Return the memory of a process and its children, MB."""
    pids = [pid, *list_children(pid)]
    kilobytes = 0
    for one in pids:
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{one}/status").read_text())
        kilobytes += int(found[1]) if found else 0
    return kilobytes / 1024


def list_children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):  # threads come and go
            found += [int(one) for one in (task / "children").read_text().split()]
    return found


def measure(server: Server, photo: Path, sessions: int, home: Path) -> dict[str, float]:
    """Send one message to each of many sessions, all at once."""
    names = [server.session() for _ in range(sessions)]
    known = {folder.name for folder in (home / "runs").glob("*")}
    began = time.monotonic()
    peak = 0.0
    with ThreadPoolExecutor(sessions) as pool:
        waiting = [pool.submit(ask_and_wait, server, name, photo) for name in names]
        while not all(one.done() for one in waiting):
            peak = max(peak, read_resident_mb(server.process.pid))
            time.sleep(0.2)
        answered = sum(one.result() for one in waiting)
    overheads = []
    for folder in (home / "runs").glob("*"):
        if folder.name not in known:
            overheads += list_step_seconds(folder)
    seconds = time.monotonic() - began
    ranked = sorted(overheads)
    half, most = (ranked[int(len(ranked) * share)] * 1000 for share in (0.5, 0.95))
    slowest = ranked[-1] * 1000
    found = {"answered": answered, "seconds": seconds, "median_ms": half, "most_ms": most}
    return {**found, "slowest_ms": slowest, "peak_mb": peak}


def ask_and_wait(server: Server, session: str, photo: Path) -> bool:
    server.say(session, "where?", photo).raise_for_status()
    view = server.settled(session, 300)
    return view["photos"][0]["status"] == "located" and view["photos"][0]["answer"]["outcomes"]["answered"] > 0


def list_step_seconds(folder: Path) -> list[float]:
    """Return seconds of each step that asked the model, beyond the model's own."""
    steps = [json.loads(line) for line in (folder / "steps.jsonl").read_text().splitlines()]
    return [max(0.0, one["seconds"] - MODEL_S) for one in steps if one["node"] == "lmm"]


@dataclass(frozen=True)
class LoadWorld:
    """A small gallery, a model of 300 ms, and the server's arguments for both."""

    root: Path
    model: ModelServer
    args: tuple[object, ...]
    env: dict[str, str]

    def photo(self, seed: int) -> Path:
        """Write a photo of Lisbon like no other seed's."""
        path = self.root / f"query-{seed}.jpg"
        small_gallery.picture(small_gallery.PLACES["lisbon"][0], seed=seed).save(path, quality=90)
        return path


@contextmanager
def build_small_world() -> Iterator[LoadWorld]:
    """Build the world afresh in a folder of its own."""
    from sextant.gallery.build.build import build
    from sextant.gallery.encoders.load import load_encoder
    from sextant.gallery.sources.recognise import SourceOptions, open_source

    with tempfile.TemporaryDirectory() as folder, ModelServer(answer_scripted, latency_s=MODEL_S) as model:
        root = Path(folder)
        table = small_gallery.write_photos(root / "photos")
        source = open_source(str(root / "photos"), SourceOptions(metadata=table))
        build(source, str(root / "gallery"), load_encoder("builtin"), workers=0)
        args = ("--gallery", root / "gallery", "--verify", "density", "--model", "openai:s")
        yield LoadWorld(root, model, (*args, "--base-url", model.base_url), {"OPENAI_API_KEY": "sk-bench"})


def measure_load(world: LoadWorld, sessions: int) -> None:
    """Print the cost of many simultaneous sessions, and of one alone."""
    home, photo = world.root / "home", world.photo(4711)
    with Server(*world.args, home=home, env=world.env, fresh=True) as server:
        measure(server, photo, 1, home)
        alone = measure(server, photo, 1, home)
        many = measure(server, photo, sessions, home)
    for count, found in ((1, alone), (sessions, many)):
        print(
            f"{count} at once: {found['answered']} answered in {found['seconds']:.1f} s; overhead of a model step: "
            f"median {found['median_ms']:.0f} ms, 95 % under {found['most_ms']:.0f} ms, "
            f"slowest {found['slowest_ms']:.0f} ms; {found['peak_mb']:.0f} MB"
        )
    each = many["seconds"] / alone["seconds"]
    print(f"ratios: time {each:.1f} for {sessions} times the work, memory {many['peak_mb'] / alone['peak_mb']:.2f}")


def measure_kill(world: LoadWorld, sessions: int) -> None:
    """Print what is left after a kill in the middle of many sessions."""
    photos = [world.photo(seed) for seed in range(sessions + 1)]
    # Some five calls a session: the kill falls in the middle of them.
    found = kill_in_the_middle(world.args, world.root / "home", world.env, world.model, photos, 5 * sessions // 2)
    print(
        f"{sessions} sessions at work and an answered one, killed: {found.there} of {found.sessions} there after the "
        f"restart, {found.answered_before} answered before, {found.cut} cut off, {found.resumed} of these resumed to "
        "an answer"
    )
    print(
        f"model calls: {found.recorded} recorded before the kill, {found.in_flight} in flight and asked again, "
        f"{found.asked_after} made after it; {found.paid_twice} recorded calls paid twice"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("sessions", type=int, nargs="?", default=50)
    parser.add_argument("--kill", action="store_true", help="kill the server in the middle and resume")
    chosen = parser.parse_args()
    with build_small_world() as world:
        (measure_kill if chosen.kill else measure_load)(world, chosen.sessions)


if __name__ == "__main__":
    main()
