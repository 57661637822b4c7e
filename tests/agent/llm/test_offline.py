import json

from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage

from sextant.agent.answers import parse_answer
from sextant.agent.llm.offline import OfflineModel, answer_from_density

LISTED = "1. 10.0000, 10.0000 (x)\n2. 48.8600, 2.3500 (Paris, France)\n3. 48.8500, 2.3400\n4. 48.8700, 2.3300"


def test_the_densest_place_wins_over_the_most_similar_photo():
    answer = json.loads(answer_from_density(LISTED))
    assert (round(answer["latitude"]), round(answer["longitude"])) == (49, 2)


def test_it_claims_only_what_was_retrieved():
    assert {clue["source"] for clue in json.loads(answer_from_density(LISTED))["clues"]} == {"retrieved"}


def test_without_photos_it_refuses_in_words_that_count_as_a_refusal():
    assert parse_answer(answer_from_density("nothing here")).kind == "refused"


def test_it_asks_for_photos_first_and_answers_from_what_it_is_told():
    model = OfflineModel().bind_tools([{"type": "function", "function": {"name": "nearest_photos"}}])
    opening = [SystemMessage("…"), HumanMessage("Where?")]
    asked = model.invoke(opening)
    assert [call["name"] for call in asked.tool_calls] == ["nearest_photos"]
    told = model.invoke([*opening, asked, ToolMessage(LISTED, tool_call_id="call-1")])
    assert parse_answer(told.content).kind == "answered" and not told.tool_calls
