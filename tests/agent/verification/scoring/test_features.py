import numpy as np
import pytest

from sextant.agent.verification import Pool
from sextant.agent.verification.reliability import Reliability
from sextant.agent.verification.scoring.features import GROUPS
from sextant.agent.verification.scoring.pool_features import featurise
from tests.agent.verification.pools import LISBON, STRANGE, TOKYO, retrieved, said

RELIABILITY = Reliability({}, (0.05, 0.2, 0.4, 0.7, 0.85))
FILLED = {name: pool for name, pool in STRANGE.items() if pool.candidates}


@pytest.mark.parametrize("name", FILLED)
def test_every_pool_has_the_same_finite_features(name):
    seen = featurise(FILLED[name], RELIABILITY)
    table, names, _ = seen.scored
    assert np.isfinite(table).all()
    assert names == featurise(STRANGE["everything"], RELIABILITY).scored[1]
    assert table.shape == (len(seen.points.positions), len(names))


def test_every_feature_belongs_to_a_group():
    names = featurise(STRANGE["everything"], RELIABILITY).scored[1]
    assert {name.split(".")[0] for name in names} == set(GROUPS)
    assert len(set(names)) == len(names)


def test_a_missing_part_is_zero_and_said_to_be_missing():
    seen = featurise(Pool(said(LISBON)), RELIABILITY)
    columns = dict(zip(seen.scored[1], seen.scored[0].T, strict=True))
    assert columns["pool.has_retrieved"][0] == 0 and columns["pool.has_said"][0] == 1
    assert all((column == 0).all() for name, column in columns.items() if name.startswith(("retrieved.", "far.")))


def test_what_looks_least_like_the_photo_speaks_against_its_surroundings():
    seen = featurise(Pool(retrieved(LISBON, TOKYO), (TOKYO,) * 4), RELIABILITY)
    within = dict(zip(seen.scored[1], seen.scored[0].T, strict=True))["far.within_200"]
    assert within[1] == 1.0 and within[0] == 0.0
