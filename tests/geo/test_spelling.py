import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.geo.spelling import fold, strip_digraphs


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("München", "munchen"), ("Straße", "strasse"), ("Łódź", "lodz"), ("İstanbul", "istanbul"), ("Xi’an", "xian"),
        ("St. Moritz", "saint moritz"), ("The Hague", "hague"), ("'s-Gravenhage", "s gravenhage"), ("Ærø", "aero"),
        ("Hồ Chí Minh", "ho chi minh"), ("東京", "東京"), ("한국", "한국"), ("  A , b ", "a b"), ("!?", ""),
    ],
)  # fmt: skip
def test_names_fold_to_one_key(name, key):
    assert fold(name) == key


@given(st.text())
def test_folding_is_total_and_settles(name):
    key = fold(name)
    assert key == key.strip() and "  " not in key


@pytest.mark.parametrize("pair", [("Göttingen", "Goettingen"), ("Zürich", "Zuerich"), ("Malmö", "Malmoe")])
def test_digraphs_and_umlauts_meet(pair):
    assert len({strip_digraphs(fold(name)) for name in pair}) == 1
