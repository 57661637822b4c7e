import pytest
from langchain_core.tools import ToolException

from sextant.geo.countries import load_countries_by_code
from sextant.tools.country_facts import country_facts, load_facts


def test_every_country_has_a_row() -> None:
    assert load_facts().keys() == load_countries_by_code().keys()


@pytest.mark.parametrize(
    ("code", "side", "calling", "domain", "currency", "script"),
    [
        ("GB", "left", 44, ".uk", "GBP", "Latin"),
        ("JP", "left", 81, ".jp", "JPY", "Katakana"),
        ("TH", "left", 66, ".th", "THB", "Thai"),
        ("US", "right", 1, ".us", "USD", "Latin"),
        ("GR", "right", 30, ".gr", "EUR", "Greek"),
        ("GE", "right", 995, ".ge", "GEL", "Georgian"),
        ("ZA", "left", 27, ".za", "ZAR", "Latin"),
        ("KR", "right", 82, ".kr", "KRW", "Hangul"),
    ],
)
def test_known_facts_are_right(code: str, side: str, calling: int, domain: str, currency: str, script: str) -> None:
    facts = load_facts()[code]
    assert (facts.driving_side, facts.calling_code, facts.domain) == (side, calling, domain)
    assert currency in facts.currencies
    assert script in facts.scripts


def test_what_is_not_known_is_none_and_left_out() -> None:
    antarctica = load_facts()["AQ"]
    assert (antarctica.driving_side, antarctica.calling_code, antarctica.plate) == (None, None, None)
    assert "traffic" not in country_facts.invoke({"code": "AQ"})


def test_no_field_holds_an_empty_or_foreign_value() -> None:
    for facts in load_facts().values():
        assert facts.driving_side in ("left", "right", None)
        assert facts.domain is None or (facts.domain[0] == "." and len(facts.domain) == 3)
        assert all(len(currency) == 3 and currency.isupper() for currency in facts.currencies)
        assert all(facts.scripts)


def test_a_country_is_found_by_name_and_an_unknown_one_is_said() -> None:
    assert country_facts.invoke({"code": "Kenya"}).splitlines()[:2] == ["Kenya (KE)", "traffic keeps: left"]
    with pytest.raises(ToolException, match="'Atlantis' is not known"):
        country_facts.invoke({"code": "Atlantis"})
