"""Our HTTP transport for a client of httpx2, the fork of httpx that Anthropic's package uses."""

from collections.abc import Iterator

import httpx
import httpx2


class BridgedTransport(httpx2.BaseTransport):
    """Sends requests of httpx2 through a transport of httpx, so that one place bounds all model calls.

    Errors are httpx's own: `agent/llm/errors.py` knows those.
    """

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        sent = httpx.Request(
            request.method,
            str(request.url),
            headers=request.headers.raw,
            content=request.read(),
            extensions={"timeout": request.extensions.get("timeout")},
        )
        got = self._inner.handle_request(sent)
        return httpx2.Response(got.status_code, headers=got.headers.raw, stream=_Body(got))

    def close(self) -> None:
        self._inner.close()


class _Body(httpx2.SyncByteStream):
    """The body of an answer, as it arrives."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        assert isinstance(self._response.stream, httpx.SyncByteStream)
        yield from self._response.stream

    def close(self) -> None:
        self._response.close()
