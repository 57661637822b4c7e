import pytest

from sextant.agent.llm.messages import join_user_messages, to_langchain

IMAGE = {"type": "image", "sha256": "…", "mime": "image/jpeg", "data": "AAAA"}


def test_neighbouring_user_messages_become_one_in_their_order() -> None:
    messages = [
        {"role": "user", "content": "One."},
        {"role": "tool", "content": "…", "tool_call_id": "call00000"},
        {"role": "user", "content": [{"type": "text", "text": "The crop:"}, IMAGE]},
        {"role": "user", "content": "Now answer."},
    ]
    joined = join_user_messages(messages)
    assert [message["role"] for message in joined] == ["user", "tool", "user"]
    assert [block["type"] for block in joined[-1]["content"]] == ["text", "image", "text"]


def test_a_role_nobody_has_is_an_error() -> None:
    with pytest.raises(ValueError, match="'robot'"):
        to_langchain([{"role": "robot", "content": ""}], detail="auto", text_first=False)


def test_text_stays_text_where_there_is_no_picture() -> None:
    content = [{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}]
    (message,) = to_langchain([{"role": "user", "content": content}], detail="auto", text_first=False)
    assert message.content == "One.\nTwo."
