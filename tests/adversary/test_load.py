"""30 sessions, 180 uploads, 200 event streams, 500 idle connections: the next visitor is answered within a second."""

import io
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
from PIL import Image

from tests.support.serving import Server


def photo(number: int) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((800, 600), 30 + number % 60).convert("RGB").save(out, "JPEG", quality=85)
    return out.getvalue()


def memory_mb(process: int) -> float:
    with open(f"/proc/{process}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:")) / 1024


def connected(server) -> socket.socket:
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def test_others_are_answered_and_memory_returns(gallery, tmp_path):
    with Server("--gallery", gallery, "--verify", "density", home=tmp_path) as server, ExitStack() as stack:
        warm = server.session()
        form = [("files", ("warm.jpg", photo(0), "image/jpeg"))]
        server.http.post(f"/api/sessions/{warm}/messages", files=form).raise_for_status()
        server.settled(warm)
        before = memory_mb(server.process.pid)
        sessions = [server.session() for _ in range(30)]
        photos = [photo(number) for number in range(12)]
        idle = [stack.enter_context(connected(server)) for _ in range(500)]
        streams = []
        for number in range(200):
            stream = stack.enter_context(connected(server))
            path = f"/api/sessions/{sessions[number % 30]}/events"
            stream.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            streams.append(stream)
        took: list[float] = []
        with ThreadPoolExecutor(60) as pool, httpx.Client(base_url=server.url, timeout=30) as visitor:

            def send(number: int) -> int:
                form = [("files", (f"{number}.jpg", photos[number % 12], "image/jpeg"))]
                return server.http.post(
                    f"/api/sessions/{sessions[number % 30]}/messages", files=form, timeout=120
                ).status_code

            sent = [pool.submit(send, number) for number in range(180)]
            while not all(one.done() for one in sent) or len(took) < 20:
                began = time.monotonic()
                assert visitor.get("/api/about").status_code == 200
                took.append(time.monotonic() - began)
                time.sleep(0.1)
            codes = [one.result() for one in sent]
        for session in sessions:
            server.settled(session, 180)
        for one in [*idle, *streams]:
            one.close()
        time.sleep(15)
        after = memory_mb(server.process.pid)
        took.sort()
        print(f"about: median {took[len(took) // 2]:.3f} s, slowest {took[-1]:.3f} s of {len(took)}")
        counts = {code: codes.count(code) for code in sorted(set(codes))}
        print(f"memory: {before:.0f} MB before, {after:.0f} MB after; {counts}")
    assert set(codes) <= {202, 409, 429, 503}
    assert codes.count(202) >= 30
    assert after - before < 150
    assert took[-1] < 1.0
