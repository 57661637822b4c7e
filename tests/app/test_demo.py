"""The demo's gallery: what was made of another world is made anew, what broke off is gone on with."""

import pytest

from sextant.app.commands.demo import MARK, _is_current


@pytest.fixture
def gallery(tmp_path):
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "photos").write_text("rows")
    return folder


def test_a_whole_gallery_of_this_world_is_kept(gallery):
    (gallery / MARK).write_text("world 2")
    assert _is_current(gallery, "world 2")
    assert (gallery / "photos").exists()


def test_a_gallery_of_an_older_world_is_removed(gallery):
    (gallery / MARK).write_text("world 1")
    assert not _is_current(gallery, "world 2")
    assert not gallery.exists()


def test_half_a_gallery_is_left_to_be_gone_on_with(gallery):
    assert not _is_current(gallery, "world 2")
    assert (gallery / "photos").exists()
