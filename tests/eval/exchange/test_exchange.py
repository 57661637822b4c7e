"""Evaluations that travel: Inspect's own reader loads the log, and every format comes back as it was."""

import csv
import shutil
from datetime import datetime

import pytest
from click.testing import CliRunner
from inspect_ai import eval as run_inspect
from inspect_ai.log import read_eval_log
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from PIL import Image

from sextant.agent.recording.cassette import Cassette
from sextant.app.commands.evaluation.eval_export import command
from sextant.base.errors import SextantError
from sextant.eval.benchmarks import BenchmarkPhoto
from sextant.eval.exchange.inspect_events import Transcript, add_run
from sextant.eval.exchange.inspect_log import RECORD, write_inspect_log
from sextant.eval.exchange.photo_tables import write_csv, write_parquet
from sextant.eval.reporting.report import make_evaluation_report
from sextant.eval.results import read_results
from sextant.eval.running.importers import import_results
from sextant.graphs.runs.folder import find_run
from sextant.graphs.runs.run import locate
from sextant.graphs.runs.timeline import build_timeline
from tests.support.evaluations import benchmark_folder, failed_line, made_evaluation, made_line
from tests.support.model_faults import Fault
from tests.support.model_script import Reply
from tests.support.model_server import ModelServer
from tests.support.recorded import script, settings_for

PHOTOS = [BenchmarkPhoto(f"photo-{n:02d}.jpg", 40.0 + n / 10, -8.0 + n / 10, author=f"a{n % 7}") for n in range(50)]


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory, recorded_run):
    """50 photos: 48 answered with growing errors, one refused, one failed; the first with the record of its run."""
    lines = [made_line(p, (p.latitude + n / 100, p.longitude), probability=0.6) for n, p in enumerate(PHOTOS[:48])]
    lines += [made_line(PHOTOS[48], None, "refused"), failed_line(PHOTOS[49])]
    lines[0]["record"] = "records/first"
    folder = tmp_path_factory.mktemp("exchange") / "run"
    made_evaluation(folder, lines)
    shutil.copytree(recorded_run.path, folder / "records" / "first")
    return read_results(folder)


@pytest.fixture(scope="module")
def log_file(evaluation, tmp_path_factory):
    file = tmp_path_factory.mktemp("logs") / "run.eval"
    write_inspect_log(evaluation, file)
    return file


def test_inspect_s_own_reader_loads_the_log_of_50_photos(log_file, evaluation):
    log = read_eval_log(str(log_file))
    assert log.status == "success", log.error
    assert log.eval.task == "sextant/geolocate"
    assert len(log.samples) == 50
    shares = {score.name: score.metrics["mean"].value for score in log.results.scores}
    assert shares == {
        f"within_{name}_km": pytest.approx(float(evaluation.within[:, index].mean()))
        for index, name in enumerate(("1", "25", "200", "750", "2500"))
    }
    by_id = {sample.id: sample for sample in log.samples}
    assert by_id["photo-49.jpg"].scores["within_2500_km"].value == 0.0
    assert by_id["photo-03.jpg"].metadata[RECORD]["distance_km"] == evaluation.lines[3]["distance_km"]


def test_the_log_holds_messages_tool_calls_and_pictures_by_reference(log_file):
    first = next(s for s in read_eval_log(str(log_file)).samples if s.id == "photo-00.jpg")
    roles = {message.role for message in first.messages}
    assert roles == {"system", "user", "assistant", "tool"}
    asked = {call.id: call for m in first.messages if m.role == "assistant" for call in m.tool_calls or ()}
    answered = [message for message in first.messages if message.role == "tool"]
    assert answered and all(asked[message.tool_call_id].function == message.function for message in answered)
    pictures = [
        block.image
        for m in first.messages
        if m.role == "user" and not isinstance(m.content, str)
        for block in m.content
        if block.type == "image"
    ]
    assert pictures and all(picture.startswith("sha256:") for picture in pictures)


def test_the_transcript_holds_every_call_with_its_tokens_and_time(log_file, recorded_run):
    first = next(s for s in read_eval_log(str(log_file)).samples if s.id == "photo-00.jpg")
    record, answer = recorded_run.record(), recorded_run.answer()
    calls = [event for event in first.events if event.event == "model"]
    assert len(calls) == answer["spent"]["calls"] and {call.model for call in calls} == {"openai/scripted"}
    assert sum(call.output.usage.total_tokens for call in calls) == answer["spent"]["tokens"]
    assert sum(used.total_tokens for used in first.model_usage.values()) == answer["spent"]["tokens"]
    began, ended = (datetime.fromisoformat(record[name]).timestamp() for name in ("started", "finished"))
    for event in first.events:
        assert began - 1 <= event.timestamp.timestamp() <= ended + 1, "a record's times are whole seconds"
    assert all(call.completed >= call.timestamp and call.input for call in calls)
    tools = [event for event in first.events if event.event == "tool"]
    wanted = {call.id for m in first.messages if m.role == "assistant" for call in m.tool_calls or ()}
    assert tools and {tool.id for tool in tools} == wanted
    assert {(t.function, t.error) for t in tools} == {("nearest_photos", None), ("reverse_geocode", None)}
    assert all("similarity" in t.result for t in tools if t.function == "nearest_photos")
    assert {event.source for event in first.events if event.event == "info"} == {"retrieval", "verification"}
    assert [event.scorer for event in first.events if event.event == "score"] == list(first.scores)


def test_a_transcript_s_spans_open_and_close_around_their_events(log_file):
    for sample in read_eval_log(str(log_file)).samples:
        opened = []
        for event in sample.events:
            if event.event == "span_begin":
                assert event.parent_id == (opened[-1] if opened else None)
                opened.append(event.id)
            assert event.span_id == (opened[-1] if opened else None)
            if event.event == "span_end":
                assert event.id == opened.pop()
        assert not opened and sample.events[0].event == "sample_init"
        assert len({event.uuid for event in sample.events}) == len(sample.events)


def test_failed_calls_and_tools_are_errors_in_the_transcript(gallery, query, tmp_path):
    """A dead branch and a tool that cannot run: both stand in the log as what they are."""

    def failing(asked):
        if asked.tools and not asked.tool_results:
            return Reply(text="", tool_calls=[("nearest_photos", {"count": "many"}), ("fly_there", {})])
        return Fault.BAD_REQUEST if "Use the photo alone" in asked.text else script(asked)

    home = tmp_path / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "sk-test-1234567890")
        with ModelServer(failing) as server:
            run = locate(str(query), settings_for(server, gallery, home, max_rounds=1))
    folder = find_run(run.name, str(home))
    transcript = Transcript("t", 0.0)
    add_run(transcript, build_timeline(folder), Cassette.read(folder.cassette))
    failed = [event for event in transcript.events if event.event == "model" and event.error]
    assert failed and all(not event.output.choices for event in failed)
    errors = [event for event in transcript.events if event.event == "tool" and event.error]
    assert {event.function for event in errors} == {"nearest_photos", "unknown_tool"}


def test_an_exported_log_comes_back_as_the_same_evaluation(log_file, evaluation, tmp_path):
    notes = import_results("inspect", log_file, tmp_path / "back")
    back = read_results(tmp_path / "back")
    assert [{**line, "record": None} for line in evaluation.lines] == list(back.lines)
    assert back.header == evaluation.header
    assert "exported by sextant" in notes[0]


@pytest.mark.parametrize(("write", "name"), [(write_csv, "photos.csv"), (write_parquet, "photos.parquet")])
def test_tables_come_back_with_truth_and_prediction(write, name, evaluation, tmp_path):
    write(evaluation, tmp_path / name)
    import_results("predictions", tmp_path / name, tmp_path / "back")
    back = read_results(tmp_path / "back")
    assert back.images == evaluation.images
    assert back.distances_km == pytest.approx(evaluation.distances_km, abs=1e-6)
    assert [line["author"] for line in back.lines] == [line["author"] for line in evaluation.lines]


def test_a_csv_holds_no_formula(tmp_path):
    photo = BenchmarkPhoto("=cmd.jpg", 1.0, 2.0)
    write_csv(made_evaluation(tmp_path / "run", [made_line(photo, (1.0, 2.0))]), tmp_path / "t.csv")
    (row,) = csv.DictReader((tmp_path / "t.csv").open())
    assert row["image"] == "'=cmd.jpg" and row["outcome"] == "answered"


def test_the_task_scores_any_model_of_inspect_and_comes_back(photos, tmp_path):
    data = benchmark_folder(photos, tmp_path / "data")
    said = [ModelOutput.from_content("mock", text) for text in ('{"latitude": 38.7, "longitude": -9.1}', "I refuse.")]
    for output in said:
        output.usage = ModelUsage(input_tokens=1, output_tokens=1)  # else the package fetches a tokenizer
    model = get_model("mockllm/model", custom_outputs=said)
    given = {"data": str(data), "home": str(tmp_path / "home")}
    where = {"log_dir": str(tmp_path / "logs"), "display": "none", "max_connections": 1}
    (log,) = run_inspect("sextant/geolocate", task_args=given, model=model, limit=2, **where)
    assert log.status == "success", log.error
    assert log.eval.task == "sextant/geolocate"
    values = [next(iter(sample.scores.values())).value for sample in log.samples]
    assert sorted(value["within_2500_km"] for value in values)[0] == 0.0
    copies = list((tmp_path / "home" / "inspect").glob("*.jpg"))
    assert copies and not any(Image.open(copy).getexif() for copy in copies)
    import_results("inspect", tmp_path / "logs" / log.location.rpartition("/")[2], tmp_path / "back")
    back = read_results(tmp_path / "back")
    assert len(back.lines) == 2 and [line["outcome"] for line in back.lines].count("unparsable") == 1


def test_what_is_no_log_is_refused(tmp_path):
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(SextantError, match="cannot read the Inspect log"):
        import_results("inspect", tmp_path / "x.json", tmp_path / "back")


def test_the_command_exports(evaluation, tmp_path):
    ran = CliRunner().invoke(command, [str(evaluation.path), "--csv", str(tmp_path / "p.csv")])
    assert ran.exit_code == 0 and "50 photos" in ran.output
    assert CliRunner().invoke(command, [str(evaluation.path)]).exit_code == 2


def test_the_report_shows_the_photo_of_a_case(evaluation, recorded_run, monkeypatch, tmp_path):
    monkeypatch.setenv("SEXTANT_HOME", str(recorded_run.path.parents[1]))
    report, _ = make_evaluation_report([evaluation.path], tmp_path)
    cells = [cell for table in report.rest for row in table.rows for cell in row if hasattr(cell, "picture")]
    assert [cell.text for cell in cells] == ["photo-00.jpg"]
    assert cells[0].picture.startswith("data:image/jpeg;base64,")
