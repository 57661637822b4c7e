"""Exports of a session that holds every kind of foreign text."""

import csv
import io
import json
from xml.etree import ElementTree

import pytest
import shapely
from PIL import Image
from shapely.geometry import shape

from sextant.agent.answer_statement import state_answer
from sextant.app.exports import FORMATS
from sextant.app.exports.case_file import make_case_file
from sextant.app.exports.case_manifest import check_case_file
from sextant.app.exports.case_parts import CaseParts, PhotoParts, Thumbnail, find_open_licence

EVIL = '<script>alert("x")</script>&\x0b=cmd|"/c calc"!A1'
KML = "{http://www.opengis.net/kml/2.2}"


def place(latitude, longitude, **more):
    return {"latitude": latitude, "longitude": longitude, "country": "Fiji", "admin1": None, "place": EVIL, **more}


@pytest.fixture
def session():
    part = {"latitude": -17.7, "longitude": 179.5, "radius_km": 300.0}
    far = {"latitude": 10.0, "longitude": 20.0, "radius_km": 25.0}
    answer = {
        "best": place(-17.7, 179.5, country_code="FJ", at_sea=False),
        "probability": {"1": None, "25": 0.4, "200": 0.6, "750": 0.8, "2500": 0.9},
        "region": {
            "50": {"probability": 0.5, **part, "parts": [part]},
            "90": {"probability": 0.9, "latitude": -17.7, "longitude": 179.5, "parts": [part, far]},
        },
        "rival": place(10.0, 20.0),
        "candidates": [
            place(-17.7, 179.5, origin="answer", score=0.9, variant=EVIL),
            place(10, 20, origin="nearest", score=0.1),
        ],
        "claims": [{"text": EVIL, "source": "read", "call": "1.a.0", "struck": EVIL}],
        "warnings": [{"code": "other", "text": EVIL}],
        "model": "openai:x",
        "preset": "default",
        "stop": "agreement",
        "spent": {"calls": 4, "tokens": 10, "usd": None, "seconds": 1.0, "estimated_calls": 0},
        "coverage": None,
        "metadata": {
            "verdict": "conflicts", "latitude": 10.5, "longitude": 20.5, "source": "exif", "taken_at": None,
            "distance_km": 17000.0, "notes": [],
        },
        "photo": {"sha256": "ab" * 32, "path": EVIL, "width": 4, "height": 3},
    }  # fmt: skip
    photo = {
        "key": "1",
        "name": "photo 1",
        "status": "located",
        "file": "=HYPERLINK(1)",
        "sha256": "ab" * 32,
        "run": "20260101-000000-abcdef",
        "error": None,
        "answer": answer,
        "metadata": {"verdict": "absent", "text": EVIL, "time": None},
        "nearest": [place(-17.7, 179.4, similarity=0.9)],
        "farthest": [place(60.0, 10.0, similarity=0.1)],
        "places": [place(-17.7, 179.5, votes=1, of=2, score=0.9)],
        "told": state_answer(answer),
        "ledger": answer["claims"],
        "constraints": [EVIL],
        "changed": None,
        "pictures": True,
        "done": [{"branch": EVIL, "tools": ["distance"], "references": True}],
    }
    broken = {
        "key": "2",
        "name": "photo 2",
        "status": "failed",
        "file": EVIL,
        "sha256": "cd" * 32,
        "run": "x",
        "error": EVIL,
    }
    turns = [
        {"id": "a", "by": "you", "text": EVIL, "photos": ["photo 1"], "cap": None},
        {
            "id": "b",
            "by": "sextant",
            "text": EVIL,
            "entries": [{"text": EVIL, "source": "read", "call": None, "struck": None}],
        },
    ]
    return {"session": "trip", "precision": None, "turns": turns, "photos": [photo, broken]}


def test_geojson_says_what_each_place_is_and_is_cut_at_the_date_line(session):
    collection = json.loads(FORMATS["geojson"].make(session))
    roles = [feature["properties"]["role"] for feature in collection["features"]]
    assert roles[:3] == ["region 90 %", "region 50 %", "answer"]
    assert collection["features"][2]["geometry"]["coordinates"] == [179.5, -17.7]
    for feature in collection["features"][:2]:
        area = shape(feature["geometry"])
        assert area.is_valid
        west, _, east, _ = area.bounds
        assert west >= -180 and east <= 180
    assert shape(collection["features"][1]["geometry"]).contains(shapely.Point(-179.9, -17.7))


def test_kml_is_well_formed_whatever_the_names_hold(session):
    root = ElementTree.fromstring(FORMATS["kml"].make(session).encode())
    names = [name.text for name in root.iter(f"{KML}name")]
    assert any("<script>" in name for name in names)
    assert root.find(f".//{KML}Point/{KML}coordinates").text == "179.5,-17.7"


def test_csv_has_a_row_a_place_and_no_formula(session):
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"].make(session))))
    assert [row["role"] for row in rows] == ["answer", "rival", "file", "candidate", "candidate"]
    assert rows[0]["latitude"] == "-17.7"
    assert rows[0]["file"] == "'=HYPERLINK(1)"


def test_the_case_file_fetches_nothing_and_runs_nothing(session):
    page = FORMATS["html"].make(session)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not [word for word in ("http://", "https://", 'src="http', "url(", "@import") if word in page]
    for wanted in ("ab" * 32, "<svg", "sextant-geo", "langgraph", "1.a.0"):
        assert wanted in page


def test_every_part_of_the_case_file_is_in_its_manifest_and_a_change_is_found(session):
    sent = (
        {"service": "openai:x", "host": "api.example", "left": True, "calls": 4, "characters": 900, "pictures": []},
    )
    parts = PhotoParts(b"the picture", (Thumbnail(1, b"a thumbnail", "CC BY 4.0"),), 3, sent)
    page = make_case_file(session, CaseParts({"1": parts}))
    assert check_case_file(page).faults == ()
    names = page[page.index('id="manifest"') :]
    for name in ("picture.jpg", "map.svg", "similar-1.jpg", "answer.json", "ledger.json", "steering.json", "sent.json"):
        assert f"photo-1/{name}" in names
    for name in ("conversation.json", "versions.json"):
        assert name in names
    assert "openai:x at api.example: 4 calls with 900 characters" in page
    assert "3 of them are listed without a picture" in page
    assert "17,000 km from the answer" in page or "17000" in page
    forged = page.replace("&#34;characters&#34;: 900", "&#34;characters&#34;: 901")
    assert [str(fault) for fault in check_case_file(forged).faults] == [
        "photo-1/sent.json was changed",
        "page.html was changed",
    ]
    assert "The picture was left out." in make_case_file(session, CaseParts({"1": PhotoParts()}, picture=False))


@pytest.mark.parametrize(
    ("stated", "open_licence"),
    [
        ("CC BY-SA 4.0 Ana", True),
        ("CC0", True),
        ("This is in the public domain", True),
        ("CC BY-NC 2.0", False),
        ("CC BY-ND", False),
        ("© 2020 Ana, all rights reserved", False),
        ("", False),
    ],
)
def test_a_reference_is_passed_on_only_under_an_open_licence(stated, open_licence):
    exif = Image.Exif()
    exif[0x8298] = stated
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG", exif=exif)
    assert bool(find_open_licence(out.getvalue())) is open_licence


def test_every_export_says_that_precision_was_capped(session):
    session["precision"] = {"cap": "city", "countries": {}, "reason": "the owner asked"}
    for name, made in FORMATS.items():
        assert ("city" if name == "csv" else "the owner asked") in made.make(session), name


@pytest.mark.parametrize(
    "text", ["=1+1", " =1+1", "\t=1", "\u00a0=1", "＝1+1", "\u200b=1", "\n=1", " ＋1", "@x", "−1", "﹦1", "\ufeff=1"]
)
def test_no_text_is_a_formula_for_a_spreadsheet(text):
    from sextant.app.exports.table import _format_cell

    assert _format_cell(text) == f"'{text}"
    assert _format_cell("Lisbon = capital") == "Lisbon = capital"
    assert _format_cell(-1.5) == -1.5
