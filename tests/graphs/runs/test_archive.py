"""Runs as zips: what is exported replays elsewhere, and a hostile zip unpacks to nothing."""

import hashlib
import json
import stat
import zipfile
from pathlib import Path

import pytest

from sextant.agent.recording.blobs import BlobMissing
from sextant.base.errors import SextantError, WrongUse
from sextant.graphs.runs.archive import ArchiveError, export_run, import_run
from sextant.graphs.runs.folder import list_runs
from sextant.graphs.runs.replay import replay


@pytest.fixture
def home(recorded_run):
    return str(recorded_run.path.parents[1])


@pytest.fixture
def packed(recorded_run, home, tmp_path) -> Path:
    export_run(recorded_run, tmp_path / "run.zip", home)
    return tmp_path / "run.zip"


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path: Path, files: dict[str, bytes]) -> Path:
    """A zip of these files, with a manifest that fits them unless they bring their own."""
    listed = {n: {"sha256": hashlib.sha256(c).hexdigest()} for n, c in files.items() if n != "manifest.json"}
    manifest = json.dumps({"format": 1, "run": "theirs", "files": listed}).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"manifest.json": manifest, **files}.items():
            archive.writestr(name, content)
    return path


def nothing_unpacked(home: Path) -> bool:
    return not [path for path in home.rglob("*") if path.is_file()]


def test_an_exported_run_replays_in_another_home(recorded_run, packed, tmp_path):
    taken = import_run(packed, str(tmp_path / "other"))
    assert taken.name == recorded_run.name
    assert replay(taken).answer == recorded_run.answer()
    assert taken.record()["imported"]


def test_the_photo_goes_along_only_when_asked(recorded_run, home, packed, tmp_path):
    assert not [name for name in contents(packed) if name.startswith("blobs/")]
    export_run(recorded_run, tmp_path / "with.zip", home, photo=True)
    sha256 = recorded_run.answer()["photo"]["sha256"]
    assert f"blobs/{sha256}" in contents(tmp_path / "with.zip")
    import_run(tmp_path / "with.zip", str(tmp_path / "other"))
    assert (tmp_path / "other" / "blobs" / sha256[:2] / sha256).exists()


def test_no_address_and_no_home_of_this_machine_goes_along(recorded_run, home, packed):
    told = recorded_run.record()["settings"]
    for name, content in contents(packed).items():
        assert told["base_url"].encode() not in content and home.encode() not in content, name


def test_equal_runs_are_equal_zips(recorded_run, home, packed, tmp_path):
    export_run(recorded_run, tmp_path / "again.zip", home)
    assert (tmp_path / "again.zip").read_bytes() == packed.read_bytes()


def test_a_run_of_that_name_is_never_overwritten(packed, tmp_path):
    import_run(packed, str(tmp_path / "other"))
    with pytest.raises(WrongUse, match="already"):
        import_run(packed, str(tmp_path / "other"))


@pytest.mark.parametrize(
    "name", ["../run.json", "/etc/cron.d/x", "runs/../../x", "C:\\x", "blobs/../x", "x.py", "blobs/" + "A" * 64]
)
def test_a_name_that_no_run_has_unpacks_nothing(tmp_path, name):
    with pytest.raises(ArchiveError, match="which no exported run has; nothing was unpacked"):
        import_run(pack(tmp_path / "bad.zip", {name: b"x"}), str(tmp_path / "home"))
    assert nothing_unpacked(tmp_path / "home")


@pytest.mark.parametrize("run", ["../theirs", "", "a/b", 7, None, "x" * 200])
def test_a_run_whose_name_is_no_folders_name_is_refused(packed, tmp_path, run):
    files = contents(packed)
    manifest = {**json.loads(files["manifest.json"]), "run": run}
    bad = pack(tmp_path / "bad.zip", {**files, "manifest.json": json.dumps(manifest).encode()})
    with pytest.raises(ArchiveError, match="which cannot be a run's name"):
        import_run(bad, str(tmp_path / "home"))
    assert nothing_unpacked(tmp_path / "home")


def test_a_symbolic_link_is_refused(tmp_path):
    entry = zipfile.ZipInfo("run.json")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(ArchiveError, match="is not a plain file"):
        import_run(tmp_path / "bad.zip", str(tmp_path / "home"))


def test_a_bomb_is_refused_by_its_size_before_it_is_unpacked(tmp_path):
    bomb = pack(tmp_path / "bomb.zip", {"steps.jsonl": b" " * (65 * 2**20)})
    assert bomb.stat().st_size < 200_000
    with pytest.raises(ArchiveError, match="unpacks to 68,157,440 bytes"):
        import_run(bomb, str(tmp_path / "home"))


def test_a_size_that_lies_is_found(packed, tmp_path):
    raw = packed.read_bytes()
    size = len(contents(packed)["steps.jsonl"]).to_bytes(4, "little")
    (tmp_path / "bad.zip").write_bytes(raw.replace(size, (100).to_bytes(4, "little")))
    with pytest.raises(ArchiveError):
        import_run(tmp_path / "bad.zip", str(tmp_path / "home"))


def test_a_changed_file_is_found_by_its_hash(packed, tmp_path):
    files = contents(packed)
    files["answer.json"] = files["answer.json"].replace(b"Lisbon", b"Madrid")
    with pytest.raises(ArchiveError, match=r"'answer\.json' is not what was exported"):
        import_run(pack(tmp_path / "bad.zip", files), str(tmp_path / "home"))
    assert nothing_unpacked(tmp_path / "home")


def test_a_file_too_many_or_too_few_is_found(packed, tmp_path):
    files = contents(packed)
    del files["cassette.jsonl"]
    with pytest.raises(ArchiveError, match=r"'cassette\.jsonl' is not both in the zip and in its manifest"):
        import_run(pack(tmp_path / "bad.zip", files), str(tmp_path / "home"))


@pytest.mark.parametrize("files", [{"run.json": b"{}"}, {"run.json": b"[" * 100_000}, {"cassette.jsonl": b"x"}])
def test_files_that_are_no_run_leave_nothing(tmp_path, files):
    with pytest.raises(SextantError):
        import_run(pack(tmp_path / "bad.zip", files), str(tmp_path / "home"))
    assert nothing_unpacked(tmp_path / "home")
    assert not list(list_runs(str(tmp_path / "home")))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip at all", b"PK\x05\x06" + b"\x00" * 18])
def test_what_is_no_zip_of_a_run_is_one_line(tmp_path, content):
    (tmp_path / "bad.zip").write_bytes(content)
    with pytest.raises(ArchiveError, match=r"bad\.zip"):
        import_run(tmp_path / "bad.zip", str(tmp_path / "home"))


def test_a_missing_picture_is_said_when_it_is_to_be_packed(recorded_run, home, tmp_path):
    with pytest.raises(BlobMissing, match="is missing"):
        export_run(recorded_run, tmp_path / "run.zip", str(tmp_path / "empty"), photo=True)
    assert not (tmp_path / "run.zip").exists()
