"""Places that text names are checked against photos, map, language and driving side."""

from dataclasses import replace

import pytest

from sextant.agent.nodes.signs import ReadTexts
from sextant.agent.nodes.text_checks import check_language, check_map, check_texts, to_documents
from sextant.agent.verification.pool import Candidate, Finding, Pool, read_checks
from sextant.tools.country_facts import load_facts
from tests.agent.verification.pools import LISBON, TOKYO, retrieved, said

PORTUGAL, RUSSIA, JAPAN, INDIA = (load_facts()[code] for code in ("PT", "RU", "JP", "IN"))


def read(place, text="Lisboa", language=None):
    known = {"text": text, "name": text, "kind": "town", "latitude": place[0], "longitude": place[1], "radius_km": 3.0}
    return ReadTexts({"1.a.0": [text, "other words"]}, {text: known}, language)


def says(text):
    return {"1.a.0": [{"role": "assistant", "content": text}]}


@pytest.mark.parametrize(
    ("text", "facts", "finding"),
    [
        ("Лиссабон", PORTUGAL, Finding.CONFLICTS),
        ("Lisboa", PORTUGAL, Finding.UNKNOWN),
        ("Москва", RUSSIA, Finding.UNKNOWN),
        ("Moscow", RUSSIA, Finding.UNKNOWN),
        ("東京", JAPAN, Finding.UNKNOWN),
        ("東京", PORTUGAL, Finding.CONFLICTS),
        ("12", PORTUGAL, Finding.UNKNOWN),
        ("Lisboa", None, Finding.UNKNOWN),
    ],
)
def test_a_text_conflicts_where_its_script_is_not_written(text, facts, finding):
    assert check_language(text, None, facts) is finding


@pytest.mark.parametrize(
    ("others", "facts", "finding"),
    [
        ("pt", PORTUGAL, Finding.AGREES),
        ("gl", PORTUGAL, Finding.AGREES),  # hardly told from Portuguese in a few words
        ("ja", PORTUGAL, Finding.CONFLICTS),
        ("en", JAPAN, Finding.UNKNOWN),  # English stands everywhere
        ("en", INDIA, Finding.AGREES),
        ("ta", INDIA, Finding.AGREES),
        (None, JAPAN, Finding.UNKNOWN),
    ],
)
def test_the_other_words_are_compared_with_the_languages_of_the_country(others, facts, finding):
    assert check_language("Lisboa", others, facts) is finding


def test_the_driving_side_that_a_reply_saw_is_compared_with_that_of_the_country():
    for words, finding in (("cars drive on the left", "conflicts"), ("traffic keeps to the right", "agrees")):
        (check,) = check_texts(read(LISBON), Pool(said(LISBON)), says(words))
        assert check.driving_side == finding
    (check,) = check_texts(read(LISBON), Pool(said(LISBON)), says("a car is parked on the left"))
    assert check.driving_side is Finding.UNKNOWN


def test_retrieved_photos_agree_within_25_km_and_are_silent_from_a_gallery_of_unknown_worth():
    (near,) = check_texts(read(LISBON), Pool(retrieved(LISBON)), {})
    (far,) = check_texts(read(LISBON), Pool(retrieved(TOKYO)), {})
    assert (near.retrieval, far.retrieval) == (Finding.AGREES, Finding.UNKNOWN)


def test_several_texts_together_on_the_map_agree_there_and_conflict_elsewhere():
    together = Candidate(*LISBON, origin="map", agreeing=2)
    assert check_map((together,), *LISBON) is Finding.AGREES
    assert check_map((together,), *TOKYO) is Finding.CONFLICTS
    assert check_map((replace(together, agreeing=1),), *TOKYO) is Finding.UNKNOWN


def test_checks_are_plain_in_the_answer_and_read_back_the_same():
    checks = check_texts(read(LISBON, language="ja"), Pool(said(LISBON)), says("they drive on the left"))
    documents = to_documents(checks)
    assert type(documents[0]["language"]) is str and documents[0]["language"] == "conflicts"
    assert read_checks(documents) == checks
    assert check_texts(ReadTexts(), Pool(said(LISBON)), {}) == ()
