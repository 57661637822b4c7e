"""The five radii at which geolocation is measured, declared once."""

RADII_KM = (1.0, 25.0, 200.0, 750.0, 2500.0)
"""Street, city, region, country, continent: the field's radii since IM2GPS (Hays and Efros, CVPR 2008)."""
RADIUS_NAMES = tuple(f"{radius:g}" for radius in RADII_KM)
"""The keys of an answer's ``probability``."""
SCALES = tuple(zip(RADIUS_NAMES, ("street", "city", "region", "country", "continent"), strict=True))
"""Radius in km, as answers name it, and what a person calls a place of that size."""
