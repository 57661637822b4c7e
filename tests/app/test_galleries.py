import pytest

from sextant.app.galleries import NoGallery, choose_gallery


def home_with(tmp_path, *names):
    for name in names:
        (tmp_path / "galleries" / name).mkdir(parents=True)
    return str(tmp_path)


def test_the_only_gallery_is_chosen_and_never_the_drawn_one(tmp_path):
    home = home_with(tmp_path, "mine", "demo", ".unfinished")
    assert choose_gallery(None, home, needed=True) == str(tmp_path / "galleries" / "mine")
    assert choose_gallery("other", home, needed=True) == "other"


def test_beside_the_drawn_gallery_alone_a_real_photo_has_none(tmp_path):
    home = home_with(tmp_path, "demo")
    assert choose_gallery(None, home, needed=False) is None
    with pytest.raises(NoGallery, match=r"gallery build PHOTOS .* drawn scenes with --gallery .*galleries/demo"):
        choose_gallery(None, home, needed=True)


def test_several_galleries_are_named(tmp_path):
    with pytest.raises(NoGallery, match=r"several galleries \(a, b\); choose one with --gallery DIR"):
        choose_gallery(None, home_with(tmp_path, "a", "b"), needed=False)


def test_without_any_the_demo_is_suggested(tmp_path):
    with pytest.raises(NoGallery, match="or try: sextant demo"):
        choose_gallery(None, str(tmp_path), needed=True)
