"""The chat graph for LangGraph's own server: messages in, messages out.

    START → receive → (the chat graph's nodes) → speak → END

A photo arrives as an image block of a message. Its bytes go to the blob store; the state keeps a line of text.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal, cast

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.runtime import Runtime
from langgraph.types import Command

from sextant.agent.nodes.ingest import decode_inline_image
from sextant.agent.settings import Settings
from sextant.agent.world.live import normalise_settings
from sextant.base.errors import WrongUse
from sextant.base.json_types import Json
from sextant.graphs.chat import Chat, ChatContext, ask, listen, locate, report, steer_photo
from sextant.graphs.sessions.tasks import PhotoTask


class MessagesChat(Chat, total=False):
    """A conversation as a list of messages, with the chat's own state beside it."""

    messages: Annotated[list[AnyMessage], add_messages]


def receive(state: MessagesChat, context: ChatContext) -> MessagesChat:
    """Take the last message in: its words, and its photos by hash.

    Raises:
        WrongUse: the last message is not the person's, or its image is not valid base64.
    """
    said = next(iter(reversed(state.get("messages", []))), None)
    if not isinstance(said, HumanMessage):
        raise WrongUse("the last message must be from the user: a photo, or a question about one")
    blocks = [said.content] if isinstance(said.content, str) else said.content
    words: list[str] = []
    photos: list[Json] = []
    kept: list[str | Json] = []
    for block in blocks:
        data = decode_inline_image(block) if isinstance(block, dict) else None
        if data is not None:
            sha256 = context.blobs.put(data)
            photos.append({"sha256": sha256, "file": f"photo {len(photos) + 1}"})
            kept.append({"type": "text", "text": f"[photo {sha256[:12]}]"})
        else:
            text = block if isinstance(block, str) else str(block.get("text", ""))
            words.append(text)
            kept.append({"type": "text", "text": text})
    message = {"id": said.id, "text": "\n".join(words).strip(), "photos": photos, "steer": [], "photo": None}
    # The same id: this message takes the place of the one with the bytes in it.
    return MessagesChat(message=message, messages=[HumanMessage(content=cast(Any, kept), id=said.id)])


def speak(state: MessagesChat) -> MessagesChat:
    """Say the last reply as the assistant's message."""
    turn = state["turns"][-1]
    return MessagesChat(messages=[AIMessage(content=turn["text"], id=turn["id"])])


def open_desk(settings: Settings | None) -> ChatContext:
    """Return what stands behind the conversation; its events go to the server's custom stream."""
    return ChatContext(settings=normalise_settings(settings or Settings()), on_event=get_stream_writer())


def build_chat_server() -> StateGraph[MessagesChat, Settings, MessagesChat, MessagesChat]:
    """Return the graph, not yet compiled."""

    def at_desk(node: Callable[[Any, ChatContext], Any], reads: type = MessagesChat) -> Callable[..., Any]:
        def run(state: Any, runtime: Runtime[Settings]) -> Any:
            return node(state, open_desk(runtime.context))

        run.__annotations__ = {"state": reads, "runtime": Runtime[Settings]}
        return run

    def hear(
        state: MessagesChat, context: ChatContext
    ) -> Command[Literal["locate", "report", "steer", "ask", "speak"]]:
        command = listen(state, context)
        return Command(update=command.update, goto="speak") if command.goto == END else cast(Any, command)

    graph = StateGraph(MessagesChat, context_schema=Settings)
    graph.add_node("receive", at_desk(receive))
    graph.add_node("listen", at_desk(hear), destinations=("locate", "steer", "ask", "report", "speak"))
    graph.add_node("locate", at_desk(locate, PhotoTask), input_schema=PhotoTask)
    graph.add_node("report", at_desk(report))
    graph.add_node("steer", at_desk(steer_photo))
    graph.add_node("ask", at_desk(ask))
    graph.add_node("speak", speak)
    graph.add_edge(START, "receive")
    graph.add_edge("receive", "listen")
    graph.add_edge("locate", "report")
    for last in ("report", "steer", "ask"):
        graph.add_edge(last, "speak")
    graph.add_edge("speak", END)
    return graph


graph = build_chat_server().compile(name="chat")
"""For ``langgraph.json``: without a checkpointer, since the server brings its own."""
