"""Two servers on one home, 200 messages, many at the same moment: what was accepted was answered, once."""

from concurrent.futures import ThreadPoolExecutor

from tests.support.serving import Server

MESSAGES = 200


def test_nothing_accepted_is_lost(gallery, query, tmp_path):
    args = ["--gallery", gallery, "--verify", "density"]
    accepted: dict[str, list[str]] = {}
    with Server(*args, home=tmp_path) as one, Server(*args, home=tmp_path) as two, ThreadPoolExecutor(8) as pool:
        sessions = [one.session() for _ in range(8)]
        for session in sessions:
            one.say(session, "where?", query).raise_for_status()
        for session in sessions:
            one.settled(session)

        def send(number: int) -> int:
            session, server = sessions[number // 2 % 8], (one, two)[number % 2]
            form = [("text", (None, "how sure?")), ("id", (None, f"m{number}"))]
            code = server.http.post(f"/api/sessions/{session}/messages", files=form).status_code
            if code == 202:
                accepted.setdefault(session, []).append(f"m{number}")
            return code

        codes = list(pool.map(send, range(MESSAGES)))
        views = {session: one.settled(session) for session in sessions}
        print({code: codes.count(code) for code in sorted(set(codes))})
    assert set(codes) <= {202, 409, 429}
    assert sum(map(len, accepted.values())) == codes.count(202) > 8
    for session, names in accepted.items():
        said = [turn["id"] for turn in views[session]["turns"]]
        assert len(said) == len(set(said))
        assert all(name in said and f"{name}-reply" in said for name in names)
        assert not views[session]["interrupted"]
