import pytest

from sextant.agent.verification.calibrated_on import calibrated_on_of, describe_pools
from sextant.agent.verification.pool import Candidate, Pool
from sextant.gallery.profile import RetrievalProfile

RETRIEVED = Candidate(38.7, -9.1, "nearest", rank=0)


def answered(model="openai:gpt-4o"):
    return Candidate(38.7, -9.1, "answer", model=model)


def measured(share):
    return RetrievalProfile(photos=99, groups=9, unknown=None, first_within=(0.0, 0.1, share, 0.5, 0.9))


def listed(share, *models):
    return Pool((RETRIEVED, *map(answered, models)), profile=measured(share))


ON_ONE_GALLERY = describe_pools([listed(0.2, "openai:gpt-4o"), listed(0.2)])


@pytest.mark.parametrize(
    ("pool", "covered"),
    [
        (listed(0.2, "openai:gpt-4o"), True),
        (listed(0.3, "openai:gpt-4o"), True),  # the same gallery, grown
        (listed(0.2), True),
        (listed(0.9, "openai:gpt-4o"), False),
        (listed(0.01, "openai:gpt-4o"), False),
        (listed(0.2, "openai:other"), False),
        (listed(0.2, "openai:gpt-4o", "openai:other"), False),
        (Pool((RETRIEVED, answered())), False),  # a gallery that was not measured
        (Pool((answered(),)), False),
    ],
)
def test_a_calibration_is_ones_own_for_its_gallery_and_models_alone(pool, covered):
    assert ON_ONE_GALLERY.covers(pool) is covered
    assert calibrated_on_of(ON_ONE_GALLERY.to_json()) == ON_ONE_GALLERY


def test_answers_without_a_gallery_cover_such_answers():
    alone = describe_pools([Pool((answered(),))])
    assert alone.covers(Pool((answered(),))) and not alone.covers(listed(0.2, "openai:gpt-4o"))
    assert calibrated_on_of(None) is None
