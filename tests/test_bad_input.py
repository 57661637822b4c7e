"""Whatever a person hands to `sextant locate`: one clear line with the value and the way out, nothing half-written."""

import io
import json
import struct
import sys
import zlib

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from sextant.app.cli import main
from sextant.app.render.progress import Progress
from sextant.app.render.progress_words import report_run
from tests.support.data import SHARED, needs_shared_data


@pytest.fixture
def sextant(monkeypatch, capsys, tmp_path):
    """Run the command line in this process; returns exit code, stdout and stderr."""
    monkeypatch.setenv("SEXTANT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SEXTANT_DEBUG", "1")
    for name in ("SEXTANT_MODEL", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)

    def run(*args):
        monkeypatch.setattr(sys, "argv", ["sextant", *map(str, args)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return ended.value.code or 0, captured.out, captured.err

    return run


@pytest.fixture
def locate(sextant, gallery):
    def run(*args):
        return sextant("locate", *args, "--gallery", gallery, "--verify", "density", "--quiet")

    return run


@pytest.mark.parametrize("more", [(), ("--json",), ("--dry-run",)])
def test_a_missing_photo_is_reported_before_a_missing_gallery(sextant, more):
    code, out, told = sextant("locate", "nothing.jpg", *more)
    assert (code, out) == (1, "")
    assert told == "sextant: photo 'nothing.jpg' does not exist; check the path\n"


def test_a_photo_without_a_gallery_is_told_how_to_build_one(sextant, query):
    code, out, told = sextant("locate", query)
    assert (code, out) == (2, "")
    assert told.startswith("sextant: no gallery found") and told.count("\n") == 1


def png_header(width, height):
    """A PNG that only claims its size."""
    body = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", len(body)) + b"IHDR" + body + struct.pack(">I", zlib.crc32(b"IHDR" + body))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IEND" + struct.pack(">I", zlib.crc32(b"IEND"))


def jpeg_bytes(mode="RGB", **save):
    out = io.BytesIO()
    noise = np.random.default_rng(3).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    Image.fromarray(noise).convert(mode).save(out, "JPEG", **save)
    return out.getvalue()


BROKEN = {
    "missing.jpg": None,
    "empty.jpg": b"",
    "text.jpg": b"this is a text\n" * 50,
    "truncated.png": b"\x89PNG\r\n\x1a\n" + bytes(40),
    "bomb.png": png_header(50_000, 50_000),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_is_no_photo_is_one_line_that_names_it(name, locate, tmp_path):
    if BROKEN[name] is not None:
        (tmp_path / name).write_bytes(BROKEN[name])
    code, out, err = locate(tmp_path / name)
    assert code == 1 and out == ""
    assert len(err.strip().splitlines()) == 1 and name in err
    assert not list((tmp_path / "home").rglob("*.json*")), "a photo that cannot be opened leaves no run"


def test_a_folder_is_one_line(locate, tmp_path):
    code, _, err = locate(tmp_path)
    assert code == 2 and "folder" in err and "--out" in err and len(err.strip().splitlines()) == 1


def odd_photos(folder):
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue")]
    frames[0].save(folder / "animated.webp", save_all=True, append_images=frames[1:])
    (folder / "cmyk.jpg").write_bytes(jpeg_bytes("CMYK"))
    Image.fromarray(np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(np.uint16)).save(folder / "sixteen-bit.png")
    nothing = IFDRational(1, 0)
    for name, latitude in {
        "nonsense": (nothing,) * 3,
        "null-island": (0.0,) * 3,
        "latitude-91": (91.0, 0.0, 0.0),
    }.items():
        longitude = (10.0 if name == "latitude-91" else 0.0, 0.0, 0.0)
        exif = Image.Exif()
        exif.get_ifd(0x8825).update({1: "N", 2: latitude, 3: "E", 4: longitude})
        (folder / f"{name}.jpg").write_bytes(jpeg_bytes(exif=exif))
    return sorted(folder.iterdir())


def test_odd_but_good_photos_all_get_answers_and_no_invented_position(locate, tmp_path):
    (tmp_path / "odd").mkdir()
    photos = odd_photos(tmp_path / "odd")
    code, out, err = locate(*photos, "--json")
    answers = json.loads(out)
    assert code == 0, err
    assert [answer["metadata"]["verdict"] for answer in answers] == ["absent"] * len(photos)


def test_one_bad_photo_does_not_keep_the_others_from_their_answers(locate, query, tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"no")
    code, out, err = locate(tmp_path / "bad.jpg", query, "--json")
    first, second = json.loads(out)
    assert code == 1 and "bad.jpg" in err
    assert "bad.jpg" in first["error"] and second["best"]["country_code"] == "PT"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--model", "gpt-4o"), ("'gpt-4o'", "PROVIDER:NAME", "openai, ")),
        (("--model", "openai:"), ("openai:", "PROVIDER:NAME")),
        (("--preset", "g4"), ("'g4'", "img2loc")),
        (("--verify", "guess"), ("'guess'", "density")),
        (("--tools", "telescope"), ("'telescope'", "nearest_photos")),
        (("--max-calls", "0"), ("--max-calls", "at least 1")),
        (("--max-seconds", "-3"), ("--max-seconds", "more than 0")),
        (("--model", "openai:gpt-4o"), ("OPENAI_API_KEY",)),
    ],
)
def test_wrong_use_is_exit_2_with_the_way_out(options, words, sextant, gallery, query):
    code, out, err = sextant("locate", query, "--gallery", gallery, *options, "--quiet")
    assert code == 2 and out == ""
    assert len(err.strip().splitlines()) == 1 and all(word in err for word in words)


def test_a_path_that_is_no_gallery(sextant, query, tmp_path):
    for path in (tmp_path, tmp_path / "nowhere"):
        code, _, err = sextant("locate", query, "--gallery", path, "--quiet")
        assert code in (1, 2) and str(path) in err and "gallery build" in err


@needs_shared_data
def test_a_gallery_of_another_encoder_is_refused(sextant, query, gallery):
    encoder = f"onnx:{SHARED}/encoder/mobilenetv2-12-int8-embed.onnx"
    code, _, err = sextant("locate", query, "--gallery", gallery, "--encoder", encoder, "--quiet")
    assert code in (1, 2) and "'builtin'" in err and "--encoder" in err


def test_no_gallery_and_no_model_says_how_to_get_either(sextant, query):
    code, _, err = sextant("locate", query, "--quiet")
    assert code == 2 and "gallery build" in err and "sextant demo" in err


def test_a_name_that_would_steer_the_terminal_is_printed_as_words(sextant, gallery, query, tmp_path):
    photo = tmp_path / "a\x1b[31m\nb.jpg"
    photo.write_bytes(query.read_bytes())
    code, out, err = sextant("locate", photo, "--gallery", gallery, "--verify", "density")
    assert code == 0 and "\x1b" not in out + err
    assert "a [31m b.jpg" in out
    stream = io.StringIO()
    with Progress("a\x1b[31m\nb.jpg", stream=stream) as progress:
        report_run(progress)({"step": "ingest"})
        assert stream.getvalue() == "a [31m b.jpg: photo: opening\n"


def test_a_heat_map_that_no_encoder_can_draw_is_refused_before_the_run(sextant, gallery, query, tmp_path):
    code, out, err = sextant("locate", query, "--gallery", gallery, "--heatmap", tmp_path / "map.png")
    assert code == 2 and "cannot compare a photo with a place" in err and not out
    assert not (tmp_path / "home" / "runs").exists()


@pytest.mark.parametrize("command", ["chat", "serve"])
def test_a_conversation_without_its_gallery_or_its_models_key_does_not_begin(sextant, gallery, tmp_path, command):
    code, _, err = sextant(command, "--gallery", tmp_path / "none")
    assert code == 1 and "is not a gallery" in err
    code, _, err = sextant(command, "--gallery", gallery, "--model", "openai:m")
    assert code == 2 and "needs a key" in err
