"""Traces of runs for OpenTelemetry, where a person asked for them."""

from sextant.agent.traces.spans import trace_run

__all__ = ["trace_run"]
