"""`sextant.where`: what lies at a position."""

from sextant.base.errors import WrongUse
from sextant.geo.places import Place, describe


def where(latitude: float, longitude: float) -> Place:
    """Return what lies at a position: country, division, nearest place, sea, border. Works offline.

    >>> sextant.where(48.86, 2.35).country
    'France'

    Args:
        latitude: degrees, -90 to 90, WGS84.
        longitude: degrees, -180 to 180.

    Raises:
        SextantError: a value is not a position on Earth.
    """
    try:
        return describe(float(latitude), float(longitude))
    except (TypeError, ValueError) as error:
        raise WrongUse(f"{latitude!r}, {longitude!r} is not a position; give two numbers in degrees") from error
