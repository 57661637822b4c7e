import pytest

from sextant.agent.guard.claim_patterns import find_claimed_checks
from sextant.agent.guard.claims import Trace, build_ledger, check_sentence, split_sentences, strike_phantom_checks

NOTHING = Trace()
LOOKED = Trace((("1.a.0#1", "reverse_geocode"), ("1.a.0#2", "nearest_photos")), references=True)

PHANTOMS = [
    "I verified this on Google Street View.",
    "I checked the web and it matches.",
    "Satellite imagery confirms the roof colours.",
    "I measured the distance to the coast.",
    "I zoomed in on the plate.",
    "After checking the phone code, it is Portugal.",
    "A reverse image search found the same square.",
    "The shadow angle was computed for noon.",
    "Confirmed by OCR.",
    "I have double-checked this.",
    "We looked the place name up.",
    "I’ve cross-referenced it with Wikipedia.",
]
HONEST = [
    "The sign reads Rua Augusta.",
    "I could not check the web.",
    "You could verify it on Street View.",
    "This should be verified with satellite imagery.",
    "The road was used by trams.",
    "The shop looks like one in Porto.",
    "I see a checkered floor.",
    "Without checking the map I would say Lisbon.",
    "The roofs are red.",
]


@pytest.mark.parametrize("sentence", PHANTOMS)
def test_a_check_that_nobody_made_is_struck(sentence):
    entry = check_sentence(sentence, NOTHING)
    assert entry.struck == sentence
    assert "no tool was called" in entry.text


@pytest.mark.parametrize("sentence", HONEST)
def test_what_claims_no_check_stands(sentence):
    assert find_claimed_checks(sentence) is None
    assert check_sentence(sentence, NOTHING).text == sentence


def test_a_check_in_the_trace_stands_with_its_call():
    entry = check_sentence("I reverse-geocoded the coordinates.", LOOKED)
    assert (entry.struck, entry.call) == (None, "1.a.0#1")


def test_a_check_of_another_kind_does_not_cover_it():
    assert check_sentence("I measured the distance.", LOOKED).struck


def test_what_was_done_stands_in_its_place():
    assert "nearest_photos once" in check_sentence("I checked Street View.", LOOKED).text


def test_references_in_the_prompt_cover_a_comparison_with_them():
    entry = check_sentence("I checked the similar photos and most are in Portugal.", Trace(references=True))
    assert (entry.source, entry.struck) == ("retrieved", None)


def test_a_sentence_takes_the_source_of_the_clue_it_repeats():
    clues = [{"text": "yellow trams on narrow streets", "source": "seen", "call": "1.a.0"}]
    assert check_sentence("Narrow streets with yellow trams run uphill.", NOTHING, clues).source == "seen"


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("The EXIF says noon.", "metadata"),
        ("The sign reads Rua Augusta.", "read"),
        ("The shop sign “Farmácia” is Portuguese.", "read"),
        ("The plate is Portuguese.", "seen"),
        ("Similar photos lie there.", "retrieved"),
        ("It feels Iberian.", "inferred"),
        ("There are no readable signs.", "seen"),
        ("The signs are too blurry to read.", "seen"),
        ("I cannot make out the lettering on the wall.", "seen"),
        ("If a sign said Lisbon, I would be sure.", "inferred"),
        ("I cannot see any cars.", "inferred"),
    ],
)
def test_every_sentence_has_a_source(sentence, source):
    assert check_sentence(sentence, LOOKED).source == source


def test_gallery_photos_that_nobody_was_shown_are_no_source():
    assert check_sentence("Similar photos lie there.", NOTHING).source == "inferred"
    clue = {"text": "similar photos lie in Porto", "source": "retrieved", "call": "1.a.0"}
    assert strike_phantom_checks([clue], {"1.a.0": NOTHING})[0]["source"] == "inferred"
    assert strike_phantom_checks([clue], {"1.a.0": LOOKED})[0]["source"] == "retrieved"


def test_a_model_that_read_no_sign_is_not_tagged_as_reading():
    clue = {"text": "No legible signs", "source": "read", "call": "1.a.0"}
    assert strike_phantom_checks([clue], {"1.a.0": LOOKED})[0]["source"] == "seen"


def test_claims_of_an_answer_are_guarded_by_their_own_branch():
    claim = {"text": "I checked the distance", "source": "inferred", "call": "1.a.0"}
    traces = {"1.a.0": NOTHING, "1.b.0": Trace((("1.b.0#1", "distance"),))}
    assert strike_phantom_checks([claim], traces)[0]["struck"] == claim["text"]
    assert "struck" not in strike_phantom_checks([{**claim, "call": "1.b.0"}], traces)[0]


def test_abbreviations_and_numbers_do_not_end_a_sentence():
    assert split_sentences("It is approx. 3.5 km from St. Ives. Really!") == [
        "It is approx. 3.5 km from St. Ives.",
        "Really!",
    ]


def test_every_sentence_of_a_text_is_in_the_ledger():
    text = "The sign is Greek. I verified it online.\nSo it is Greece."
    entries = build_ledger(text, NOTHING)
    assert [entry.struck is not None for entry in entries] == [False, True, False]
