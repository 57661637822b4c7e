"""`sextant runs` and `sextant replay` as a person calls them: output, errors in one line, exit codes."""

import json
import re
import shutil
import sys
from html.parser import HTMLParser

import pytest

from sextant.app.cli import main
from sextant.app.render.terminal import shorten_line
from sextant.base.printable import make_printable
from sextant.graphs.runs.folder import RunFolder
from sextant.graphs.runs.photo_name import name_photo


@pytest.fixture
def home(recorded_run, tmp_path):
    """A home with two runs: the recorded one, and a copy of it under another name."""
    for name in ("20260101-000000-aaaaaa", "20260101-000000-bbbbbb"):
        renamed(RunFolder(shutil.copytree(recorded_run.path, tmp_path / "runs" / name)), recorded_run.name)
    return tmp_path


def renamed(folder: RunFolder, old: str) -> None:
    """The copy under its own name, in every file: the answer names its run."""
    for path in (folder.path / "run.json", folder.steps, folder.path / "answer.json"):
        path.write_text(path.read_text().replace(old, folder.name))


@pytest.fixture
def call(home, monkeypatch, capsys):
    """Run the command line in this process: exit code, stdout, stderr."""

    def called(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["sextant", *words, "--home", str(home)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return int(ended.value.code or 0), out, err

    return called


A, B = "20260101-000000-a", "20260101-000000-b"


def test_list_shows_photo_answer_model_cost_and_stop(call):
    code, out, _ = call("runs", "list")
    assert code == 0
    head, first, second = out.splitlines()
    assert head.split() == ["RUN", "PHOTO", "ANSWER", "MODEL", "CALLS", "COST", "STOP"]
    assert "Lisbon, Portugal" in first and "openai:scripted" in first and "budget" in second


@pytest.mark.parametrize(("wish", "count"), [(["--stop", "budget"], 2), (["--model", "x"], 0), (["--last", "1"], 1)])
def test_list_filters(call, wish, count):
    code, out, _ = call("runs", "list", "--json", *wish)
    assert code == 0
    assert len(json.loads(out)) == count


def test_a_broken_run_does_not_hide_the_others(call, home):
    (home / "runs" / "20260101-000000-aaaaaa" / "run.json").write_text("{")
    code, out, err = call("runs", "list", "--json")
    assert code == 0
    assert len(json.loads(out)) == 1
    assert "is not JSON" in err


def test_show_prints_the_tree(call):
    code, out, _ = call("runs", "show", A)
    assert code == 0
    for words in ("├ 1.clues-first.0", "calls nearest_photos(count=5)", "nearest_photos ⇒ 1.", "100 + 20 tokens"):
        assert words in out
    assert out.index("1.zero-shot.0") < out.index("13 verdict") < out.index("2.contrast.0") < out.index("25 verdict")
    assert "because" in out


def test_a_killed_run_is_listed_as_killed_and_shown_as_far_as_it_came(call, home):
    folder = RunFolder(home / "runs" / "20260101-000000-aaaaaa")
    (folder.path / "answer.json").unlink()
    folder.update(status="running", summary=None)
    folder.steps.write_text("".join(folder.steps.read_text().splitlines(keepends=True)[:8]))
    assert [run["run"] for run in json.loads(call("runs", "list", "--status", "killed", "--json")[1])] == [folder.name]
    code, out, _ = call("runs", "show", A)
    assert code == 0
    assert "├ 1.clues-first.0" in out and "verdict" not in out
    code, _, err = call("runs", "diff", A, B)
    assert code == 0, err
    assert call("runs", "show", A, "--html", str(home / "killed.html"))[0] == 0


def test_locate_resume_goes_on_from_the_record(call, home):
    folder = RunFolder(home / "runs" / "20260101-000000-aaaaaa")
    answer = folder.answer()
    (folder.path / "answer.json").unlink()
    folder.update(status="running")
    code, out, err = call("locate", "--resume", A, "--json", "--full", "--quiet")
    assert (code, json.loads(out)) == (0, answer), err
    code, out, _ = call("locate", "--resume", A, "--json", "--full", "--quiet")
    assert json.loads(out) == answer


def test_a_recorded_answer_that_lacks_something_is_one_line(call, home):
    folder = RunFolder(home / "runs" / "20260101-000000-aaaaaa")
    answer = folder.answer()
    del answer["probability"]
    (folder.path / "answer.json").write_text(json.dumps(answer))
    code, out, err = call("runs", "show", A)
    assert (code, out) == (1, "")
    assert "answer.json was changed by hand (probability is missing)" in err


def test_show_json_is_one_document(call):
    code, out, _ = call("runs", "show", A, "--json")
    assert code == 0
    assert [verdict["step"] for verdict in json.loads(out)["verdicts"]] == [13, 25]


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["replay", "20260101"], 2, "2 runs begin with '20260101': "),
        (["replay", "nothing"], 1, "no run named 'nothing'"),
        (["replay", A, "--until", "99"], 2, "has no step 99; its steps are 1 to 26"),
        (["replay", A, "--from", "3"], 2, "add --set KEY=VALUE"),
        (["replay", A, "--live"], 2, "--live and --keep-words are for forks"),
        (["replay", A, "--from", "13", "--set", "nonsense=1"], 2, "unknown --set key 'nonsense'"),
        (["runs", "import", "/none/such.zip"], 1, "is not a readable zip"),
        (["runs", "prune"], 2, "choose the runs to delete"),
        (["runs", "diff", A, "nothing"], 1, "no run named 'nothing'"),
    ],
)
def test_an_error_is_one_line_with_its_exit_code(call, words, code, error):
    found, out, err = call(*words)
    assert found == code
    assert len(err.strip().splitlines()) == 1 and err.startswith("sextant: ") and error in err
    assert out == ""


def test_replay_prints_what_locate_printed(call, recorded_run):
    code, out, err = call("replay", A, "--json", "--full")
    assert code == 0
    recorded = {**recorded_run.answer(), "run": "20260101-000000-aaaaaa"}
    assert out == json.dumps(recorded, ensure_ascii=False) + "\n"
    assert "no calls made" in err


def test_a_divergence_is_shown_and_exits_1(call, home):
    folder = RunFolder(home / "runs" / "20260101-000000-aaaaaa")
    folder.update(settings={**folder.record()["settings"], "temperature": 0.2})
    code, out, err = call("replay", A)
    assert code == 1
    assert "[-0.7-] {+0.2+}" in out
    assert "step 2 (plan)" in err
    code, out, _ = call("replay", A, "--json")
    assert code == 1
    assert json.loads(out)["divergence"]["step"] == 2


def test_a_fork_prints_the_answer_and_how_it_differs(call):
    code, out, err = call("replay", A, "--from", "13", "--set", "max_rounds=1")
    assert code == 0
    assert re.search(r"The answer moved [\d,.]+ km, from Lisbon.* to Nairobi", out)
    assert "candidates lost" in out and "first differing step: 13 verify" in out
    assert "forked" in err


def test_a_fork_that_may_not_call_lists_the_calls(call, home):
    code, out, err = call("replay", A, "--from", "5:clues", "--set", "without=1")
    assert code == 1
    assert "step 7 1.clues-first.0: variant clues-first, about" in out
    assert "add --live" in err
    assert len(list((home / "runs").iterdir())) == 2


def test_diff_of_a_run_with_itself_is_nothing(call):
    code, out, _ = call("runs", "diff", A, B)
    assert code == 0
    assert "all steps are equal" in out and "0 candidates gained" in out


def test_export_and_import(call, tmp_path, home):
    assert call("runs", "export", A, "--out", str(tmp_path / "run.zip"))[0] == 0
    shutil.rmtree(home / "runs" / "20260101-000000-aaaaaa")
    assert call("runs", "import", str(tmp_path / "run.zip"))[1] == "20260101-000000-aaaaaa\n"
    assert call("replay", A, "--json")[0] == 0


def test_prune_says_what_went(call, home):
    code, out, _ = call("runs", "prune", "--keep", "1", "--dry-run")
    assert (code, "would delete 1 run and" in out) == (0, True)
    code, out, _ = call("runs", "prune", "--keep", "1", "--json")
    assert json.loads(out)["runs"] == ["20260101-000000-aaaaaa"]
    assert [path.name for path in (home / "runs").iterdir()] == ["20260101-000000-bbbbbb"]


class Seen(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


HOSTILE = "</pre><script>fetch('https://evil.example/')</script><img src=https://evil.example/x onerror=alert(1)>"


def test_the_page_opens_offline_and_escapes_everything(call, home, tmp_path):
    folder = RunFolder(home / "runs" / "20260101-000000-aaaaaa")
    answer = folder.answer()
    answer["claims"] = [{"text": HOSTILE, "source": HOSTILE, "call": HOSTILE}]
    answer["warnings"] = [{"code": "other", "text": HOSTILE}]
    (folder.path / "answer.json").write_text(json.dumps(answer))
    steps = folder.steps.read_text().replace("a tram of the old kind", HOSTILE.replace('"', "'"))
    folder.steps.write_text(steps)
    folder.update(path=HOSTILE)
    code, _, _ = call("runs", "show", A, "--html", str(tmp_path / "run.html"))
    assert code == 0
    page = (tmp_path / "run.html").read_text()
    seen = Seen()
    seen.feed(page)
    tags = {tag for tag, _ in seen.tags}
    assert not tags & {"script", "iframe", "link", "object", "embed", "form", "a", "base"}
    assert not [name for _, attributes in seen.tags for name in attributes if name.startswith("on")]
    for tag, attributes in seen.tags:
        for name in ("src", "href", "xlink:href", "srcset"):
            assert attributes.get(name) is None or str(attributes[name]).startswith("data:image/jpeg;base64,"), tag
    assert "url(" not in page and "@import" not in page
    assert "&lt;script&gt;" in page
    assert page.count("<svg") == 2 and "1.clues-first.0" in page


@pytest.mark.parametrize("text", ["\x1b[31mred", "a\nb", "‮evil", "x" * 500, "\x9b2J"])
def test_a_models_words_cannot_steer_the_terminal(text):
    line = shorten_line(text)
    assert line.isprintable() and len(line) <= 110
    assert make_printable(text).replace("\n", "").isprintable()


def test_a_stored_copy_goes_by_the_name_it_was_given(tmp_path):
    record = {"path": f"/home/blobs/9c/{'9c' * 32}"}
    assert name_photo({**record, "named": "harbour.jpg"}) == "harbour.jpg"
    assert name_photo(record) == "photo 9c9c9c9c9c9c"
    assert name_photo({"path": "photos/harbour.jpg"}) == "photos/harbour.jpg"
