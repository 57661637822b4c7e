"""`sextant check`: a case file that was changed anywhere is found; what is no case file is refused in one line."""

import pytest

from sextant.app.exports.case_file import make_case_file
from tests.app.test_exports import session as session  # the fixture
from tests.support.cli import sextant


@pytest.fixture
def case(session, tmp_path):
    file = tmp_path / "case.html"
    file.write_text(make_case_file(session), encoding="utf-8")
    return file


def test_a_case_file_as_exported_passes(case, tmp_path):
    ran = sextant("check", case, home=tmp_path)
    assert ran.code == 0
    assert "parts are as in the manifest, sha256 " in ran.out
    told = sextant("check", "--json", case, home=tmp_path).json["files"]
    assert [one["intact"] for one in told] == [True]
    assert "page.html" in told[0]["parts"]
    assert told[0]["manifest_sha256"] in ran.out


LEDGER, OTHER = '<pre data-part="photo-1/ledger.json">', '<pre data-part="photo-1/other.json">'


@pytest.mark.parametrize(
    ("old", "new", "part", "fault"),
    [
        ("<h3>Ledger</h3>", "<h3>Proofs</h3>", "page.html", "changed"),  # outside every part
        (LEDGER, OTHER, "photo-1/ledger.json", "missing"),
        (LEDGER, OTHER, "photo-1/other.json", "unlisted"),
        ("</body>", '<pre data-part="versions.json">{}</pre></body>', "versions.json", "changed"),
        ('<pre id="manifest">', '<pre id="list">', "", "no manifest"),
    ],
)
def test_a_change_is_found_wherever_it_is(case, tmp_path, old, new, part, fault):
    text = case.read_text(encoding="utf-8")
    assert old in text
    case.write_text(text.replace(old, new), encoding="utf-8")
    ran = sextant("check", "--json", case, home=tmp_path)
    assert ran.code == 1
    assert {"part": part, "fault": fault} in ran.json["files"][0]["faults"]
    assert sextant("check", case, home=tmp_path).code == 1


def test_what_is_no_case_file_is_refused_in_one_line(tmp_path):
    for name in ("missing.html", "."):
        ran = sextant("check", tmp_path / name, home=tmp_path)
        assert (ran.code, ran.out) == (2, "")
        assert str(tmp_path / name) in ran.error
