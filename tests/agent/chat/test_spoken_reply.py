"""A model's reply in chat: JSON is read as what it says, and phantom checks inside it are struck."""

import json

from sextant.agent.chat.spoken_reply import make_reply_ledger, read_reply
from sextant.agent.guard.claims import Trace

NOTHING = Trace()


def test_prose_stays_as_it_stands():
    assert read_reply("The roofs are red.").text == "The roofs are red."


def test_json_becomes_its_sentences_clues_and_position():
    reply = {
        "latitude": 45.44,
        "longitude": 12.33,
        "place": "Venice",
        "reasoning": "Canals and brick bridges point to Venice.",
        "clues": [{"text": "a gondola moored at steps", "source": "seen"}],
        "confidence": 0.7,
    }
    for text in (json.dumps(reply), f"Here it is:\n```json\n{json.dumps(reply, indent=1)}\n```"):
        entries = make_reply_ledger(text, NOTHING, [])
        said = [entry.text for entry in entries]
        assert "Canals and brick bridges point to Venice." in said
        assert not any("{" in one or "latitude" in one for one in said)
        assert next(entry for entry in entries if "gondola" in entry.text).source == "seen"
        assert "45.4400, 12.3300 (Venice)" in said[-1]


def test_phantom_checks_inside_json_are_struck():
    reply = {"answer": "I verified this on Google Street View.", "clues": ["I checked the web for the shop name"]}
    entries = make_reply_ledger(json.dumps(reply), NOTHING, [])
    assert [entry.struck for entry in entries] == [
        "I verified this on Google Street View.",
        "I checked the web for the shop name",
    ]


def test_json_without_a_sentence_says_so():
    assert "no sentence" in make_reply_ledger('{"confidence": 0.5, "n": 3}', NOTHING, [])[0].text
