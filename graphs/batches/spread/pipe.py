"""The pipe on which a batch and a worker process exchange messages."""

import pickle
import threading
from typing import IO, Any


class Pipe:
    """Sends and receives messages; any thread may send."""

    def __init__(self, incoming: IO[bytes], outgoing: IO[bytes]) -> None:
        self._incoming, self._outgoing = incoming, outgoing
        self._sending = threading.Lock()

    def send(self, message: Any) -> None:
        """Send one message.

        Raises:
            OSError: the other end is gone.
        """
        content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        with self._sending:
            self._outgoing.write(content)
            self._outgoing.flush()

    def receive(self) -> Any:
        """Wait for the next message.

        Raises:
            EOFError: the other end is gone.
        """
        try:
            return pickle.load(self._incoming)
        except (OSError, ValueError, pickle.UnpicklingError) as error:
            raise EOFError from error
