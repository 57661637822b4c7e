"""Where spans go: to the tracer of the program that calls us, else to the collector of OTEL_EXPORTER_OTLP_ENDPOINT."""

from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from sextant.base.errors import MissingPackage

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer


def get_tracer() -> "Tracer":
    """Return the tracer.

    Raises:
        MissingPackage: OpenTelemetry is not installed.
    """
    try:
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider
    except ModuleNotFoundError as error:
        raise MissingPackage(
            f"SEXTANT_TRACES needs {error.name}; run: pip install 'sextant-geo[otel]', or unset SEXTANT_TRACES"
        ) from error
    given = trace.get_tracer_provider()
    provider = given if isinstance(given, TracerProvider) else make_provider()
    return provider.get_tracer("sextant", version("sextant-geo"))


@cache
def make_provider():  # type: ignore[no-untyped-def]
    """Make the provider of this process, which sends its spans over OTLP when the process ends, or every 5 s."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": "sextant"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
