"""Ctrl-C while a model thinks: the best so far is the answer, at once; and the handlers of before are put back."""

import json
import os
import signal
import time

import pytest

from sextant.app.interrupting import stop_on_signals
from tests.support.model_script import Reply, always
from tests.support.model_server import ModelServer
from tests.support.processes import Process


@pytest.mark.parametrize("form", [["--json"], []])
def test_the_first_ctrl_c_answers_with_the_best_so_far(gallery, query, tmp_path, form):
    with ModelServer(always(Reply(text="late")), latency_s=90) as slow:
        asking = ["--model", "openai:s", "--base-url", slow.base_url, "--verify", "density", "--gallery", str(gallery)]
        running = Process(
            *["locate", query, query, *asking, *form],
            env={**os.environ, "SEXTANT_HOME": str(tmp_path), "OPENAI_API_KEY": "sk-test"},
        )
        while not slow.count:
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=80)
    assert running.returncode == 130
    if form:
        (answer,) = json.loads(out)
        assert answer["best"]["country"] == "Portugal" and answer["stop"] == "stopped"
    else:
        assert "Portugal" in out and "Stopped   you stopped it; this is the best so far" in out
    assert "stopping with the best so far" in err and "Traceback" not in err


def test_the_handlers_of_before_are_put_back():
    before = signal.getsignal(signal.SIGINT)
    with stop_on_signals("ending") as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wait(5)
    assert signal.getsignal(signal.SIGINT) is before
