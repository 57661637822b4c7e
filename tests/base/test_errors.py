from sextant.base.errors import LONGEST, one_line, system_reason


def test_an_error_of_many_lines_is_one():
    assert one_line(ValueError("one\n  two\t three ")) == "one two three"


def test_an_error_without_words_is_named_by_its_type():
    assert one_line(KeyboardInterrupt()) == "KeyboardInterrupt"


def test_a_long_error_is_cut():
    assert len(one_line(ValueError("x" * 1000))) == LONGEST


def test_the_systems_reason_stands_without_number_and_path():
    assert system_reason(OSError(28, "No space left on device", "/tmp/f")) == "No space left on device"
    assert system_reason(ValueError("a\nb")) == "a b"
    assert system_reason(OSError("broken pipe")) == "broken pipe"
