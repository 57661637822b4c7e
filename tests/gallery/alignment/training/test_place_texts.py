import numpy as np
import pytest

from sextant.base.errors import WrongUse
from sextant.gallery.alignment.model.backbone import Backbone, load_backbone
from sextant.gallery.alignment.training.place_texts import embed_texts, place_sentences, source_sentence
from sextant.gallery.sources.records import PlaceNames
from tests.gallery.alignment.conftest import write_planted
from tests.support.encoders import ThumbnailEncoder

EIFFEL, OPEN_SEA, ANTARCTICA = (48.8584, 2.2945), (0.0, -30.0), (-85.0, 0.0)


def quiet(stage, done, total):
    pass


def test_a_place_is_city_state_country():
    (sentence,) = place_sentences(np.array([EIFFEL]), "place")
    assert sentence.startswith("A street view photo taken in ")
    assert sentence.endswith(", Ile-de-France, France")


def test_the_fine_text_names_the_county_as_well():
    coarse, fine = (place_sentences(np.array([(51.7520, -1.2577)]), name)[0] for name in ("place", "fine"))
    assert fine.count(",") == coarse.count(",") + 1
    assert "Oxfordshire" in fine and "Oxfordshire" not in coarse


def test_the_sources_names_make_the_text_and_g3n_adds_neighbourhood_and_county():
    palermo = PlaceNames("Palermo", "Buenos Aires", "", "Autonomous City of Buenos Aires", "Argentina")
    start = "A street view photo taken in "
    assert source_sentence(palermo, "place") == f"{start}Buenos Aires, Autonomous City of Buenos Aires, Argentina"
    assert source_sentence(palermo, "fine").startswith(f"{start}Palermo, Buenos Aires, Autonomous")


def test_open_sea_has_no_text():
    assert place_sentences(np.array([OPEN_SEA]), "place") == [None]


def test_missing_names_are_dropped_not_spelt_out():
    (sentence,) = place_sentences(np.array([ANTARCTICA]), "fine")
    assert sentence == "A street view photo taken in Antarctica"


def test_a_town_far_away_does_not_name_the_position():
    (sahara,) = place_sentences(np.array([(22.0, 12.0)]), "place")
    assert sahara.count(",") <= 1


def test_each_distinct_text_is_encoded_once_and_kept(tmp_path, tiny_siglip):
    cache = write_planted(tmp_path / "cache", rows=60)
    backbone = load_backbone(f"st:{tiny_siglip}")
    texts = embed_texts(cache, backbone, "place", quiet)
    sentences = place_sentences(cache.positions, "place")
    assert (texts.ids == -1).tolist() == [sentence is None for sentence in sentences]
    assert len(texts.features) == len(set(sentences) - {None})
    row = next(i for i, sentence in enumerate(sentences) if sentence)
    expected = backbone.texts([sentences[row]])[0]
    np.testing.assert_allclose(texts.features[texts.ids[row]], expected, rtol=2e-3, atol=2e-3)
    again = embed_texts(cache, Backbone(ThumbnailEncoder()), "place", quiet)
    np.testing.assert_array_equal(again.features, texts.features)


def test_a_text_is_encoded_the_same_whatever_stands_beside_it(tiny_siglip):
    backbone = load_backbone(f"st:{tiny_siglip}")
    alone = backbone.texts(["a photo"])[0]
    beside_a_longer_one = backbone.texts(["a photo", "a photo " * 6])[0]
    np.testing.assert_allclose(beside_a_longer_one, alone, atol=1e-6)


def test_a_backbone_without_text_says_so_and_the_way_out():
    with pytest.raises(WrongUse, match=r"'thumbnail' reads no text.*--spaces gps"):
        Backbone(ThumbnailEncoder()).texts(["a place"])


def test_features_of_a_tower_are_raw_and_others_scaled_unit_vectors(tiny_siglip):
    from tests.support.photos import picture

    tower = load_backbone(f"st:{tiny_siglip}")
    raw = tower.images([tower.encoder.prepare(picture())])[0]
    assert tower.features == "raw"
    assert abs(np.linalg.norm(raw) - 1) > 1e-3
    np.testing.assert_allclose(raw / np.linalg.norm(raw), tower.encoder.encode([picture()])[0], atol=1e-5)
    plain = Backbone(ThumbnailEncoder())
    scaled = plain.images([plain.encoder.prepare(picture())])[0]
    assert plain.features == "unit"
    assert np.linalg.norm(scaled) == pytest.approx(np.sqrt(48), rel=1e-5)


def test_an_alignment_is_no_backbone():
    with pytest.raises(WrongUse, match="is itself an alignment"):
        load_backbone("aligned:somewhere")
