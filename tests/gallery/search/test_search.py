import numpy as np
import pytest

from sextant.gallery.search.areas import SearchArea
from sextant.gallery.search.filters import Filters, measure_phash_distance
from sextant.gallery.search.search import PhotoSearch, find_farthest, find_nearest, search_gallery
from sextant.geo.sphere import compute_great_circle_km
from tests.support.galleries import made_gallery, unit_vectors

COUNT, DIMENSION = 300, 16


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    return made_gallery(tmp_path_factory.mktemp("g") / "g", COUNT, DIMENSION)


@pytest.fixture(scope="module")
def query():
    return unit_vectors(1, DIMENSION, seed=99)[0]


def cosines(gallery, query):
    return {row["id"]: float(np.dot(row["vector"], query)) for row in gallery.photos.to_arrow().to_pylist()}


def test_near_and_far_are_the_ends_of_one_order(gallery, query):
    truth = cosines(gallery, query)
    order = sorted(truth, key=lambda name: -truth[name])
    assert [item.id for item in find_nearest(gallery, query, 10)] == order[:10]
    assert [item.id for item in find_farthest(gallery, query, 10)] == order[::-1][:10]
    assert find_nearest(gallery, query, 1)[0].similarity == pytest.approx(truth[order[0]], abs=2e-3)


def test_equal_similarities_come_by_id(tmp_path):
    vectors = np.repeat(unit_vectors(1, DIMENSION), 9, axis=0)
    gallery = made_gallery(tmp_path / "g", 9, DIMENSION, vectors=vectors)
    ids = [item.id for item in find_nearest(gallery, vectors[0], 4)]
    assert ids == sorted(ids) == [item.id for item in find_farthest(gallery, vectors[0], 4)]


def test_more_than_there_are_gives_all(gallery, query):
    assert len(find_nearest(gallery, query, 1000)) == COUNT


@pytest.mark.parametrize("side", [find_nearest, find_farthest])
@pytest.mark.parametrize(
    ("filters", "allowed"),
    [
        (Filters(exclude_authors=("author 1", "it's")), lambda r: r.author not in ("author 1", "it's")),
        (Filters(countries=("FR",)), lambda r: r.country_code == "FR"),
        (Filters(exclude_countries=("FR",)), lambda r: r.country_code != "FR"),
        (
            Filters(inside=(SearchArea.from_box(0, 0, 40, 60),)),
            lambda r: 0 <= r.latitude <= 40 and 0 <= r.longitude <= 60,
        ),
        (Filters(outside=(SearchArea.from_box(-90, -180, 90, 0),)), lambda r: r.longitude > 0),
        (
            Filters(away_from=(10, 10), min_km=3000),
            lambda r: compute_great_circle_km((r.latitude, r.longitude), (10, 10)) >= 3000,
        ),
    ],
)
def test_filters_hold_for_both_sides_and_lose_nothing(gallery, query, side, filters, allowed):
    everything = side(gallery, query, COUNT)
    expected = [item.id for item in everything if allowed(item)][:12]
    assert len(expected) == 12
    assert [item.id for item in side(gallery, query, 12, filters)] == expected


def test_distinct_places_are_that_far_apart(gallery, query):
    found = find_nearest(gallery, query, 8, Filters(distinct_km=2000))
    positions = np.array([(item.latitude, item.longitude) for item in found])
    apart = compute_great_circle_km(positions[:, None], positions[None, :])
    assert len(found) == 8 and apart[~np.eye(8, dtype=bool)].min() > 2000
    assert found[0].id == find_nearest(gallery, query, 1)[0].id


def test_near_duplicates_are_left_out_and_reported(gallery, query):
    first, second = find_nearest(gallery, query, 2)
    by_hash = search_gallery(gallery, query, 5, Filters(query_phash=first.phash, duplicate_bits=2))
    assert [item.id for item in by_hash.duplicates] == [first.id]
    assert by_hash.duplicates[0].phash_distance == 0
    assert by_hash.references[0].id == second.id and (by_hash.references[0].phash_distance or 0) > 2
    by_cosine = search_gallery(gallery, query, 5, Filters(duplicate_cosine=(first.similarity + second.similarity) / 2))
    assert [item.id for item in by_cosine.duplicates] == [first.id]


def test_phash_distance_counts_bits():
    assert measure_phash_distance("00000000000000ff", "0000000000000000") == 8
    assert measure_phash_distance(None, "00") is None


def test_nothing_passes_an_impossible_filter(gallery, query):
    assert find_nearest(gallery, query, 5, Filters(countries=("XX",))) == []


def test_a_query_of_another_width_is_refused(gallery):
    with pytest.raises(ValueError, match="17 numbers"):
        find_nearest(gallery, np.ones(17), 3)


def test_a_photo_search_is_nearest_and_farthest_with_its_filters(gallery, query):
    search = PhotoSearch(gallery, query, Filters(exclude_countries=("FR",)))
    assert search.nearest(7) == find_nearest(gallery, query, 7, search.filters)
    assert search.farthest(7) == find_farthest(gallery, query, 7, search.filters)
