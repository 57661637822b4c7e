import pytest
from langchain_core.tools import ToolException

from sextant.tools.phone_region import NotANumber, find_region, phone_region


def test_a_calling_code_says_the_country_and_land_lines_the_town() -> None:
    found = find_region("+33 1 42 68 53 00")
    assert (found.country_codes, found.area, found.valid) == (("FR",), "Paris", True)


def test_double_zero_is_a_plus() -> None:
    assert find_region("0044 20 7946 0018").country_codes == ("GB",)


def test_a_shared_calling_code_is_told_apart_by_the_number() -> None:
    assert find_region("+1 416 555 0123").country_codes == ("CA",)
    assert find_region("+1 212 555 0123").country_codes == ("US",)


def test_a_national_number_needs_its_country() -> None:
    with pytest.raises(NotANumber, match="country calling code"):
        find_region("030 901820")
    assert find_region("030 901820", "DE").area == "Berlin"


def test_a_national_number_that_does_not_fit_the_country_says_so() -> None:
    assert not find_region("030 901820", "DK").valid


def test_the_tool_says_what_is_no_number() -> None:
    with pytest.raises(ToolException, match="not a telephone number"):
        phone_region.invoke({"number": "call me", "country": "France"})
    assert phone_region.invoke({"number": "+49 30 901820"}) == "+49 30 901820: Berlin (DE); a valid number"
