import json

import pytest
import torch

from sextant.gallery.alignment.model.aligned_model import make_alignment
from sextant.gallery.alignment.model.config import AlignmentError
from sextant.gallery.alignment.model.weights import load_alignment, save_alignment
from tests.gallery.alignment.conftest import CONFIG


@pytest.fixture
def folder(tmp_path):
    save_alignment(tmp_path / "geo", make_alignment(CONFIG, seed=1), {"epoch": 1})
    return tmp_path / "geo"


def test_an_alignment_comes_back_as_it_was_written(folder):
    alignment, stored = load_alignment(folder)
    expected = make_alignment(CONFIG, seed=1).state_dict()
    assert stored.config == CONFIG
    assert all(torch.equal(alignment.state_dict()[name], tensor) for name, tensor in expected.items())


def test_the_projection_travels_with_the_weights(tmp_path):
    mercator = CONFIG.model_copy(update={"projection": "mercator"})
    save_alignment(tmp_path, make_alignment(mercator, seed=1))
    assert load_alignment(tmp_path)[0].location.projection == "mercator"


def test_better_weights_replace_the_old_and_leave_one_file(folder):
    save_alignment(folder, make_alignment(CONFIG, seed=2))
    assert len(list(folder.glob("*.safetensors"))) == 1
    assert load_alignment(folder)[0].gps_scale.item() == pytest.approx(3.99)


def test_killed_between_weights_and_json_the_old_alignment_stands(folder, monkeypatch):
    from sextant.gallery.alignment.model import weights

    original = weights.write_atomic

    def dies(path, content):
        if path.name == weights.ABOUT:
            raise KeyboardInterrupt
        original(path, content)

    monkeypatch.setattr(weights, "write_atomic", dies)
    before = load_alignment(folder)[1]
    with pytest.raises(KeyboardInterrupt):
        save_alignment(folder, make_alignment(CONFIG, seed=2))
    assert load_alignment(folder)[1] == before


def weights_of(folder):
    return next(folder.glob("*.safetensors"))


def test_weights_of_another_training_are_refused(folder, tmp_path):
    save_alignment(tmp_path / "other", make_alignment(CONFIG, seed=2))
    weights_of(folder).write_bytes(weights_of(tmp_path / "other").read_bytes())
    with pytest.raises(AlignmentError, match=r"do not match alignment\.json"):
        load_alignment(folder)


def with_projection(folder, projection):
    about = json.loads((folder / "alignment.json").read_text())
    about["config"]["projection"] = projection
    (folder / "alignment.json").write_text(json.dumps(about))


def test_weights_under_another_projection_are_refused(folder):
    with_projection(folder, "mercator")
    with pytest.raises(AlignmentError, match="were trained with projection 'equal-earth' → 'mercator'"):
        load_alignment(folder)


def test_an_unknown_projection_is_refused(folder):
    with_projection(folder, "mollweide")
    with pytest.raises(AlignmentError, match=r"is not an alignment: config\.projection"):
        load_alignment(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"config": {}}'])
def test_a_json_that_is_no_alignment_is_one_line(folder, content):
    (folder / "alignment.json").write_text(content)
    with pytest.raises(AlignmentError) as error:
        load_alignment(folder)
    assert "\n" not in str(error.value)


def test_missing_weights_and_missing_folder_say_the_way_out(folder, tmp_path):
    weights_of(folder).unlink()
    with pytest.raises(AlignmentError, match="lacks its weights"):
        load_alignment(folder)
    with pytest.raises(AlignmentError, match=r"no alignment in .* make one with: sextant align train"):
        load_alignment(tmp_path / "nowhere")


def test_an_unfinished_training_is_told_from_none(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(AlignmentError, match="has not finished"):
        load_alignment(tmp_path)
