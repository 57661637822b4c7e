"""A second look is shown wherever the answer is: the pictures of each place, the verdict and why."""

import io
import json
from html import unescape

import pytest
from PIL import Image

from sextant.agent.chat.chat_replies import reply_located
from sextant.agent.privacy.precision import Policy
from sextant.agent.privacy.view import view_photo
from sextant.agent.recording.blobs import BlobStore
from sextant.agent.settings import Settings
from sextant.app.exports.case_file import make_case_file
from sextant.app.exports.case_manifest import check_case_file
from sextant.app.exports.case_parts import make_reference_reader
from sextant.app.exports.geojson import make_geojson
from sextant.app.exports.kml import make_kml
from sextant.app.exports.row import make_row
from sextant.app.exports.table import make_table
from sextant.app.exports.write_case_file import write_case_file
from sextant.app.render.answer import format_answer
from sextant.app.render.run import format_timeline
from sextant.app.render.run_flow import build_flow
from sextant.graphs.chat import ChatContext
from sextant.graphs.runs.folder import find_run
from sextant.graphs.runs.timeline import build_timeline
from sextant.graphs.sessions.store import Sessions, view_session
from tests.support.model_server import ModelServer
from tests.support.serving import Server
from tests.test_second_look import make_script

EFFECTS = [
    {"source": "map", "kind": "moved", "latitude": 38.72, "longitude": -9.1},
    {"source": "map", "kind": "agrees", "count": 2},
]


@pytest.fixture(scope="module")
def looked(gallery, query, tmp_path_factory):
    """A session whose photo was compared with pictures of Lisbon and Oslo: its home, context, id and view."""
    home = tmp_path_factory.mktemp("looked")
    with pytest.MonkeyPatch.context() as patch, ModelServer(make_script("Lisbon")) as model:
        patch.setenv("OPENAI_API_KEY", "sk-test-1234567890")
        settings = Settings(
            model="openai:gpt-5-scripted", base_url=model.base_url, home=str(home), tools=(), retries=0,
            gallery=str(gallery), second_look=4, later=("second-look",), variants=("zero-shot", "references-10"),
            max_rounds=2,
        )  # fmt: skip
        context, sessions = ChatContext(settings), Sessions(str(home))
        session = sessions.create()
        kept = [{"sha256": BlobStore(home / "blobs").put(query.read_bytes()), "file": "a.jpg"}]
        message = {"id": "m1", "text": "where?", "photos": kept, "steer": [], "photo": None}
        state = sessions.send_message(session, message, context)
    return home, context, session, view_session(session, state, context.policy), state["photos"]


def test_every_face_says_what_was_made_of_the_pictures(looked, gallery):
    home, context, session, view, stored = looked
    (photo,) = view["photos"]
    looks = photo["told"]["looks"]
    verdicts = {one["verdict"] for one in looks}
    assert verdicts == {"pictures taken there show the same place", "pictures taken there show another place"}
    assert all("the tower of" in one["why"] and "(" in one["place"] for one in looks)
    printed = format_answer(photo["answer"])
    case = write_case_file(view, stored, context, make_reference_reader(context))
    for one in looks:
        assert f"{one['place']}: {one['verdict']}; {one['why']}" in printed
        assert f"{one['place']}: {one['verdict']}; {one['why']}" in case
    assert "Pictures are left out where not all of their files state an open licence" in case
    assert "look-1.jpg" not in case
    story = build_timeline(find_run(photo["run"], str(home)))
    flow = [branch["words"] for one in build_flow(story)["rounds"] for branch in one["branches"]]
    assert any(words.startswith("compared pictures: ") and "1 same place" in words for words in flow)
    assert any("compared pictures: " in line for line in format_timeline(story))
    with Server("--gallery", gallery, home=home) as server:
        for number in range(1, len(looks) + 1):
            sheet = server.http.get(f"/api/sessions/{session}/photos/1/looks/{number}")
            assert Image.open(io.BytesIO(sheet.content)).width > 200
        assert server.http.get(f"/api/sessions/{session}/photos/1/looks/9").status_code == 404
    with Server("--gallery", gallery, "--precision", "city", home=home) as server:
        assert server.http.get(f"/api/sessions/{session}/photos/1/looks/1").status_code == 403
        (capped,) = server.http.get(f"/api/sessions/{session}").json()["photos"]
        assert all("tower" not in str(one) and "Lisbon" not in one["place"] for one in capped["told"]["looks"])


def test_the_case_file_holds_the_pictures_where_every_file_states_an_open_licence(looked):
    _, context, _, view, stored = looked
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x8298] = "CC BY 4.0 Ana"
    Image.new("RGB", (64, 48)).save(out, "JPEG", exif=exif)
    page = write_case_file(view, stored, context, lambda name: out.getvalue())
    assert "photo-1/look-1.jpg" in page and "CC BY" in page
    assert "Pictures are left out" not in page
    assert check_case_file(page).faults == ()
    without = write_case_file(view, stored, context, lambda name: out.getvalue(), picture=False)
    assert "photo-1/look-1.jpg" not in without


def test_what_moved_the_answer_is_said_in_every_face(looked):
    _, context, _, view, stored = looked
    (located,) = stored.values()
    evidence = {**located, "answer": {**located["answer"], "effects": EFFECTS}}
    photo = view_photo(evidence, context.policy)
    words = photo["told"]["effects"]
    assert len(words) == 2 and words[0].startswith("the map moved the answer by ")
    session = {**view, "photos": [photo]}
    texts = [
        format_answer(photo["answer"]), unescape(make_case_file(session)), make_table(session),
        unescape(make_kml(session)), make_row(photo["answer"])["weighed"],
    ]  # fmt: skip
    said = [entry.text for entry in reply_located(photo, several=False)]
    for one in words:
        assert all(one in text for text in texts)
        assert any(one[1:] in text for text in said)
    features = json.loads(make_geojson(session))["features"]
    assert [one["properties"]["weighed"] for one in features if one["properties"]["role"] == "answer"] == [words]
    coarse = view_photo(evidence, Policy("country", "a test"))
    assert coarse["told"]["effects"][0] == "the map moved the answer"
