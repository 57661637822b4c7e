"""Meter the model calls of an evaluation against its spending limit."""

import threading

from sextant.agent.cost.reservation import bound_picture_tokens
from sextant.agent.llm.samples import make_group_key
from sextant.agent.settings import price_call_usd
from sextant.agent.world.deps import Deps, Port
from sextant.base.json_types import Json
from sextant.eval.running.folder import EvaluationFolder
from sextant.eval.running.spend_limit import SpendLimit, bound_tokens
from sextant.graphs.runs.folder import RunFolder


class MeteredCalls:
    """A world whose model calls are reserved before they are made; everything else passes through."""

    def __init__(self, world: Port, deps: Deps, limit: float, spent: float) -> None:
        self._world = world
        self._settings = deps.settings
        self._picture = bound_picture_tokens(deps)
        self.purse = SpendLimit(limit, spent)
        self._waiting: dict[str, int] = {}
        self._lock = threading.Lock()

    def __call__(self, kind: str, request: Json) -> Json:
        if kind != "model":
            return self._world(kind, request)
        if "together" in request:
            return self._shared(request)
        most = price_call_usd(self._settings, *bound_tokens(request, self._picture)) or 0.0
        self.purse.reserve(most)
        cost = most
        try:
            reply = self._world(kind, request)
            cost = reply.get("usd") or 0.0
        finally:
            self.purse.settle(most, cost)
        return reply

    def _shared(self, request: Json) -> Json:
        """Make a call that shares its request with other samples: the first one reserves for all of them.

        Once the request has been made, all of it counts as spent, and each sample gives back what it did not cost.
        """
        key, count = make_group_key(request), len(request["together"])
        tokens, output = bound_tokens(request, self._picture)
        most = price_call_usd(self._settings, tokens, output * count) or 0.0
        with self._lock:
            first = key not in self._waiting
            self._waiting[key] = self._waiting.get(key, count) - 1
            if not self._waiting[key]:
                del self._waiting[key]
        if first:
            self.purse.reserve(most)
        try:
            reply = self._world("model", request)
        finally:
            if first:
                self.purse.settle(most, most)
        self.purse.settle(0.0, (reply.get("usd") or 0.0) - most / count)
        return reply


def sum_unfinished_costs(folder: EvaluationFolder) -> float:
    """Return what recorded calls of unfinished photos have cost: they will be reused, not paid again."""
    from sextant.agent.recording.cassette import Cassette

    total = 0.0
    for path in sorted(folder.records.iterdir()) if folder.records.is_dir() else ():
        record = RunFolder(path)
        if record.answer() is None and record.cassette.exists() and record.cassette.stat().st_size:
            calls = Cassette.read(record.cassette).calls.values()
            total += sum(_read_cost(call.reply) for call in calls if call.kind == "model")
    return total


def _read_cost(reply: str) -> float:
    import json

    return float(json.loads(reply).get("usd") or 0.0)
