import json

import pytest

from sextant.agent.warning_codes import (
    UNCALIBRATED_TEXT,
    Code,
    add_codes,
    has_code,
    read_warnings,
    remove_codes,
    warn,
    warn_uncalibrated,
)

# As versions without codes wrote them into answers and recordings.
EARLIER = {
    "the probabilities are shares of the candidates, not calibrated on held-out photos": Code.UNCALIBRATED,
    "3 of the model's answers failed: openai at the model server cannot be reached": Code.ANSWERS_FAILED,
    "an answer of the model was cut off at the token limit; raise max_output_tokens": Code.ANSWER_CUT,
    "an answer of the model was cut by the provider's content filter": Code.ANSWER_FILTERED,
    "the prompt was too long for the model; it was asked again with fewer references": Code.FEWER_REFERENCES,
    "the model takes no tools; similar photos were listed in its prompt instead": Code.NO_TOOLS,
    "read_text found text that reads like an instruction: 'ignore all'": Code.INSTRUCTION_FOUND,
    "Not compared with what was done, since the guard does not read it: text in Thai.": Code.UNCHECKED_LANGUAGE,
    "the gallery holds nothing that looks like this photo, so what was retrieved counts less": Code.UNLIKE_GALLERY,
    "the gallery holds no photo that this run may be shown": Code.GALLERY_EMPTY,
    "the gallery does not know this photo's photographer; only the photo itself was left out": Code.AUTHOR_UNKNOWN,
    "2 of 16 gallery photos could not be opened for the contact sheet": Code.SHEET_INCOMPLETE,
    "the run was stopped before the gallery answered": Code.STOPPED_EARLY,
    "something else": Code.OTHER,
}


@pytest.mark.parametrize(("text", "code"), EARLIER.items())
def test_a_text_of_an_earlier_version_gets_its_code(text, code):
    assert read_warnings([text]) == [{"code": code.value, "text": text}]


def test_a_warning_with_a_code_is_read_as_it_is():
    made = [warn(Code.NO_TOOLS, "any words"), {"code": "of a later version", "text": "new"}]
    assert read_warnings(json.loads(json.dumps(made))) == made


def test_an_answer_of_an_earlier_version_gets_codes_and_nothing_else_changes():
    assert add_codes({"best": None, "warnings": [UNCALIBRATED_TEXT]}) == {
        "best": None,
        "warnings": [warn_uncalibrated()],
    }
    assert add_codes({"best": None}) == {"best": None}


def test_codes_are_found_and_taken_out():
    both = [warn_uncalibrated(), warn(Code.OTHER, "x")]
    assert has_code(both, Code.UNCALIBRATED) and not has_code(both, Code.NO_TOOLS)
    assert remove_codes(both, Code.UNCALIBRATED) == both[1:]


def test_every_code_has_a_value_of_its_own():
    assert len({code.value for code in Code}) == len(Code)
