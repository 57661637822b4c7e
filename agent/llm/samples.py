"""Request several samples of one prompt at once: the first caller sends the request, the others wait.

So a picture is paid once for all samples, and each sample is recorded and replayed like any other call.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from sextant.agent.recording.cassette import encode_canonical, hash_text
from sextant.base.json_types import Json

KEPT = 256  # groups whose samples were not all called for, as after a resumed run


@dataclass
class _Group:
    """One request: its replies by sample, once they are here."""

    done: threading.Event = field(default_factory=threading.Event)
    replies: dict[int, Json] = field(default_factory=dict)
    error: BaseException | None = None


class SampleRequests:
    """Answers calls that name the samples they are asked together with. Shared by threads.

    Args:
        send: asks for a number of samples in one request, and returns a reply for each.
    """

    def __init__(self, send: Callable[[Json, int], list[Json]]) -> None:
        self._send = send
        self._lock = threading.Lock()
        self._groups: OrderedDict[str, _Group] = OrderedDict()
        self._refused = False

    def get_reply(self, request: Json) -> Json:
        """Return the reply to one sample, from the request that is made for all of them."""
        sample, key = request["sample"], make_group_key(request)
        with self._lock:
            group = self._groups.get(key)
            mine = group is None
            if group is None:
                if self._refused:
                    return make_refusal()
                group = self._groups[key] = _Group()
                while len(self._groups) > KEPT:
                    self._groups.popitem(last=False)
        if mine:
            self._fill(group, request)
        group.done.wait()
        if group.error is not None:
            raise group.error
        with self._lock:
            reply = group.replies.pop(sample)
            if not group.replies and self._groups.get(key) is group:
                del self._groups[key]
        return reply

    def _fill(self, group: _Group, request: Json) -> None:
        samples = request["together"]
        try:
            replies = self._send({**request, "sample": samples[0]}, len(samples))
            group.replies = dict(zip(samples, replies, strict=True))
            if any(reply.get("failure", {}).get("kind") == "samples_unsupported" for reply in replies):
                self._refused = True
        except BaseException as error:
            group.error = error
            raise
        finally:
            group.done.set()


def make_refusal() -> Json:
    """Make the reply for a server that is known to give one answer per request; nothing was sent."""
    message = "the server gives one answer per request"
    return {"failure": {"kind": "samples_unsupported", "message": message, "attempts": 0}}


def make_group_key(request: Json) -> str:
    """Make the key of a group: what all calls of one request have in common, including the run."""
    own = ("branch", "sample", "seconds_left")
    return hash_text(encode_canonical({name: value for name, value in request.items() if name not in own}))
