"""What is drawn is the region: on the page's own code (node), in GeoJSON and in KML, for 500 random regions."""

import json
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from sextant.agent.chat.allowed_area import draw_allowed_area
from sextant.agent.chat.constraints import exclude, restrict_to
from sextant.agent.privacy.view import draw_region
from sextant.agent.verification.area import Area
from sextant.app.exports.geojson import make_photo_features
from sextant.app.exports.kml import make_kml
from sextant.geo.caps import HALF_ROUND_KM
from sextant.geo.sphere import compute_great_circle_km, find_destination

STATIC = Path(__file__).resolve().parents[3] / "app" / "web" / "static"
REGIONS, POINTS = 500, 12
EDGE = 0.002  # of a circle's radius: the polygon's sides touch it from outside
NEAR_BORDER_DEGREES = 0.02
RULED = [
    None,
    [exclude({"country": "IT"}, "not Italy")],
    [exclude({"country": "NZ"}, "not New Zealand")],
    [exclude({"country": "FJ"}, "not Fiji")],
    [restrict_to({"half": "southern"}, "south")],
    [exclude({"circle": [90.0, 0.0, 1500.0]}, "not near the pole")],
]
SCRIPT = """
import { readFileSync } from "node:fs";
const { holds, listPolygons, onEveryCopy } = await import(process.argv[2]);
const cases = JSON.parse(readFileSync(0, "utf8"));
const told = cases.map(({ geojson, points }) => {
  const drawn = listPolygons(geojson);
  const copies = onEveryCopy(drawn);
  if (copies.length !== 3 * drawn.length) throw new Error("a copy is missing");
  return points.map(([north, east]) => [holds(drawn, north, east), holds(drawn, north, east + 360)]);
});
process.stdout.write(JSON.stringify(told));
"""


def make_regions():
    """Some at the poles, some at ±180, some of the whole world, without what a person ruled out."""
    chance = np.random.default_rng(23)
    allowed = [draw_allowed_area(ruled) if ruled else None for ruled in RULED]
    for number in range(REGIONS):
        within = allowed[number % len(allowed)]
        caps = []
        for _ in range(chance.integers(1, 4)):
            latitude = float(np.degrees(np.arcsin(chance.uniform(-1, 1))))
            if chance.random() < 0.15:
                latitude = float(chance.choice([90.0, -90.0, 89.0, -89.9]))
            longitude = (
                float(chance.choice([180.0, -180.0, 179.9])) if chance.random() < 0.2 else chance.uniform(-180, 180)
            )
            whole = chance.random() < 0.05
            km = HALF_ROUND_KM if whole else float(np.exp(chance.uniform(np.log(5), np.log(18_000))))
            caps.append((latitude, float(longitude), km))
        area = Area(0.9, tuple(caps), within)
        if within is None or area.draw()["coordinates"]:
            yield area, chance


def pick_points(area, chance):
    """Pick positions anywhere and near the edges, none of them so near that rounding decides."""
    found = []
    for _ in range(POINTS):
        if chance.random() < 0.4:
            here = float(np.degrees(np.arcsin(chance.uniform(-1, 1)))), float(chance.uniform(-180, 180))
        else:
            latitude, longitude, km = area.caps[chance.integers(len(area.caps))]
            away = min(km, HALF_ROUND_KM - 1) * chance.uniform(0, 1.2)
            there = find_destination((latitude, longitude), np.array([chance.uniform(0, 360)]), away)
            here = tuple(np.asarray(there).reshape(-1).tolist())
        edges = [
            abs(float(compute_great_circle_km(cap[:2], here)) - cap[2]) / max(min(cap[2], HALF_ROUND_KM - cap[2]), 1e-3)
            for cap in area.caps
        ]
        border = shapely.boundary(area.within) if area.within is not None else None
        at_border = (
            border is not None and shapely.distance(border, shapely.Point(here[1], here[0])) < NEAR_BORDER_DEGREES
        )
        if min(edges) > EDGE and not at_border and abs(here[0]) < 89.99 and abs(abs(here[1]) - 180) > 1e-3:
            found.append(here)
    return found


@pytest.fixture(scope="module")
def cases():
    """Each region as the session view holds it, with positions and whether the region holds them."""
    made = []
    for area, chance in make_regions():
        points = pick_points(area, chance)
        region = draw_region(json.loads(json.dumps(area.to_json())))
        made.append({"region": region, "points": points, "held": [area.contains(*here) for here in points]})
    held = [one for case in made for one in case["held"]]
    assert len(made) >= 450 and len(held) > 3000 and 0.2 < np.mean(held) < 0.9
    return made


def make_photo(region):
    answer = {"region": {"50": None, "90": region}, "best": None, "rival": None, "candidates": [], "metadata": "absent"}
    return {
        "name": "photo 1",
        "file": None,
        "sha256": "ab",
        "status": "located",
        "answer": answer,
        "told": {"headline": "here", "effects": []},
        "nearest": [],
        "farthest": [],
    }


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here")
def test_the_page_draws_a_point_in_the_region_if_and_only_if_the_region_holds_it(cases, tmp_path):
    script = tmp_path / "script.mjs"
    script.write_text(SCRIPT)
    code = tmp_path / "regions.mjs"  # the page's own file, under a name that node takes for a module
    code.write_bytes((STATIC / "regions.js").read_bytes())
    given = json.dumps([{"geojson": case["region"]["geojson"], "points": case["points"]} for case in cases])
    done = subprocess.run(
        ["node", str(script), str(code)], input=given, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    for case, told in zip(cases, json.loads(done.stdout), strict=True):
        assert told == [[held, held] for held in case["held"]], case


def test_geojson_and_kml_hold_the_same(cases):
    kml = "{http://www.opengis.net/kml/2.2}"
    photos = [make_photo(case["region"]) for case in cases]
    session = {"session": "s", "precision": None, "turns": [], "photos": photos}
    root = ElementTree.fromstring(make_kml(session).encode())
    marks = root.findall(f".//{kml}Placemark")
    assert len(marks) == len(cases)
    for case, photo, mark in zip(cases, photos, marks, strict=True):
        (feature,) = make_photo_features(photo)
        drawn = [shape(feature["geometry"]), read_kml(mark, kml)]
        for here, held in zip(case["points"], case["held"], strict=True):
            assert [bool(shapely.intersects_xy(one, here[1], here[0])) for one in drawn] == [held, held], (here, case)


def read_kml(mark, kml):
    polygons = []
    for polygon in mark.iter(f"{kml}Polygon"):
        rings = [
            [tuple(map(float, corner.split(","))) for corner in ring.text.split()]
            for ring in polygon.iter(f"{kml}coordinates")
        ]
        polygons.append(shapely.Polygon(rings[0], rings[1:]))
    return shapely.union_all(polygons)
