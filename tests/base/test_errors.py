from sextant.base.errors import LONGEST, format_error, format_system_reason


def test_an_error_of_many_lines_is_one():
    assert format_error(ValueError("one\n  two\t three ")) == "one two three"


def test_an_error_without_words_is_named_by_its_type():
    assert format_error(KeyboardInterrupt()) == "KeyboardInterrupt"


def test_a_long_error_is_cut():
    assert len(format_error(ValueError("x" * 1000))) == LONGEST


def test_the_systems_reason_stands_without_number_and_path():
    assert format_system_reason(OSError(28, "No space left on device", "/tmp/f")) == "No space left on device"
    assert format_system_reason(ValueError("a\nb")) == "a b"
    assert format_system_reason(OSError("broken pipe")) == "broken pipe"
