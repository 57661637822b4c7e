"""`sextant eval run` in processes of its own: what kills, interrupts and second processes leave behind."""

import os
import random
import signal
import time

import psutil
import pytest

from sextant.eval.running.folder import EvaluationFolder
from tests.support.cli import sextant
from tests.support.evaluations import benchmark_folder, without_timings
from tests.support.model_script import Fault, Reply, always
from tests.support.model_server import ModelServer, closed_port
from tests.support.processes import Process

PHOTOS = 24
KILLS = 4


@pytest.fixture(scope="module")
def data(photos, tmp_path_factory):
    return benchmark_folder(photos, tmp_path_factory.mktemp("benchmark"))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


def words(data, gallery, out):
    return ["eval", "run", "folder", "--data", data, "--gallery", gallery, "--verify", "density", "--out", out]


def start(words, home):
    return Process(*words, "--concurrency", "2", env={**os.environ, "SEXTANT_HOME": str(home)})


def lines_at(out):
    file = out / "lines.jsonl"
    return file.read_bytes().count(b"\n") if file.exists() else 0


def wait_for_lines(process, out, count):
    while process.poll() is None and lines_at(out) < count:
        time.sleep(0.01)


@pytest.fixture(scope="module")
def undisturbed(data, gallery, home, tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed") / "run"
    assert sextant(*words(data, gallery, out), home=home).code == 0
    return out


@pytest.mark.slow
@pytest.mark.kill
def test_killed_at_random_moments_it_comes_to_the_same_lines(data, gallery, home, undisturbed, tmp_path):
    out, chance = tmp_path / "run", random.Random(0)
    for _ in range(KILLS):
        process = start(words(data, gallery, out), home)
        wait_for_lines(process, out, lines_at(out) + chance.randint(1, PHOTOS // KILLS))
        time.sleep(chance.random() * 0.1)
        process.kill()
        process.communicate()
    ran = sextant(*words(data, gallery, out), "--json", home=home)
    assert ran.code == 0 and ran.json["done"] == PHOTOS
    assert without_timings(out) == without_timings(undisturbed)
    assert lines_at(out) == PHOTOS


def test_ctrl_c_finishes_what_is_in_flight_reports_and_exits(data, gallery, home, tmp_path):
    out = tmp_path / "run"
    process = start(words(data, gallery, out), home)
    wait_for_lines(process, out, 2)
    process.send_signal(signal.SIGINT)
    printed, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "finishing the photos in flight" in told and "run the same command again to resume" in told
    assert "< " in printed and "Traceback" not in told
    assert 2 <= len(EvaluationFolder(out).lines()) < PHOTOS


@pytest.mark.slow
@pytest.mark.kill
def test_worker_processes_end_with_the_command_that_was_killed_and_the_same_command_resumes(
    data, gallery, home, undisturbed, tmp_path
):
    out, spread = tmp_path / "run", ["--processes", "2"]
    process = start([*words(data, gallery, out), *spread], home)
    wait_for_lines(process, out, 2)
    workers = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate()
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert len(workers) == 1 and not alive
    ran = sextant(*words(data, gallery, out), *spread, "--json", home=home)
    assert ran.code == 0 and ran.json["done"] == PHOTOS
    assert without_timings(out) == without_timings(undisturbed)


def test_worker_processes_and_a_cluster_exclude_each_other(data, gallery, home, tmp_path):
    ran = sextant(*words(data, gallery, tmp_path / "run"), "--engine", "ray", "--processes", "2", home=home)
    assert ran.code == 2 and "--processes is of this machine" in ran.error


@pytest.mark.kill
def test_a_second_process_on_the_folder_is_refused(data, gallery, home, tmp_path):
    out = tmp_path / "run"
    first = start(words(data, gallery, out), home)
    wait_for_lines(first, out, 1)
    os.kill(first.pid, signal.SIGSTOP)
    try:
        second = sextant(*words(data, gallery, out), home=home)
    finally:
        os.kill(first.pid, signal.SIGCONT)
        first.kill()
        first.communicate()
    assert second.code == 1 and f"another process (pid {first.pid}) is working on" in second.error


def test_progress_says_rate_accuracy_money_and_failures(data, gallery, home, tmp_path):
    ran = sextant(*words(data, gallery, tmp_path / "run"), "--limit", "3", home=home)
    last = [line for line in ran.err.splitlines() if "photos, " in line][-1]
    assert last.startswith("sextant: 3 of 3 photos, ")
    for word in ("/s, ", "left, ", "25 km 100.0%", "200 km 100.0%", "0 failed", "$0.0000", "0 tokens"):
        assert word in last


def asked_of(address):
    return ["--model", "openai:scripted", "--base-url", address, "--preset", "street-rag"]


def test_a_dead_server_ends_it_early_and_the_same_command_goes_on(data, gallery, home, tmp_path):
    out = tmp_path / "run"
    dead = f"http://127.0.0.1:{closed_port()}/v1"
    ran = sextant(*words(data, gallery, out), *asked_of(dead), home=home)
    assert ran.code == 1 and lines_at(out) == 0
    assert ran.error.startswith(f"sextant: stopped, the model is unavailable: openai:scripted at {dead} cannot be")
    assert ran.error.endswith("24 of 24 photos are left: fix this and run the same command again to resume")
    with ModelServer(always(Reply(text='{"latitude": 38.72, "longitude": -9.14}'))) as server:
        again = sextant(*words(data, gallery, out), *asked_of(server.base_url), "--json", home=home)
    assert again.code == 0 and again.json["done"] == PHOTOS and again.json["answers"]["answered"] == PHOTOS


def test_a_refused_key_ends_it_early_with_the_way_out(data, gallery, home, tmp_path):
    with ModelServer(always(Fault("bad_key"))) as server:
        ran = sextant(*words(data, gallery, tmp_path / "run"), *asked_of(server.base_url), "--json", home=home)
        assert server.count < PHOTOS
    assert ran.code == 1 and ran.json["ended"] == "model" and ran.json["done"] == 0
    assert "refuses the key" in ran.error and "set OPENAI_API_KEY to a valid key" in ran.error


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--shard", "3/2"], "invalid --shard '3/2'"),
        (["--data", "nowhere"], "--data 'nowhere' is not a folder; folder needs DIR/metadata.csv"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(more, said, data, gallery, home, tmp_path):
    ran = sextant(*words(data, gallery, tmp_path / "run"), *more, home=home)
    assert ran.code == 2 and said in ran.error


def test_a_cache_of_calls_is_of_one_process(data, gallery, home, tmp_path):
    out = tmp_path / "out"
    done = sextant(*words(data, gallery, out), "--engine", "ray", "--calls", tmp_path / "calls", home=home)
    assert done.code == 2 and "--calls is a cache of one process" in done.err
    assert not out.exists()
