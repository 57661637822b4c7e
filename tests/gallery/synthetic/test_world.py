import csv

import pytest

from sextant.gallery.synthetic import world as world_module
from sextant.gallery.synthetic.world import AWAY_KM, WorldError, plan_world, write_world
from sextant.geo.sphere import compute_great_circle_km


def _rows(table):
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _bytes(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_world_is_written_with_a_row_for_every_scene_and_the_same_twice(tmp_path):
    world = write_world(tmp_path / "a", scenes=6, queries=2)
    write_world(tmp_path / "b", scenes=6, queries=2)
    rows, asked = _rows(world.gallery_csv), _rows(world.queries_csv)
    assert (len(rows), len(asked)) == (6, 2)
    assert {row["image"] for row in rows} == {path.name for path in world.gallery_folder.iterdir()}
    assert {row["image"] for row in asked} == {path.name for path in world.queries_folder.iterdir()}
    assert _bytes(tmp_path / "a") == _bytes(tmp_path / "b")


def test_a_finished_world_is_not_drawn_again_and_another_one_replaces_it(tmp_path, monkeypatch):
    world = write_world(tmp_path / "world", scenes=3, queries=1)
    with monkeypatch.context() as patch:
        patch.setattr(world_module, "draw_scene", lambda town, seed: pytest.fail("drawn again"))
        assert write_world(tmp_path / "world", scenes=3, queries=1) == world
    write_world(tmp_path / "world", scenes=4, queries=1)
    assert len(_rows(world.gallery_csv)) == 4


def test_a_world_cut_short_leaves_nothing(tmp_path, monkeypatch):
    def stop(town, seed):
        raise KeyboardInterrupt

    monkeypatch.setattr(world_module, "draw_scene", stop)
    with pytest.raises(KeyboardInterrupt):
        write_world(tmp_path / "world", scenes=3, queries=1)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_else_is_refused_and_kept(tmp_path):
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(WorldError, match="something other"):
        write_world(tmp_path, scenes=3, queries=1)
    assert (tmp_path / "diary.txt").read_text() == "mine"


def test_a_file_where_the_folder_should_be_is_an_error_of_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(WorldError, match="cannot write") as error:
        write_world(tmp_path / "file" / "world", scenes=3, queries=1)
    assert "\n" not in str(error.value)


def test_queries_are_other_towns_with_references_near_and_authors_from_elsewhere():
    gallery, queries = plan_world(1200, 40)
    positions = [(scene.town.latitude, scene.town.longitude) for scene in gallery]
    assert not {scene.town for scene in gallery} & {scene.town for scene in queries}
    for query in queries:
        distances = compute_great_circle_km(positions, (query.town.latitude, query.town.longitude))
        assert distances.min() < 400
        assert all(distances[i] >= AWAY_KM for i, scene in enumerate(gallery) if scene.author == query.author)
