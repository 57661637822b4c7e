"""`sextant locate` as a person and as a program see it, over a small gallery, with no model."""

import json

import pytest

from tests.support.cli import sextant

ANSWER = {
    "photo": {"sha256", "path", "width", "height"},
    "best": {"latitude", "longitude", "country", "country_code", "admin1", "place", "at_sea"},
    "probability": {"1", "25", "200", "750", "2500"},
    "region": {"50", "90"},
    "coverage": {"within_25_km", "within_200_km"},
    "outcomes": {"answered", "refused", "unparsable", "filtered", "failed"},
    "metadata": {"verdict", "latitude", "longitude", "source", "taken_at", "distance_km", "notes"},
}
KEYS = {*ANSWER, "candidates", "rival", "claims", "stop", "spent", "model", "preset", "run", "warnings"}


@pytest.fixture
def locate(gallery, tmp_path):
    def run(*args):
        ran = sextant("locate", *args, "--gallery", gallery, home=tmp_path / "home")
        assert ran.code == 0, ran.err
        return ran

    return run


def test_json_is_the_answer_of_the_design(locate, query):
    answer = locate(query, "--json").json
    assert set(answer) >= KEYS
    for name, fields in ANSWER.items():
        assert set(answer[name]) >= fields, name
    assert answer["best"]["country_code"] == "PT"
    assert answer["model"] == "offline" and answer["spent"]["usd"] == 0


def test_a_person_reads_where_how_sure_and_what_to_distrust(locate, query):
    ran = locate(query)
    for label in ("How sure", "Region", "Rival", "Similar", "Stopped", "Spent", "Model", "Run"):
        assert label in ran.out
    assert "no model looked at the picture" in ran.out
    assert "asking" in ran.err and "asking" not in ran.out


def test_without_its_photographer_no_photo_of_hers_is_shown(locate, photos):
    answer = locate(photos / "lisbon-0.jpg", "--exclude-author", "--json").json
    shown = [item["id"] for item in answer["candidates"] if item["origin"] == "nearest"]
    assert shown and not any("lisbon" in name for name in shown)


def test_with_its_photographer_the_photo_finds_itself_first(locate, photos):
    answer = locate(photos / "lisbon-0.jpg", "--json").json
    first = min((item for item in answer["candidates"] if item["origin"] == "nearest"), key=lambda item: item["rank"])
    assert "lisbon-0" in first["id"] and first["similarity"] > 0.99


def test_the_same_photo_twice_gives_the_same_answer(locate, query):
    def plain(answer):
        return {name: value for name, value in answer.items() if name not in ("run", "spent")}

    one, two = (json.loads(locate(query, "--json").out) for _ in range(2))
    assert plain(one) == plain(two)


def test_under_a_cap_nothing_finer_is_printed_anywhere(locate, photos):
    exact = locate(photos / "lisbon-2.jpg", "--json").json["best"]
    ran = locate(photos / "lisbon-2.jpg", "--precision", "country")
    coarse = locate(photos / "lisbon-2.jpg", "--precision", "country", "--json")
    said = ran.out + ran.err + coarse.out + coarse.err
    for leak in (f"{exact['latitude']:.3f}", f"{exact['longitude']:.3f}", "Lisbon", "lisbon-2"):
        assert leak not in said, leak
    assert "Portugal" in ran.out and "--precision country" in ran.out


def test_json_is_under_20_kb_and_full_has_whole_outlines(locate, query):
    bounded = ("--json", "--within", "PT")  # an area has an outline
    short, full = locate(query, *bounded), locate(query, *bounded, "--full")
    assert len(short.out.encode()) < 20_000
    assert len(json.dumps(full.json["region"])) > len(json.dumps(short.json["region"]))
    assert full.json["region"]["90"]["parts"] == short.json["region"]["90"]["parts"]


def test_jsonl_prints_a_line_for_each_photo_failed_ones_too(gallery, query, tmp_path):
    ran = sextant(
        "locate", query, tmp_path / "none.jpg", query, "--jsonl", "--gallery", gallery, home=tmp_path / "home"
    )
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert ran.code == 1 and len(lines) == 3
    assert "error" in lines[1] and lines[0]["best"] == lines[2]["best"]


@pytest.mark.parametrize(("options", "words"), [(("--json", "--jsonl"), "only one"), (("--full",), "add --json")])
def test_forms_that_exclude_each_other_are_refused(query, tmp_path, options, words):
    ran = sextant("locate", query, *options, home=tmp_path / "home")
    assert ran.code == 2 and words in ran.error


def test_the_files_own_position_stands_beside_the_answer_with_its_doubts(locate, query, tmp_path):
    """The model never sees it; terminal and JSON show source, distance, verdict and why it is doubtful."""
    import struct

    from tests.support.exif_spellings import exif_segment, spelled_gps

    gps = spelled_gps("degrees, minutes, seconds", "with NUL", "<", (38.72, -9.14))
    void = (9, 2, b"V\0")
    segment = exif_segment("<", [*gps, void])
    plain = query.read_bytes()
    photo = tmp_path / "void.jpg"
    photo.write_bytes(plain[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + plain[2:])
    stated = locate(photo, "--json").json["metadata"]
    assert (stated["latitude"], stated["longitude"]) == pytest.approx((38.72, -9.14), abs=1e-4)
    assert stated["source"] == "exif" and stated["verdict"] in ("agrees", "conflicts")
    assert stated["distance_km"] is not None and "GPSStatus V" in stated["notes"][0]
    printed = locate(photo).out
    assert "own position is 38.7200, -9.1400, from EXIF" in printed and "doubtful: the file marks" in printed
    capped = locate(photo, "--json", "--precision", "country").json["metadata"]
    assert capped["notes"] == [] and abs(capped["latitude"] - 38.72) > 1e-3
