"""What a failed call leaves in a run's record."""

import pytest

from sextant.agent.llm.call import redact_address


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("openai:m at http://gpu:8000/v1 cannot be reached", "openai:m at the model server cannot be reached"),
        ("certificate is not valid for 'gpu:8000'", "certificate is not valid for 'the model server'"),
        ("no route to gpu.", "no route to the model server."),
        ("the gpu-driver of mygpu failed", "the gpu-driver of mygpu failed"),
        ("ask http://gpu:8000/v1 for its /models", "ask the model server for its /models"),
    ],
)
def test_the_address_is_called_the_model_server(said, kept):
    assert redact_address(said, "http://gpu:8000/v1") == kept


def test_a_model_without_a_server_changes_no_word():
    assert redact_address("nothing answered", "") == "nothing answered"
