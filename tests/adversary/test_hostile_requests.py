"""200 hostile requests: every one is answered below 500 or cut off, and the server answers the next visitor."""

import json
import random
import socket

from tests.support.serving import Server

ODD = [
    *(None, True, -1, 2**64, 1.5, "", "x" * 5000, "\x00", "²", [], {}, [[]], {"kind": "words"}, "../../etc/passwd"),
    *("=1", "\u202e", "'; DROP TABLE sessions; --", "nan", "1e999", "@/etc/passwd", "%00", "\ud7ff"),
]
PATHS = [
    *("/api/sessions/{s}", "/api/sessions/{s}/photos/{o}/run", "/api/sessions/{o}", "/api/sessions/{s}/export/{o}"),
    *(
        "/api/sessions/{s}/turns?before={o}",
        "/api/sessions/{s}/photos/1/neighbours/{o}/{o}",
        "/reports/{o}",
        "/static/{o}",
    ),
    "/api/sessions/{s}/photos/1/picture?small={o}",
]
POSTS = ["steer", "messages", "photos/1/run/fork", "stop", "resume", "photos/{o}/run/fork", "photos/1/run/fork/stop"]
RAW = [
    *(
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"GET /\x00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"\r\n" * 5000,
    ),
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    b"POST /api/sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Sextant: 1\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
    b"GET /../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: " + b"a=b; " * 4000 + b"\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
]


def test_no_request_makes_the_server_fail(gallery, query, tmp_path):
    chance, statuses = random.Random(11), []
    with Server("--gallery", gallery, "--verify", "density", home=tmp_path) as server:
        session = server.session()
        server.say(session, "where?", query).raise_for_status()
        server.settled(session)
        for _ in range(60):
            odd = str(chance.choice(ODD)).replace("\x00", "%00").replace("#", "").encode("utf-8", "replace").decode()
            path = chance.choice(PATHS).format(s=session, o=odd)
            statuses.append((path[:80], server.http.get(path).status_code))
        for _ in range(100):
            path = f"/api/sessions/{session}/{chance.choice(POSTS).format(o='9')}"
            names = ("kind", "text", "corners", "latitude", "longitude", "step", "changes", "live", "rule", "photo")
            body = {name: chance.choice(ODD) for name in chance.sample(names, 4)} | {
                "kind": chance.choice(["words", "polygon", "pin", "reject"]),
                "step": chance.choice(["1", "2", "²", "9" * 50]),
                "changes": [f"{chance.choice(['samples', 'max_calls', 'model', 'text'])}={chance.choice(ODD)}"[:400]],
            }
            content = json.dumps(body).encode("utf-8", "replace")
            if chance.random() < 0.2:
                content = content[: chance.randrange(len(content))]
            kinds = [
                "application/json",
                "multipart/form-data",
                "multipart/form-data; boundary=" + "x" * 300,
                "text/plain",
            ]
            headers = {"Content-Type": chance.choice(kinds)}
            statuses.append((path, server.http.post(path, content=content, headers=headers, timeout=60).status_code))
        host, port = server.url.removeprefix("http://").split(":")
        for raw in RAW * 4:
            with socket.create_connection((host, int(port)), timeout=20) as client:
                client.settimeout(1.0)
                try:
                    client.sendall(raw)
                    first = client.recv(64).split()
                except (OSError, TimeoutError):
                    first = []
            statuses.append((raw[:40], int(first[1]) if len(first) > 1 else 0))
        assert server.http.get("/api/about").status_code == 200
        server.settled(session)
    assert len(statuses) >= 200
    assert not [one for one in statuses if one[1] >= 500], [one for one in statuses if one[1] >= 500]
    assert "failed" not in server.said and "Error" not in server.said, server.said
