"""Catch the messages that C libraries print to stderr while they decode a picture."""

import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LOCK = threading.Lock()
# libtiff and the codecs below it: "TIFFReadDirectory: Warning, …", "JPEGLib: …"; Pillow names a picture "tempfile.tif".
_DECODER = re.compile(
    rb"^(tempfile\.tif:|\w*(TIFF|Decode|JPEGLib|Setup|Predictor)\w*:|"
    rb"[^:\n]{0,200}: (Warning|Error|Sorry|Can ?not|Read error|Seek error))"
)


@contextmanager
def catch_messages() -> Iterator[list[str]]:
    """Catch decoders' messages into the list that is yielded; what others print meanwhile still reaches stderr."""
    caught: list[str] = []
    with _LOCK, tempfile.TemporaryFile() as file:
        try:
            stderr = os.dup(2)
        except OSError:  # a process without stderr
            yield caught
            return
        os.dup2(file.fileno(), 2)
        try:
            yield caught
        finally:
            os.dup2(stderr, 2)
            file.seek(0)
            for line in file.read().splitlines(keepends=True):
                if _DECODER.match(line):
                    caught.append(line.decode("utf-8", "replace").strip())
                else:
                    os.write(stderr, line)
            os.close(stderr)
