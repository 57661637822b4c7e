from sextant.base.plural import leave, pluralise


def test_one_is_singular_and_thousands_are_grouped():
    assert [pluralise(count, "photo") for count in (0, 1, 2, 1374)] == [
        "0 photos",
        "1 photo",
        "2 photos",
        "1,374 photos",
    ]
    assert [leave(count, "photo") for count in (1, 3)] == ["1 photo is left", "3 photos are left"]
