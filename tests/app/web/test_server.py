"""The server over HTTP, as a hostile or unlucky client meets it."""

import io
import json
import re
import shutil
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from sextant.agent.privacy.precision import CAPS
from tests.support.cli import sextant
from tests.support.model_script import Fault, Reply, always
from tests.support.model_server import ModelServer
from tests.support.serving import Server
from tests.support.small_gallery import PLACES, picture


@pytest.fixture(scope="module")
def server(gallery, tmp_path_factory):
    with Server("--gallery", gallery, "--verify", "density", home=tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def located(server, query):
    """A session with one located photo."""
    session = server.session()
    server.say(session, "where?", query).raise_for_status()
    server.settled(session)
    return session


def upload(server, session, *files):
    return server.http.post(f"/api/sessions/{session}/messages", files=[("files", file) for file in files])


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8642", "127.0.0.1.evil.example", "", "[::2]"])
def test_another_host_name_is_not_answered(server, host):
    assert server.http.get("/api/about", headers={"Host": host}).status_code in (400, 421)


def test_a_change_from_another_site_is_refused(server):
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert server.http.post("/api/sessions", headers=headers).status_code == 403, headers
    assert httpx.post(f"{server.url}/api/sessions").status_code == 403
    assert httpx.post(f"{server.url}/api/sessions", headers={"Origin": server.url}).status_code == 201


def test_the_page_may_run_nothing_but_its_own_files(server):
    policy = server.http.get("/").headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/%2e%2e/server.py",
        "/static/..%2fserver.py",
        "/static//etc/passwd",
        "/reports/../1",
    ],
)
def test_no_path_reaches_the_file_system(server, path):
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while chunk := raw.recv(65536):
            answer += chunk
    assert answer.split()[1] in (b"404", b"405", b"422")
    assert b"def create_app" not in answer and b"root:" not in answer


@pytest.mark.parametrize("number", ["0", "-1", "999", "1.jpg", "..%2f..%2fsecret", "1' OR '1'='1"])
def test_neighbours_are_named_by_number_alone(server, located, number):
    status = server.http.get(f"/api/sessions/{located}/photos/1/neighbours/nearest/{number}").status_code
    assert status in (404, 422)


def test_beyond_loopback_a_token_is_needed(gallery, tmp_path):
    ran = sextant("serve", "--host", "0.0.0.0", "--gallery", gallery, home=tmp_path)
    assert ran.code == 2
    assert "--token" in ran.error


def test_with_a_token_nothing_is_answered_without_it(gallery, tmp_path):
    token = "a-token-of-sixteen-letters"
    with Server("--gallery", gallery, "--token", token, home=tmp_path) as running:
        assert running.http.get("/").status_code == 401
        assert running.http.get("/api/sessions").status_code == 401
        assert running.http.get("/static/main.js").status_code == 401
        assert running.http.get("/api/sessions", headers={"Authorization": f"Bearer {token}"}).status_code == 200
        assert running.http.get("/api/sessions", headers={"Authorization": f"Bearer {token}x"}).status_code == 401
        first = running.http.get(f"/?token={token}")
        assert (first.status_code, first.headers["location"]) == (303, "/")
        assert "HttpOnly" in first.headers["set-cookie"] and "SameSite=Strict" in first.headers["set-cookie"]
        assert running.http.get("/api/sessions", headers={"Cookie": f"sextant={token}"}).status_code == 200


def test_a_taken_port_is_one_line(server, gallery, tmp_path):
    port = server.url.rpartition(":")[2]
    ran = sextant("serve", "--port", port, "--gallery", gallery, home=tmp_path)
    assert (ran.code, "is in use" in ran.error) == (1, True)


def test_a_gallery_that_cannot_be_opened_ends_the_server_in_one_line(gallery, tmp_path):
    broken = Path(shutil.copytree(gallery, tmp_path / "broken"))
    shutil.rmtree(broken / "manifest.lance" / "data")
    ran = sextant("serve", "--port", "0", "--gallery", str(broken), home=tmp_path)
    assert (ran.code, "\n" in ran.error) == (1, False)
    assert "broken' cannot be read" in ran.error


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"MZ this is a program", "not a photo"),
        (b"<svg onload=alert(1)>", "not a photo"),
        (b"\xff\xd8\xff", "not a photo|broken"),
    ],
)
def test_what_is_no_photo_is_refused_with_its_reason(server, content, reason):
    answer = upload(server, server.session(), ("a.jpg", content, "image/jpeg"))
    assert answer.status_code == 422
    assert re.search(reason, answer.json()["detail"])


def test_a_bomb_of_pixels_is_refused_by_the_decoder(server):
    out = io.BytesIO()
    Image.new("L", (12_000, 12_000)).save(out, "PNG")
    answer = upload(server, server.session(), ("bomb.png", out.getvalue(), "image/png"))
    assert answer.status_code == 422
    assert "pixels" in answer.json()["detail"] or "memory" in answer.json()["detail"]
    assert server.http.get("/api/about").status_code == 200


def test_two_hundred_megabytes_are_refused_before_they_are_read(server):
    session = server.session()
    port = int(server.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as raw:
        raw.sendall(
            f"POST /api/sessions/{session}/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Sextant: 1\r\n"
            f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {200 * 2**20}\r\n\r\n".encode()
        )
        raw.settimeout(5)
        answer = raw.recv(4096)
    assert answer.split()[1] == b"413"


def test_a_hundred_photos_at_once_are_refused_in_words(server):
    answer = upload(server, server.session(), *[(f"{n}.jpg", b"x", "image/jpeg") for n in range(100)])
    assert answer.status_code == 413
    assert "at most 20" in answer.json()["detail"]


def test_the_good_photos_among_broken_ones_are_located(server, query):
    session = server.session()
    name = '../../etc/<script>alert("x")</script>.jpg'
    answer = upload(server, session, ("broken.jpg", b"nothing", "image/jpeg"), (name, query.read_bytes(), "image/jpeg"))
    assert [one["file"] for one in answer.json()["refused"]] == ["broken.jpg"]
    view = server.settled(session)
    assert [photo["status"] for photo in view["photos"]] == ["located"]
    assert "/" not in view["photos"][0]["file"]
    assert view["photos"][0]["answer"]["best"]["country"] == "Portugal"
    page = server.http.get(f"/api/sessions/{session}/export/html").text
    assert "<script" not in page


def test_steering_asks_nobody_and_a_polygon_may_cross_itself_and_the_date_line(server, query):
    session = server.session()
    server.say(session, "where?", query)
    spent = server.settled(session)["spent"]["calls"]
    bow_tie = [[60, 0], [30, 40], [60, 40], [30, 0]]
    pacific = [[10, 170], [10, 190], [-10, 190], [-10, 170]]
    for corners, rule in (
        (bow_tie, "exclude"),
        (pacific, "exclude"),
        ([[10, 170], [10, -170], [-10, -170]], "exclude"),
    ):
        wish = {"kind": "polygon", "corners": corners, "rule": rule}
        assert server.http.post(f"/api/sessions/{session}/steer", json=wish).status_code == 202
        view = server.settled(session)
    assert view["spent"]["calls"] == spent
    assert len(view["photos"][0]["constraints"]) == 3
    flat = {"kind": "polygon", "corners": [[1, 1], [1, 1], [1, 1]]}
    refused = server.http.post(f"/api/sessions/{session}/steer", json=flat)
    assert (refused.status_code, "corners" in refused.json()["detail"]) == (422, True)


def test_a_lost_stream_goes_on_from_the_last_event(server, query):
    session = server.session()
    seen = []
    server.say(session, "where?", query)
    with server.http.stream("GET", f"/api/sessions/{session}/events") as stream:
        for line in stream.iter_lines():
            if line.startswith("id: "):
                seen.append(line[4:])
            if len(seen) == 3:
                break
    server.settled(session)
    rest = []
    with server.http.stream("GET", f"/api/sessions/{session}/events", headers={"Last-Event-ID": seen[-1]}) as stream:
        for line in stream.iter_lines():
            rest.append(line)
            if line == "event: idle":
                break
    ids = [line[4:] for line in rest if line.startswith("id: ")]
    last = int(seen[-1].partition(".")[2])
    assert [int(one.partition(".")[2]) for one in ids] == list(range(last + 1, last + 1 + len(ids)))
    assert "event: session" in rest


def test_one_session_takes_one_message_at_a_time(gallery, query, tmp_path):
    with ModelServer(always(Reply(text='{"latitude": 1, "longitude": 2}')), latency_s=90) as slow:
        args = ["--gallery", gallery, "--verify", "density", "--model", "openai:s", "--base-url", slow.base_url]
        with Server(*args, home=tmp_path, env={"OPENAI_API_KEY": "sk-test"}) as running:
            session = running.session()
            assert running.say(session, "where?", query).status_code == 202
            second = running.say(session, "why?")
            assert second.status_code == 409
            while not slow.count:
                time.sleep(0.05)
            running.http.post(f"/api/sessions/{session}/stop")
            view = running.settled(session)
            assert view["photos"][0]["answer"]["stop"] == "stopped"
            assert view["photos"][0]["answer"]["best"]["country"] == "Portugal"


def test_a_dead_model_is_said_and_retrieval_answers(gallery, query, tmp_path):
    with ModelServer(always(Fault("unknown_model"))) as broken:
        args = ["--gallery", gallery, "--verify", "density", "--model", "openai:s", "--base-url", broken.base_url]
        with Server(*args, home=tmp_path, env={"OPENAI_API_KEY": "sk-secret-1234"}) as running:
            session = running.session()
            running.say(session, "where?", query)
            view = running.settled(session, 120)
            assert view["photos"][0]["answer"]["best"]["country"] == "Portugal"
            assert "The model did not answer" in view["turns"][-1]["text"]
            running.say(session, "why?")
            text = running.settled(session, 120)["turns"][-1]["text"]
            assert "from the record" in text
            base = f"/api/sessions/{session}"
            exports = [f"{base}/export/{kind}" for kind in ("geojson", "kml", "csv", "html")]
            for path in ("/api/about", base, f"{base}/photos/1/run", *exports):
                shown = running.http.get(path).text
                for ours in ("sk-secret", broken.base_url, broken.base_url.split("/")[2]):
                    assert ours not in shown, path
            assert "the model server" in running.http.get(base).text


def test_a_live_fork_is_stopped_and_answers_with_the_best_so_far(gallery, query, tmp_path):
    with ModelServer(always(Reply(text='{"latitude": 1, "longitude": 2}'))) as model:
        args = ["--gallery", gallery, "--verify", "density", "--model", "openai:s", "--base-url", model.base_url]
        with Server(*args, home=tmp_path, env={"OPENAI_API_KEY": "sk-test"}) as running, ThreadPoolExecutor() as pool:
            session = running.session()
            running.say(session, "where?", query)
            running.settled(session)
            at = f"/api/sessions/{session}/photos/1/run/fork"
            assert running.http.post(f"{at}/stop").json() == {"done": False}
            model.latency_s, asked = 90, model.count
            wish = {"step": "2", "changes": ["temperature=0.1"], "live": True}
            under_way = pool.submit(running.http.post, at, json=wish)
            while model.count == asked:
                time.sleep(0.05)
            assert running.http.post(at, json=wish).status_code == 409
            assert running.http.post(f"{at}/stop").json() == {"done": True}
            fork = under_way.result(timeout=60).json()
            assert fork["answer"]["stop"] == "stopped" and fork["answer"]["best"]["country"] == "Portugal"


@pytest.mark.parametrize(
    "change",
    [
        "base_url=http://127.0.0.1:9/v1",
        " base_url = http://127.0.0.1:9/v1",
        "gallery=/",
        "fitted=/etc/passwd",
        "encoder=onnx:/etc/passwd",
        "preset=/etc/x.yaml",
        "variants=zero-shot, /etc/x.yml",
        "variant.zero-shot=/etc/x.yaml",
        "text=@/etc/passwd",
    ],
)
def test_a_visitor_forks_with_no_file_and_no_address_of_his_choice(server, query, change):
    session = server.session()
    server.say(session, "where?", query)
    server.settled(session)
    wish = {"step": "1", "changes": [change], "live": True}
    refused = server.http.post(f"/api/sessions/{session}/photos/1/run/fork", json=wish)
    assert refused.status_code == 422
    assert "write the value itself" in refused.text or "a visitor cannot change" in refused.text


@pytest.fixture(scope="module")
def exact(tmp_path_factory):
    """A photo whose name, metadata and model all say exactly where it was taken; and the server's arguments."""
    photo = tmp_path_factory.mktemp("exact") / "IMG_38.7139_-9.1394.jpg"
    image = picture(PLACES["lisbon"][0], seed=11)
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (38.0, 42.0, 50.04), 3: "W", 4: (9.0, 8.0, 21.84)})
    image.save(photo, quality=90, exif=exif)
    said = {"latitude": 38.7139, "longitude": -9.1394, "place": "Rua Augusta 12, Lisbon", "confidence": 0.9}
    clues = [{"text": "At 38°42'50\"N 9°8'21\"W, Rua Augusta", "source": "read"}]
    with ModelServer(always(Reply(text=json.dumps({**said, "clues": clues})))) as model:
        yield photo, ["--verify", "density", "--model", "openai:s", "--base-url", model.base_url]


EXACT = r"38[.,]713[89]|9[.,]139[34]|38\s*°\s*42|9\s*°\s*8\s*['′]"
# What each cap must not let through: street names below street, towns below city. "Lisbon" is a district, too.
FINER = {
    "country": rf"{EXACT}|Rua Augusta|Lisbon|Lisboa",
    "region": f"{EXACT}|Rua Augusta",
    "city": f"{EXACT}|Rua Augusta",
}


@pytest.mark.parametrize("cap", CAPS)
def test_no_output_is_finer_than_the_cap(gallery, exact, cap, tmp_path):
    """Exact coordinates, in any spelling, are searched in every output of the server."""
    photo, args = exact
    env = {"OPENAI_API_KEY": "sk-test"}
    with Server("--gallery", gallery, *args, "--precision", cap, home=tmp_path, env=env) as running:
        outputs = everything(running, photo)
        fine = running.http.get(f"/api/sessions/{outputs.pop('session')}/photos/1/neighbours/nearest/1").status_code
    assert (fine == 200) == (cap == "street")
    for name, text in outputs.items():
        found = re.search(FINER.get(cap, EXACT), text)
        assert not found, (name, text[max(0, found.start() - 80) : found.end() + 80])
    assert "Portugal" in outputs["view"]


@pytest.mark.parametrize("cap", CAPS)
def test_no_line_of_the_terminal_is_finer_than_the_cap(gallery, exact, cap, tmp_path):
    photo, args = exact
    files = {kind: tmp_path / f"out.{kind}" for kind in ("geojson", "kml", "csv", "html")}
    lines = [*QUESTIONS, "/map", "/evidence", "/why", "/budget", "/fork", "/fork 1 optimise=country live", "/sessions"]
    lines += [f"/export {kind} {file}" for kind, file in files.items()]
    env = {"OPENAI_API_KEY": "sk-test"}
    said = sextant(
        *("chat", photo, "--gallery", gallery, *args, "--precision", cap),
        home=tmp_path / "home",
        env=env,
        typed="\n".join([*lines, "/quit", ""]),
    )
    assert "Fork 2" in said.out and "Precision is capped" in said.out
    for text in (said.out, said.err, *(file.read_text("utf-8") for file in files.values())):
        found = re.search(FINER.get(cap, EXACT), text)
        assert not found, text[max(0, found.start() - 80) : found.end() + 80]


QUESTIONS = (
    "why?",
    "what else?",
    "how sure?",
    "show nearest",
    "how far from Oslo?",
    "not Kenya",
    "metadata",
    "same place?",
)


def everything(running, photo):
    """Every output that a client can get of one session."""
    session = running.session()
    running.say(session, "where was this taken?", photo)
    running.settled(session)
    for words in QUESTIONS:
        running.say(session, words)
        running.settled(session)
    running.http.post(f"/api/sessions/{session}/steer", json={"kind": "reject", "latitude": 59.9, "longitude": 10.7})
    running.settled(session)
    base = f"/api/sessions/{session}"
    outputs = {"session": session, "view": running.http.get(base).text, "list": running.http.get("/api/sessions").text}
    for kind in ("geojson", "kml", "csv", "html"):
        outputs[kind] = running.http.get(f"{base}/export/{kind}").text
    outputs["run"] = running.http.get(f"{base}/photos/1/run").text
    fork = {"step": "1", "changes": ["optimise=country"], "live": True}
    outputs["fork"] = running.http.post(f"{base}/photos/1/run/fork", json=fork).text
    outputs["events"] = all_events(running, base)
    return outputs


def all_events(running, base):
    """The snapshot, and every event since the session's first: steps of runs as they happened."""
    lines = []
    with running.http.stream("GET", f"{base}/events", headers={"Last-Event-ID": "x.0"}) as stream:
        for line in stream.iter_lines():
            lines.append(line)
            if line.startswith("data: "):
                break
    life, _, last = next(line for line in lines if line.startswith("id: "))[4:].partition(".")
    with running.http.stream("GET", f"{base}/events", headers={"Last-Event-ID": f"{life}.0"}) as stream:
        for line in stream.iter_lines():
            lines.append(line)
            if lines.count(f"id: {life}.{last}") == 2 and not line:
                break
    assert lines.count("event: step") > 10
    return "\n".join(lines)


def test_the_api_is_described(server):
    described = server.http.get("/api/openapi.json").json()
    paths = described["paths"]
    for path in ("/messages", "/steer", "/events", "/export/{kind}", "/stop", "/resume"):
        assert f"/api/sessions/{{session}}{path}" in paths
    schemas = described["components"]["schemas"]
    assert {"SessionEvent", "SessionView", "ShownPhoto", "Answer", "AnswerArea", "ProgressEvent"} <= set(schemas)
    shown = paths["/api/sessions/{session}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert shown["$ref"].endswith("/SessionView")
    assert "probability" in schemas["Answer"]["properties"]
    run = "/api/sessions/{session}/photos/{key}/run"
    told = [paths[run]["get"], paths[f"{run}/fork"]["post"]]
    named = [one["responses"]["200"]["content"]["application/json"]["schema"]["$ref"] for one in told]
    assert [name.rpartition("/")[2] for name in named] == ["RunView", "ForkReply"]


def test_reports_are_listed_and_shown_in_a_sandbox(gallery, tmp_path):
    folder = tmp_path / "reports" / "run-1"
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("<h1>Figures</h1>")
    with Server("--gallery", gallery, "--reports", tmp_path / "reports", home=tmp_path) as running:
        assert running.http.get("/api/reports").json() == [{"number": 1, "name": "run-1/report.html"}]
        shown = running.http.get("/reports/1")
        assert "Figures" in shown.text
        assert shown.headers["content-security-policy"].startswith("sandbox")
        assert running.http.get("/reports/2").status_code == 404


def test_pictures_leave_without_their_metadata(server, query, tmp_path):
    photo = tmp_path / "exif.jpg"
    exif = Image.Exif()
    exif[0x013B] = "Somebody"
    Image.fromarray(np.asarray(Image.open(query))).save(photo, exif=exif)
    session = server.session()
    server.say(session, "where?", photo)
    server.settled(session)
    for small in ("", "?small=true"):
        picture = server.http.get(f"/api/sessions/{session}/photos/1/picture{small}").content
        assert b"Somebody" not in picture
        assert not Image.open(io.BytesIO(picture)).getexif()
