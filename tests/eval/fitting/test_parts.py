import pytest
from click.testing import CliRunner

from sextant.agent.verification.hit_rates import CLASSES
from sextant.app.commands.eval import command
from sextant.eval.fitting.fit import fit_model
from sextant.eval.fitting.parts import PARTS, PARTS_AND_GROUPS, give_profiles
from sextant.gallery.profile import WEAK
from tests.eval.fitting.test_fit import world


@pytest.fixture(scope="module")
def models():
    return {part: fit_model(world(), {}, members=0, without=(part,)) for part in PARTS}


def test_without_profiles_every_gallery_counts_as_weak():
    assert {record.profile for record in give_profiles(world(), ("profile",))} == {WEAK}
    assert WEAK not in {record.profile for record in give_profiles(world())}


def test_without_classes_every_unrecorded_model_counts_the_same(models):
    offsets = {kind: models["classes"].hit_rates.classes[kind].tolist() for kind in CLASSES}
    assert offsets["small"] == offsets["middle"] == offsets["strong"]
    assert models["profile"].hit_rates.classes["middle"].any()


def test_without_self_agreement_the_share_of_agreeing_replies_counts_for_nothing(models):
    assert not models["self_agreement"].pooling.dissent.any() and not models["self_agreement"].pooling.repeats.any()
    assert models["classes"].pooling.dissent.all() and models["classes"].pooling.repeats.all()


def test_an_unknown_part_is_refused_with_those_there_are(tmp_path):
    file = tmp_path / "recorded.jsonl"
    file.write_text('{"image": "a", "latitude": 1, "longitude": 2, "nearest": [[1, 2]]}\n')
    done = CliRunner().invoke(command, ["recorded", str(file), "--crossfit", "author", "--without", "profiles"])
    assert "unknown part 'profiles'" in str(done.exception)
    assert all(name in str(done.exception) for name in PARTS_AND_GROUPS)
