"""Combine two angles into a position, in the order that is valid."""

from sextant.agent.answers.angles import Angle


def order_angles(first: Angle, second: Angle) -> tuple[float, float, str] | None:
    """Return (latitude, longitude, note) of two angles given in that order; None where no order is valid.

    Hemispheres decide the order where they are given. Otherwise the stated order stands unless only the swapped
    one is valid. Longitudes from 180 to 360 count eastwards and are wrapped.
    """
    notes = ["midpoint of a range"] if first.is_range or second.is_range else []
    if first.axis == "longitude" or second.axis == "latitude":
        if first.axis == "latitude" or second.axis == "longitude":
            return None
        first, second = second, first
    elif not _is_valid(first.degrees, second.degrees) and first.axis is None and second.axis is None:
        if not (abs(first.degrees) <= 180 and abs(second.degrees) <= 90):
            return None
        first, second = second, first
        notes.append("order swapped")
    if not _is_valid(first.degrees, second.degrees):
        return None
    longitude = second.degrees - 360 if second.degrees > 180 else second.degrees
    return first.degrees, longitude, "; ".join(notes)


def _is_valid(latitude: float, longitude: float) -> bool:
    return -90 <= latitude <= 90 and -180 <= longitude <= 360
