from pathlib import Path

from sextant.base.home import Home


def test_the_given_folder_wins_over_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("SEXTANT_HOME", str(tmp_path / "environment"))
    assert Home.at(str(tmp_path / "given")).root == tmp_path / "given"
    assert Home.at().root == Home.at("").root == tmp_path / "environment"


def test_without_either_it_lies_in_the_platforms_folder(monkeypatch):
    monkeypatch.delenv("SEXTANT_HOME", raising=False)
    assert Home.at().root.name == "sextant"


def test_a_tilde_is_the_users_folder(monkeypatch):
    assert Home.at("~/sextant").root == Path.home() / "sextant"


def test_its_places_keep_their_names(tmp_path):
    home = Home(tmp_path)
    places = (
        home.runs, home.blobs, home.galleries, home.reports, home.sessions,
        home.databases, home.checkpoints, home.chat_history,
    )  # fmt: skip
    assert [path.relative_to(tmp_path).as_posix() for path in places] == [
        "runs", "blobs", "galleries", "reports", "sessions.sqlite",
        "databases.json", "checkpoints.sqlite", "chat-history",
    ]  # fmt: skip
    assert not any(tmp_path.iterdir())
