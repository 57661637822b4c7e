import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, InvalidToolCall
from langchain_core.tools import tool

from sextant.agent.llm.completion import Completion, read_completion


@tool
def distance(a: float, b: float) -> str:
    """How far apart."""
    return str(abs(a - b))


def read(message: AIMessage) -> Completion:
    asked = [{"role": "user", "content": "Where?"}]
    return read_completion(message, asked, [distance], detail="auto", latency_s=0.1, attempts=1, asked_model="m")


def call(name: str, **args: object) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": name, "args": args, "id": "x"}])


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (call("distance", a=1, b=2), None),
        (call("nowhere"), "unknown tool 'nowhere'; the tools are: distance"),
        (call("distance", a="one", b=2), "a: Input should be a valid number, unable to parse string as a number"),
        (
            call("distance", a=float("nan"), b=2),
            "the arguments of distance hold a number that is too large or not finite",
        ),
        (
            call("distance", a=[float("inf")], b=2),
            "the arguments of distance hold a number that is too large or not finite",
        ),
    ],
)
def test_a_call_that_cannot_run_says_why(message: AIMessage, error: str | None) -> None:
    assert read(message).tool_calls[0].error == error


def test_arguments_that_are_not_json_are_an_error_with_empty_arguments() -> None:
    broken = InvalidToolCall(type="invalid_tool_call", name="distance", args='{"a": ', id="x", error="Unterminated")
    (found,) = read(AIMessage("", invalid_tool_calls=[broken])).tool_calls
    assert found.to_json() == {
        "id": "call00000",
        "name": "distance",
        "args": {},
        "error": "the arguments of distance are not valid JSON; send one JSON object",
    }


def test_a_tools_name_that_is_no_name_does_not_go_back_to_the_server() -> None:
    assert read(call("rm -rf / \n")).tool_calls[0].name == "unknown_tool"


@given(st.text(st.characters()), st.dictionaries(st.text(st.characters()), st.text(st.characters())))
def test_whatever_is_said_can_be_written_to_a_file(text: str, args: dict[str, str]) -> None:
    message = AIMessage(text, tool_calls=[{"name": "distance", "args": args, "id": "x"}])
    repr(read(message)).encode()
    str([found.to_json() for found in read(message).tool_calls]).encode()


def test_text_with_half_a_character_is_mended() -> None:
    assert read(AIMessage("Lis\ud800bon")).text == "Lis?bon"
