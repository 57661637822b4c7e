from hypothesis import given
from hypothesis import strategies as st

from sextant.base.file_names import escape_name, restore_name


def test_bytes_that_are_not_utf8_are_written_and_restored():
    name = b"\xff\xfe Jos\xe9.jpg".decode("utf-8", "surrogateescape")
    assert escape_name(name) == r"\xff\xfe Jos\xe9.jpg"
    assert restore_name(escape_name(name)) == name


@given(st.text().filter(lambda text: "\\x" not in text))
def test_other_names_stay_as_they_are(name):
    name = "".join(letter for letter in name if not "\ud800" <= letter <= "\udfff")
    assert escape_name(name) == restore_name(name) == name


@given(st.binary(max_size=20).filter(lambda name: b"\\x" not in name))
def test_every_name_that_a_file_system_holds_comes_back(name):
    held = name.decode("utf-8", "surrogateescape")
    escape_name(held).encode("utf-8")
    assert restore_name(escape_name(held)) == held
