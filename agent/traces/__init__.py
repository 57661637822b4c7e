"""Traces of runs for OpenTelemetry, where a person asked for them."""

from sextant.agent.traces.spans import QUESTION, RunTrace, trace_run

__all__ = ["QUESTION", "RunTrace", "trace_run"]
