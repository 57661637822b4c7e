"""JSON in one line of UTF-8, the same as Python's own encoder writes."""

import json
import math

import pytest

from sextant.base.json_text import encode_json


@pytest.mark.parametrize(
    "value",
    [
        None,
        {"a": None, "b": [None, {"c": None}], "d": "null and void"},
        {"outline": [[[1.5, 2.5], [3.5, None]]], "a": None},
        {"outline": [1.5, None], "a": [[None]]},
        {"big": 2**70, "a": None},
        {"lone": "\ud800", "a": None},
    ],
)
def test_what_was_written_reads_back(value):
    assert json.loads(encode_json(value)) == value


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("beside", [[], [None], "null"])
def test_numbers_that_are_none_in_json_keep_their_words(number, beside):
    for value in ({"a": number, "b": beside}, {"a": [[1.5, number]], "b": beside}, {"a": [1.5, number], "b": beside}):
        assert repr(json.loads(encode_json(value))) == repr(value)


def test_tuples_are_lists():
    assert encode_json({"a": (1, None), "b": None}) == b'{"a":[1,null],"b":null}'
