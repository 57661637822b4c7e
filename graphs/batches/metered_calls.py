"""Meter the model calls of a batch against its spending limit."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sextant.agent.cost.reservation import bound_picture_tokens, bound_request_tokens, correct_bound
from sextant.agent.llm.samples import SampleRequests
from sextant.agent.settings import price_call_usd
from sextant.agent.world.deps import Deps, Port
from sextant.agent.world.live import LiveBackend
from sextant.base.json_types import Json
from sextant.graphs.batches.spend_limit import Reservations
from sextant.graphs.runs.folder import RunFolder


class MeteredCalls:
    """A world whose model calls are reserved before they are made; everything else passes through.

    Until a call has returned, its prompt is an upper estimate and one call is made at a time; after that, prompts are
    estimated by what was measured. An answer is always reserved at its full length.
    """

    def __init__(self, world: Port, live: LiveBackend, deps: Deps, spend_limit: Reservations) -> None:
        self._world = world
        self._settings = deps.settings
        self._picture = bound_picture_tokens(deps)
        self._spend_limit = spend_limit
        self._unmeasured = threading.Lock()
        self._measured: tuple[int, int, int] | None = None
        """Counted and estimated input tokens and messages of the call that exceeded its estimate most."""
        # Samples that share a request are reserved where that request is made: once, whoever asks first.
        live.samples = SampleRequests(lambda request, count: self._send_samples(live, request, count))

    def __call__(self, kind: str, request: Json) -> Json:
        if kind != "model" or "together" in request:
            return self._world(kind, request)
        return self._pay(request, 1, lambda: [self._world("model", request)])[0]

    def _send_samples(self, live: LiveBackend, request: Json, count: int) -> list[Json]:
        return self._pay(request, count, lambda: live.model_samples(request, count))

    def _pay(self, request: Json, answers: int, send: Callable[[], list[Json]]) -> list[Json]:
        """Reserve the most that a request can cost, make it, and settle what it cost."""
        with self._alone_until_measured():
            most = cost = self._bound_usd(request, answers)
            self._spend_limit.reserve(most)
            try:
                replies = send()
                cost = sum(reply.get("usd") or 0.0 for reply in replies)
                for reply in replies:
                    self._measure(request, reply)
            finally:
                self._spend_limit.settle(most, cost)
        return replies

    @contextmanager
    def _alone_until_measured(self) -> Iterator[None]:
        if self._measured is None:
            with self._unmeasured:
                if self._measured is None:
                    yield
                    return
        yield

    def _bound_usd(self, request: Json, answers: int) -> float:
        """Bound the price of a request for a number of answers, in dollars."""
        prompt = correct_bound(bound_request_tokens(request, self._picture), len(request["messages"]), self._measured)
        return price_call_usd(self._settings, prompt, request["max_output_tokens"] * answers) or 0.0

    def _measure(self, request: Json, reply: Json) -> None:
        """Keep a reply's count if it exceeds its estimate by more than those before."""
        counted = (reply.get("usage") or {}).get("input_tokens")
        if not counted:  # a failure, or a sample that shared another's request
            return
        found = counted, bound_request_tokens(request, self._picture), len(request["messages"])
        known = self._measured or found
        self._measured = max(known, found, key=lambda call: (call[0] - call[1], call))


def sum_unfinished_costs(records: Path) -> float:
    """Return what recorded calls of unfinished photos have cost: they will be reused, not paid again."""
    from sextant.agent.recording.cassette import Cassette

    total = 0.0
    for path in sorted(records.iterdir()) if records.is_dir() else ():
        record = RunFolder(path)
        if record.answer() is None and record.cassette.exists() and record.cassette.stat().st_size:
            calls = Cassette.read(record.cassette).calls.values()
            total += sum(_read_cost(call.reply) for call in calls if call.kind == "model")
    return total


def _read_cost(reply: str) -> float:
    import json

    return float(json.loads(reply).get("usd") or 0.0)
