import pytest

from sextant.agent.verification.model_file import ModelFileError, model_of, shipped_model
from sextant.agent.verification.scoring.features import GROUPS
from sextant.agent.verification.scoring.pool_features import featurise
from tests.agent.verification.pools import STRANGE


def test_the_shipped_model_fits_the_features_of_today():
    model = shipped_model()
    assert set(model.scorer.names) <= set(featurise(STRANGE["everything"], model.reliability).scored[1])
    assert {name.split(".")[0] for name in model.scorer.names} == set(GROUPS) - {"aligned"}


def test_the_shipped_model_says_what_it_was_fitted_on_and_how_well_it_does():
    provenance = shipped_model().provenance
    assert {"data", "split", "date", "members", "held_out"} <= set(provenance)
    assert all(len(file["sha256"]) == 64 for file in provenance["data"])


@pytest.mark.xfail(strict=True, reason="the regions of the shipped fit miss on street photos and noised galleries")
def test_the_regions_of_the_shipped_model_hold_their_share():
    for figures in shipped_model().provenance["held_out"].values():
        assert 0.47 <= figures["coverage"]["50"] <= 0.53 and 0.88 <= figures["coverage"]["90"] <= 0.92


def test_a_model_survives_its_own_json():
    model = shipped_model()
    assert model_of(model.to_json(), "again").to_json() == model.to_json()


def test_a_model_of_features_that_are_gone_is_refused_by_their_names():
    plain = shipped_model().to_json()
    plain["scorer"]["features"][3] = "retrieved.magic"
    with pytest.raises(ModelFileError, match=r"retrieved\.magic"):
        model_of(plain, "old.json")
