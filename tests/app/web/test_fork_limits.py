"""What a visitor can change in a fork over HTTP, and who pays for it."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.model_script import Reply, always
from tests.support.model_server import ModelServer
from tests.support.serving import Server

KEYS = {"OPENAI_API_KEY": "sk-" + "k" * 40}
MISSES = Reply(text='{"latitude": 1, "longitude": 2, "confidence": 0.2}')


@pytest.fixture(scope="module")
def place(gallery, query, tmp_path_factory):
    """A server with two calls a run and six a session, one located photo, its model server, and a stranger's."""
    with ModelServer(always(MISSES)) as model, ModelServer(always(MISSES)) as stranger:
        args = ["--gallery", gallery, "--model", "openai:s", "--base-url", model.base_url, "--verify", "density"]
        args += ["--max-calls", 3, "--session-calls", 6]
        with Server(*args, home=tmp_path_factory.mktemp("limits"), env=KEYS) as server:
            session = server.session()
            server.say(session, "where?", query).raise_for_status()
            server.settled(session)
            yield server, session, model, stranger


def fork(server, session, *changes, live=True, step="1"):
    wish = {"step": step, "changes": changes, "live": live}
    return server.http.post(f"/api/sessions/{session}/photos/1/run/fork", json=wish)


OUTSIDE = [
    *("model=openai:gpt-4o", " model = openai:gpt-4o", "MODEL=openai:gpt-4o", "base_url={stranger}", "gallery=/"),
    *(
        "encoder=onnx:/etc/passwd",
        "fitted=/etc/passwd",
        "home=/tmp",
        "run=x",
        "price=0/0",
        "retries=50",
        "concurrency=900",
    ),
    *("timeout_seconds=80000", "requests_per_minute=100000", "num_ctx=9999999", "image_side=16000", "image_quality=95"),
    *("preset=/etc/x.yaml", "variants=zero-shot, /etc/x.yml", "variant.zero-shot=/etc/x.yaml", "text=@/etc/passwd"),
    *("result=@/etc/passwd", "without=@/etc/passwd", "__class__=x", "=x", "model.x=openai:gpt-4o", "nothing"),
]
TOO_MUCH = [
    *("max_calls=4", "max_calls=60", "samples=11", "samples=100000", "samples=-1", "samples=1e9", "max_rounds=7"),
    *("max_rounds=100000", "max_tool_turns=9", "max_output_tokens=100000", "temperature=nan", "temperature=1e308"),
    *(
        "temperature=-1",
        "seed=99999999999999999999999",
        "max_calls=0",
        "max_seconds=nan",
        "max_usd=-1",
        "max_tokens=inf",
    ),
    *("max_calls=" + "9" * 400, "candidate.zero-shot=nan,nan"),
]


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize("change", [*OUTSIDE, *TOO_MUCH])
def test_a_change_beyond_the_list_or_the_bounds_is_refused(place, change, live):
    server, session, model, stranger = place
    asked = model.count
    reply = fork(server, session, change.format(stranger=stranger.base_url), live=live)
    assert reply.status_code == 422, (change, reply.text)
    assert "\n" not in reply.json()["detail"]
    assert (model.count, stranger.count) == (asked, 0)


@pytest.mark.parametrize("step", ["²", "9" * 5000, "-1", "1:nobody", "1e0"])
def test_a_step_that_is_none_is_refused(place, step):
    server, session, *_ = place
    assert fork(server, session, "verify=top1", step=step).status_code == 422


def test_a_visitor_edits_a_prompt_within_the_limits_and_a_long_text_is_taken(place):
    server, session, model, _ = place
    view = server.http.get(f"/api/sessions/{session}/photos/1/run").json()
    name = view["branches"][0]["variant"]
    assert view["prompts"][name]["text"] and view["forks"] == []
    for text in ("", "a" * 6001, "{leader} or {rival}?"):
        assert fork(server, session, f"prompt.{name}={text}").status_code == 422
    assert fork(server, session, f"prompt.{name}=@/etc/passwd").status_code == 422
    assert fork(server, session, "prompt.nobody=Where?").status_code == 422
    needs = fork(server, session, f"prompt.{name}=Where?", live=False)
    assert needs.status_code == 409 and "make the calls that were not recorded" in needs.text
    assert "--" not in needs.text  # the page has no options
    asked = model.count
    reply = fork(server, session, f"prompt.{name}=Read what is written, then say where it is.")
    assert reply.status_code == 200 and model.count > asked
    (told,) = server.http.get(f"/api/sessions/{session}/photos/1/run").json()["forks"]
    assert any("edited prompt" in words for words in told["changes"])
    case = server.http.get(f"/api/sessions/{session}/export/html").text
    assert "Edited prompt" in case and "Read what is written" in case
    step = view["branches"][0]["turns"][0]["step"]
    long = "The photo shows a square. " * 300
    assert fork(server, session, f"text={long}", step=f"{step}:{view['branches'][0]['id']}").status_code != 422


def test_forks_are_paid_from_the_sessions_budget(gallery, query, tmp_path):
    with ModelServer(always(MISSES)) as model:
        args = ["--gallery", gallery, "--model", "openai:s", "--base-url", model.base_url, "--verify", "density"]
        with Server(*args, "--max-calls", 3, "--session-calls", 6, home=tmp_path, env=KEYS) as server:
            session = server.session()
            server.say(session, "where?", query).raise_for_status()
            spent = server.settled(session)["spent"]["calls"]
            assert model.count == spent == 3
            # What was recorded is asked again by nobody, and costs nothing.
            assert fork(server, session, "verify=top1", live=False).status_code == 200
            assert server.settled(session)["spent"]["calls"] == 3
            with ThreadPoolExecutor() as pool:
                made = list(pool.map(lambda seed: fork(server, session, f"temperature=0.{seed}"), range(1, 7)))
            made += [fork(server, session, f"temperature=0.{seed}") for seed in (7, 8, 9)]
            assert {reply.status_code for reply in made} <= {200, 409}
            assert any(reply.status_code == 200 for reply in made)
            view = server.settled(session)
            assert model.count == view["spent"]["calls"] == 6
            last = fork(server, session, "temperature=0.33")
            assert last.status_code == 409 and "used up" in last.text
            # The conversation continues, and knows that nothing is left.
            server.say(session, "look again", query).raise_for_status()
            assert server.settled(session)["turns"][-1]["kind"] == "budget"
            assert model.count == 6


def test_more_photos_than_calls_left_spend_no_more_than_the_budget(gallery, query, tmp_path):
    with ModelServer(always(MISSES)) as model:
        args = ["--gallery", gallery, "--model", "openai:s", "--base-url", model.base_url, "--verify", "density"]
        with Server(*args, "--session-calls", 2, home=tmp_path, env=KEYS) as server:
            session = server.session()
            server.say(session, "where?", *[query] * 5).raise_for_status()
            view = server.settled(session)
    assert model.count == view["spent"]["calls"] == 2
    assert [photo["status"] for photo in view["photos"]] == ["located", "located", "failed", "failed", "failed"]


def test_a_server_with_another_model_forks_old_runs_from_their_recording_only(gallery, query, tmp_path):
    with ModelServer(always(MISSES)) as old, ModelServer(always(MISSES)) as new:
        first = ["--gallery", gallery, "--model", "openai:s", "--base-url", old.base_url, "--verify", "density"]
        with Server(*first, "--max-calls", 3, home=tmp_path, env=KEYS) as server:
            session = server.session()
            server.say(session, "where?", query).raise_for_status()
            server.settled(session)
        asked = old.count
        second = ["--gallery", gallery, "--model", "openai:t", "--base-url", new.base_url, "--verify", "density"]
        with Server(*second, "--max-calls", 3, home=tmp_path, env=KEYS) as server:
            refused = fork(server, session, "temperature=0.3")
            assert refused.status_code == 422 and "a different model" in refused.text
            assert fork(server, session, "verify=top1", live=False).status_code == 200
        assert (old.count, new.count) == (asked, 0)


def test_a_stopped_live_fork_gives_back_what_it_did_not_ask(place):
    server, session, model, _ = place
    before = server.settled(session)["spent"]["calls"]
    asked = model.count
    assert fork(server, session, "temperature=0.35").status_code == 200
    assert server.settled(session)["spent"]["calls"] - before == model.count - asked
    json.dumps(server.settled(session))
