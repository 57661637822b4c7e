import numpy as np
import pytest

from sextant.gallery.profile import (
    LEAST_PHOTOS,
    WEAK,
    RetrievalProfile,
    describe_profile,
    fit_profile,
    read_profile,
)

TOWNS = np.array([(48.9, 2.3), (40.7, -74.0), (35.7, 139.7), (-33.9, 151.2), (-1.3, 36.8), (19.4, -99.1)])


def located(right: float, photos: int = 300, authors: int = 30) -> RetrievalProfile:
    """The profile of a gallery whose photos lie in six towns and are found in the right one with this chance."""
    chance = np.random.default_rng(0)
    truths = TOWNS[chance.integers(6, size=photos)] + chance.normal(0, 0.02, (photos, 2))
    lists = []
    for truth in truths:
        hit = chance.random(20) < right
        places = np.where(hit[:, None], truth, TOWNS[chance.integers(6, size=20)])
        lists.append(places + chance.normal(0, 0.02, (20, 2)))
    groups = [f"author {row % authors}" for row in range(photos)]
    return fit_profile(lists, truths, groups, chance.uniform(0.4, 0.6, photos), "author")


def test_a_good_gallery_is_worth_more_than_a_bad_one():
    good, bad = located(0.8), located(0.0)
    photos = np.tile(TOWNS[0], (10, 1))
    chances = [profile.probabilities(TOWNS[:1], photos, 0.5)[0] for profile in (good, bad, WEAK)]
    assert good.first_within[1] > 0.7 > 0.3 > bad.first_within[1]
    assert chances[0][1] > 0.8 and chances[1][1] < 0.5 and chances[2][1] < 0.2
    assert good.rich and bad.known


def test_no_photo_near_is_no_evidence():
    found = located(0.8).probabilities(TOWNS[1:2], np.tile(TOWNS[0], (5, 1)), None)
    assert found.tolist() == [[0.0] * 5]


def test_a_gallery_of_one_region_finds_it_by_chance_and_that_is_no_evidence():
    profile = located(0.5)
    local = profile.model_copy(update={"chance": (0.1, 0.5, 0.8, 0.9, 0.95)})
    photos = np.tile(TOWNS[0], (5, 1))
    assert (local.probabilities(TOWNS[:1], photos, 0.5) < profile.probabilities(TOWNS[:1], photos, 0.5)).all()


@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        (located(0.8, photos=LEAST_PHOTOS - 1), "few_photos"),
        (located(0.8, authors=1), "one_author"),
        (read_profile(None), "not_measured"),
    ],
)
def test_a_gallery_that_cannot_know_says_so_and_counts_as_weak(profile, reason):
    assert profile.unknown == reason and not profile.known and not profile.rich
    assert profile.weights == WEAK.weights
    assert describe_profile(profile)[0].startswith("unknown: ")


def test_the_profile_in_words_names_its_shares_and_how_it_was_measured():
    words = " ".join(describe_profile(located(0.8)))
    assert "the first hit is within 25 km in" in words and "of 100" in words
    assert "300 of its photos" in words and "same author" in words


def test_a_profile_survives_json_and_holds_no_position():
    profile = located(0.8)
    plain = profile.model_dump(mode="json")
    assert read_profile(plain) == profile
    assert not {"latitude", "longitude", "places", "lists"} & set(plain)


def test_a_gallery_too_small_to_be_measured_does_not_answer_where_most_of_its_photos_lie():
    porto, oslo = (41.15, -8.61), (59.91, 10.75)
    retrieved = np.array([oslo] * 5 + [porto] * 15)
    small = RetrievalProfile(photos=20, unknown="few_photos").probabilities(np.array([oslo, porto]), retrieved, None)
    assert (small[0] > 0).all() and (small[1, :4] == 0).all()
    measured_by_nobody = WEAK.probabilities(np.array([oslo, porto]), retrieved, None)
    assert (measured_by_nobody[1] > 0).all()
