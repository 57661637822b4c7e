from sextant.agent.prompting.disagreement import quote_case_for

LISBON = (38.7223, -9.1393)
FAR = {"nearest": [{"latitude": 48.85, "longitude": 2.35}]}  # 1,454 km from Lisbon
NEAR = {"nearest": [{"latitude": 38.8, "longitude": -9.2}]}


def answered(latitude, longitude, clues=(), alternatives=()):
    return {
        "kind": "answered",
        "latitude": latitude,
        "longitude": longitude,
        "clues": [{"text": text} for text in clues],
        "alternatives": [{"latitude": a, "longitude": b} for a, b in alternatives],
    }


def case(outcomes, references):
    return quote_case_for(*LISBON, {"outcomes": dict(enumerate(outcomes))}, references)


def test_gallery_photos_are_named_only_where_some_lie_near():
    for references in (None, {"nearest": []}, FAR):
        assert "gallery photos lie there" not in case([answered(*LISBON)], references).replace("no similar", "")
    assert "similar gallery photos lie there" in case([], NEAR)


def test_an_answer_without_clues_is_said_to_be_one():
    text = case([answered(*LISBON), answered(38.7, -9.2), answered(60.0, 10.0)], FAR)
    assert "2 earlier answers named it without a reason" in text and "gallery" not in text
    assert "1 earlier answer named it without a reason and similar gallery photos" in case([answered(*LISBON)], NEAR)


def test_an_alternative_is_said_to_be_one():
    assert "as an alternative" in case([answered(60.0, 10.0, alternatives=[LISBON])], None)


def test_reasons_are_quoted_where_there_are_some():
    text = case([answered(*LISBON, clues=["a yellow tram"])], NEAR)
    assert "a yellow tram" in text and "without a reason" not in text
