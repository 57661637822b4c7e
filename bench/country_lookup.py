"""Measure how often the polygons agree with GeoNames on a place's country, and the gain of batch look-ups.

Data: all places of the gazetteer (GeoNames cities above 1000 inhabitants). Run: python -m bench.country_lookup
"""

from time import perf_counter

from sextant.geo.borders import find_countries, find_country, measure_border_km
from sextant.geo.towns import load_gazetteer

ALONE = 5000


def main() -> None:
    table = load_gazetteer()
    find_countries(table.positions)  # loads the map and prepares its polygons
    begun = perf_counter()
    found = find_countries(table.positions)
    together = (perf_counter() - begun) / len(found)
    begun = perf_counter()
    for latitude, longitude in table.positions[:ALONE].tolist():
        find_country(latitude, longitude)
    alone = (perf_counter() - begun) / ALONE
    pairs = list(zip(found, table.codes, strict=True))
    agree = sum(country is not None and code in country.gazetteer_codes for country, code in pairs)
    at_sea = sum(country is None for country in found)
    print(f"{len(found)} places: {agree / len(found):.2%} in the country GeoNames says,", end=" ")
    print(f"{at_sea / len(found):.2%} off the drawn coast, {1 - (agree + at_sea) / len(found):.2%} in another")
    others = [n for n, (country, code) in enumerate(pairs) if country and code not in country.gazetteer_codes]
    near = sum(measure_border_km(*table.positions[n].tolist())[0] < 2 for n in others)
    print(f"of the {len(others)} in another country, {near / len(others):.0%} lie within 2 km of a border")
    print(f"asking for all at once is {alone / together:.0f} times as fast per place as one by one")


if __name__ == "__main__":
    main()
