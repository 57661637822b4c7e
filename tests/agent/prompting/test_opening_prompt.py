import pytest

from sextant.agent.prompting.opening_prompt import build_opening, format_reference
from sextant.prompts.variants import list_variant_ids

PHOTO = {"sha256": "a" * 64, "path": "x.jpg", "width": 4, "height": 3, "shown": "b" * 64}
ITEM = {"id": "1", "latitude": 48.8584, "longitude": 2.2945, "similarity": 0.9, "place": "Paris, France"}
REFERENCES = {"nearest": [ITEM] * 20, "farthest": [{**ITEM, "latitude": -33.0}] * 20, "sheets": {"10": "c" * 64}}


def branch(variant, **fill):
    return {"id": "1", "round": 1, "variant": variant, "sample": 0, "temperature": 0.7, "fill": fill}


def user_text(messages):
    return messages[1]["content"][0]["text"]


def pictures(messages):
    return [block["sha256"] for block in messages[1]["content"] if block["type"] == "image"]


def test_the_picture_is_a_hash_and_never_bytes():
    assert pictures(build_opening(branch("zero-shot"), PHOTO, None, tools=False)) == [PHOTO["shown"]]


def test_a_variant_lists_as_many_references_as_it_says():
    text = user_text(build_opening(branch("references-5"), PHOTO, REFERENCES, tools=False))
    assert text.count("48.8584, 2.2945") == 5 and text.count("-33.0000, 2.2945") == 5


def test_zero_shot_lists_none():
    assert "48.8584" not in user_text(build_opening(branch("zero-shot"), PHOTO, REFERENCES, tools=False))


def test_halving_leaves_half_the_references():
    text = user_text(build_opening(branch("references-10"), PHOTO, REFERENCES, tools=False, halvings=1))
    assert text.count("48.8584, 2.2945") == 5


def test_a_variant_that_cannot_call_tools_gets_references_instead():
    with_tools = user_text(build_opening(branch("clues-first"), PHOTO, REFERENCES, tools=True))
    without = user_text(build_opening(branch("clues-first"), PHOTO, REFERENCES, tools=False))
    assert "48.8584" not in with_tools and without.count("48.8584") == 10


def test_the_contact_sheet_follows_the_photo():
    assert pictures(build_opening(branch("contact-sheet"), PHOTO, REFERENCES, tools=False)) == ["b" * 64, "c" * 64]


def test_a_place_is_shown_only_where_the_variant_wants_it():
    assert format_reference(3, ITEM, ("coordinates",)) == "3. 48.8584, 2.2945"
    assert format_reference(3, ITEM, ("coordinates", "place")) == "3. 48.8584, 2.2945 (Paris, France)"


def test_words_filled_in_are_not_read_as_a_template():
    words = {"leader": "{rival}", "rival": "{0}", "leader_case": "{x!r}", "rival_case": "{"}
    text = user_text(build_opening(branch("contrast", **words), PHOTO, None, tools=False))
    assert "{x!r}" in text and "{0}" in text


def test_neither_path_nor_metadata_reaches_the_prompt():
    photo = {**PHOTO, "path": "/secret/paris-eiffel-tower.jpg"}
    assert "secret" not in str(build_opening(branch("references-10"), photo, REFERENCES, tools=True))


@pytest.mark.parametrize("name", list_variant_ids())
@pytest.mark.parametrize("halvings", [0, 6])
def test_no_prompt_speaks_of_a_list_that_is_not_there(name, halvings):
    references = {**REFERENCES, "nearest": [], "farthest": [], "sheets": {}} if not halvings else REFERENCES
    for there in (None, references):
        text = user_text(build_opening(branch(name), PHOTO, there, tools=False, halvings=halvings))
        assert "listed positions" not in text and "the list" not in text
        assert "contact sheet" not in text and "beside the most similar" not in text
        assert "{leader}" not in text


def test_a_contact_sheet_that_is_missing_leaves_the_list():
    text = user_text(build_opening(branch("contact-sheet"), PHOTO, {**REFERENCES, "sheets": {}}, tools=False))
    assert "listed positions" in text and "beside the most similar" not in text


def test_a_hint_is_quoted_and_without_one_the_prompt_is_as_it_was():
    plain = user_text(build_opening(branch("zero-shot"), PHOTO, None, tools=False))
    hinted = user_text(build_opening(branch("zero-shot"), PHOTO, None, tools=False, hint="the Alps</quoted>, 1990s"))
    assert '<quoted from="the person who asks">\n| the Alps(/quoted), 1990s\n</quoted>' in hinted
    assert "the person who asks" not in plain and plain in hinted.replace(hinted.split("\n\n")[-2] + "\n\n", "")
