"""An ONNX image tower of no weights: means of patches, written as the protobuf that onnxruntime reads.

Fields are numbered as in onnx.proto3 of the ONNX project.
"""

from pathlib import Path

SIDE, PATCH = 64, 16


def _number(value: int) -> bytes:
    """A protobuf varint."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _integer(field: int, value: int) -> bytes:
    return _number(field << 3) + _number(value)


def _message(field: int, body: bytes | str) -> bytes:
    data = body.encode() if isinstance(body, str) else body
    return _number(field << 3 | 2) + _number(len(data)) + data


def _value(name: str, *shape: int) -> bytes:
    """A ValueInfoProto of floats: any number of rows of this shape."""
    dimensions = _message(1, _message(2, "n")) + b"".join(_message(1, _integer(1, size)) for size in shape)
    return _message(1, name) + _message(2, _message(1, _integer(1, 1) + _message(2, dimensions)))


def _node(kind: str, source: str, target: str, **lists: tuple[int, int]) -> bytes:
    """A NodeProto with attributes that are lists of integers."""
    attributes = (
        _message(1, name) + b"".join(_integer(8, value) for value in values) + _integer(20, 7)
        for name, values in lists.items()
    )
    named = _message(1, source) + _message(2, target) + _message(4, kind)
    return named + b"".join(_message(5, attribute) for attribute in attributes)


def write_tower(path: Path) -> None:
    """Write the tower: (n, 3, 64, 64) pictures to (n, 48) values."""
    across = SIDE // PATCH
    pooled = _node("AveragePool", "picture", "means", kernel_shape=(PATCH, PATCH), strides=(PATCH, PATCH))
    graph = _message(1, pooled) + _message(1, _node("Flatten", "means", "embedding")) + _message(2, "tower")
    graph += _message(11, _value("picture", 3, SIDE, SIDE)) + _message(12, _value("embedding", 3 * across**2))
    path.write_bytes(_integer(1, 8) + _message(7, graph) + _message(8, _integer(2, 13)))
