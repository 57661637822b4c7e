"""Coordinates in the notations of maps, formats and languages: never on the wrong side, never in the wrong order."""

import random

import pytest

from sextant.agent.answers import parse_answer
from sextant.agent.answers.notations import rewrite_notations

SYDNEY = (-33.87, 151.21)
SPELLINGS = [
    "Latitude: 33.87 (South), Longitude: 151.21 (East)",
    "Latitude: 33.87, South; Longitude: 151.21, East",
    "South latitude: 33.87; east longitude: 151.21",
    '{"latitude": 33.87, "latitude_direction": "S", "longitude": 151.21, "longitude_direction": "E"}',
    '{"latitude": 33.87, "latitudeRef": "South", "longitude": 151.21, "longitudeRef": "East"}',
    '{"latitude_south": 33.87, "longitude_east": 151.21}',
    '{"latitude": 33.87, "ns": "S", "longitude": 151.21, "ew": "E"}',
    '{"latitude": [-33, 52, 12], "longitude": [151, 12, 36]}',
    '{"latitude": {"degrees": 33, "minutes": 52, "seconds": 12, "direction": "S"}, '
    '"longitude": {"degrees": 151, "minutes": 12, "seconds": 36, "direction": "E"}}',
    "POINT(151.21 -33.87)",
    "SRID=4326;POINT Z (151.21 -33.87 12)",
    "<Point><coordinates>151.21,-33.87,0</coordinates></Point>",
    '<wpt lat="-33.87" lon="151.21"><name>x</name></wpt>',
    "<latitude>-33.87</latitude><longitude>151.21</longitude>",
    "151.21, -33.87 (longitude, latitude)",
    "-33.87 (latitude), 151.21 (longitude)",
    "Lat. -33.87 Lon. 151.21",
    "33-52.2S 151-12.6E",
    "33-52-12S 151-12-36E",
    r"$33.87^{\circ}\mathrm{S}$, $151.21^{\circ}\mathrm{E}$",
    "33,87° südlicher Breite, 151,21° östlicher Länge",
    "33,87° de latitud sur y 151,21° de longitud este",
    "33.87° de latitude sud, 151.21° de longitude est",
    "33.87° южной широты, 151.21° восточной долготы",
    "위도 -33.87, 경도 151.21",
    "33.87°南，151.21°东",
    "خط العرض: -33.87، خط الطول: 151.21",
    "https://www.google.com/maps/search/?api=1&query=-33.87%2C151.21",
    "https://www.google.com/maps/place/X/data=!3m1!4b1!4m5!3d-33.87!4d151.21",
    "https://www.openstreetmap.org/#map=15/-33.87/151.21",
    "https://www.openstreetmap.org/?mlat=-33.87&mlon=151.21",
    "Plus code: 4RRH46J6+X2",
    "MGRS 56HLH3439950959",
    "UTM 56H 334399 6250959",
    "geohash: r3gx2f9tt5",
]


@pytest.mark.parametrize("lead", ["", "My best guess is: "])
@pytest.mark.parametrize("text", SPELLINGS)
def test_every_notation_is_read_in_its_own_order(text, lead):
    outcome = parse_answer(text if text.startswith("{") else lead + text)
    assert outcome.kind == "answered", text
    assert (outcome.latitude, outcome.longitude) == pytest.approx(SYDNEY, abs=0.02)


@pytest.mark.parametrize(
    "text",
    [
        "Shot at f/2.80, 24.00-70.00 mm. I cannot tell.",
        "Version 1.25, 3.50. No idea where this is.",
        "The aperture was f/1.80 and 35.00 mm at ISO 100. I can't say where.",
        "It costs $12.50 to 15.75 there; sorry, I cannot determine the place.",
        "<think>First idea: Chad, 10.1234, 20.1234. But the signs",
        "Size 10.5 x 12.25 cm, unable to tell.",
    ],
)
def test_other_numbers_and_broken_off_thoughts_are_no_answer(text):
    assert parse_answer(text).latitude is None


def test_ranges_of_degrees_stay_ranges():
    outcome = parse_answer("Somewhere between 30-40N and 5-8E")
    assert (outcome.latitude, outcome.longitude) == pytest.approx((35, 6.5))


@pytest.mark.parametrize(
    "text", ["", "Paris, France", "48.86, 2.35", "It looks like Lisbon - or Porto (Portugal) + more"]
)
def test_text_without_such_notations_is_untouched(text):
    assert rewrite_notations(text) == text


def test_random_text_never_raises():
    chance = random.Random(1)
    parts = [
        "POINT(",
        "<",
        "%2C",
        "http",
        "\\",
        "lat",
        "°",
        "S",
        "South",
        ")",
        "1.5",
        "-",
        "+",
        "geohash ",
        "56HLH",
        "南",
        "!3d",
    ]
    for _ in range(2000):
        rewrite_notations("".join(chance.choice(parts) for _ in range(chance.randint(0, 40))))
