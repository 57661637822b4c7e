"""Steps are named by node and round, so that one command works on any run."""

import pytest

from sextant.base.errors import WrongUse
from sextant.graphs.runs.overrides import parse_step
from sextant.graphs.runs.steps import read_steps
from tests.support.record import RECORDINGS


def steps_of(name):
    return read_steps(RECORDINGS / name / "steps.jsonl")


@pytest.mark.parametrize("name", ["default", "default-ollama", "g3", "img2loc", "offline", "street-rag"])
def test_verify_is_a_step_of_every_run(name):
    steps = steps_of(name)
    number, branch = parse_step("verify", steps, name)
    verdicts = [step.step_info.step for step in steps if step.step_info.node == "verify"]
    assert (number, branch) == (verdicts[-1], None)
    assert parse_step("verify.1", steps, name) == (verdicts[0], None)
    assert parse_step(str(number), steps, name) == (number, None)


def test_rounds_turns_and_branches_are_named():
    steps = steps_of("default")
    first = next(step.step_info.step for step in steps if step.step_info.node == "lmm")
    assert parse_step("lmm.1:zero-shot", steps, "default") == (first, "1.zero-shot.0")
    assert parse_step("lmm.1.2", steps, "default")[0] > first
    assert parse_step("verify.1", steps, "default")[0] > parse_step("plan.1", steps, "default")[0]


@pytest.mark.parametrize("text", ["verify.9", "lmm.1.99", "nothing", "verify.0", "lmm.1.2.3", "0", "999"])
def test_a_step_that_is_none_names_those_there_are(text):
    with pytest.raises(WrongUse, match=r"has no step .*verify\.1"):
        parse_step(text, steps_of("default"), "default")
