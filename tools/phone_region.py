"""The phone_region tool: country and area of a telephone number."""

from dataclasses import asdict, dataclass
from typing import Any

from langchain_core.tools import ToolException, tool
from pydantic import BaseModel, Field

from sextant.base.errors import SextantError
from sextant.geo.countries import find_country_code


class NotANumber(SextantError):
    """The text is not a telephone number with a known country."""


@dataclass(frozen=True)
class PhoneRegion:
    """Where a number belongs; ``area`` is a town or region for land lines, as libphonenumber knows it."""

    number: str
    country_codes: tuple[str, ...]
    area: str | None
    valid: bool


def find_region(number: str, country_code: str | None = None) -> PhoneRegion:
    """Find country and area of a number by libphonenumber's numbering plans.

    Args:
        number: with its country calling code (+33 …, 0033 …), or a national number together with ``country_code``.
        country_code: ISO alpha-2 code of the country assumed for a national number.

    Raises:
        NotANumber: the text is not a number, or is a national number without a country.
    """
    import phonenumbers
    from phonenumbers import geocoder

    text = number.strip()
    text = f"+{text[2:]}" if text.startswith("00") else text
    if not text.startswith("+") and country_code is None:
        raise NotANumber(f"number {number!r} has no country calling code; add the country you suspect")
    try:
        parsed = phonenumbers.parse(text, country_code)
    except phonenumbers.NumberParseException as error:
        raise NotANumber(
            f"{number!r} is not a telephone number ({str(error).rstrip('.')}); copy its digits exactly"
        ) from error
    region = phonenumbers.region_code_for_number(parsed)
    codes = (region,) if region else phonenumbers.region_codes_for_country_code(parsed.country_code or 0)
    shown = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    area = geocoder.description_for_valid_number(parsed, "en") or None
    return PhoneRegion(shown, tuple(codes), area, phonenumbers.is_valid_number(parsed))


class Number(BaseModel):
    """A telephone number as it is written."""

    number: str = Field(
        min_length=3, max_length=40, description="as written; +… or 00… if it has a country calling code"
    )
    country: str | None = Field(
        default=None, max_length=60, description="for national numbers: the country you suspect"
    )


@tool("phone_region", args_schema=Number, response_format="content_and_artifact")
def phone_region(number: str, country: str | None = None) -> tuple[str, dict[str, Any]]:
    """Country and area a telephone number belongs to. Use it for numbers on signs and vans. With the country you
    suspect it also says whether a national number fits that country's numbering."""
    code = find_country_code(country) if country else None
    if country and code is None:
        raise ToolException(f"country {country!r} is not known; give its English name or ISO code")
    try:
        found = find_region(number, code)
    except NotANumber as error:
        raise ToolException(str(error)) from error
    where = (
        f"{found.area} ({', '.join(found.country_codes)})"
        if found.area
        else ", ".join(found.country_codes) or "nowhere known"
    )
    fits = "a valid number" if found.valid else "not a valid number there"
    return f"{found.number}: {where}; {fits}", asdict(found)
