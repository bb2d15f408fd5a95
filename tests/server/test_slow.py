"""Clients that send slowly, or not at all, or come in hundreds: nobody is waited for for ever."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from specwhisper.server.app import create_server
from specwhisper.server.settings import ServerSettings
from specwhisper.web import body, connections
from tests.server.conftest import listening
from tests.server.fakes import Echo, fake_engine
from tests.server.raw import FORM, connected, everything, form, part, recording_form, request, sound, until


@pytest.fixture
def url() -> Iterator[str]:
    with listening(create_server(fake_engine(Echo()), ServerSettings())) as address:
        yield address


def refused(answer: bytes) -> tuple[int, str]:
    head, _, content = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(content)["error"]["message"]


@pytest.mark.parametrize("first", [b"GET /health HTTP/1.1\r\nHost: loc", b"", b"after"])
def test_headers_that_never_end(url: str, first: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADERS", 0.4)
    with connected(url) as client:
        if first == b"after":  # the second request of a connection
            client.sendall(request("/health", method="GET"))
            while not client.recv(65_536).endswith(b"}"):  # headers and body may come one by one
                pass
            first = b"GET / HTTP/1.1\r\nX: "
        began = time.monotonic()
        client.sendall(first)
        answer = everything(client)
    assert time.monotonic() - began < 8
    if first:
        status, message = refused(answer)
        assert status == 408
        assert "headers" in message


@pytest.mark.parametrize(
    "garbage",
    [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n"],
)
def test_what_is_no_http_is_answered_like_everything_else(url: str, garbage: bytes) -> None:
    """The first is how a client of https:// begins."""
    with connected(url) as client:
        client.sendall(garbage)
        answer = everything(client)
    assert b"application/json" in answer
    status, message = refused(answer)
    assert (status, "http://" in message) == (400, True)


@pytest.mark.parametrize("size", [300_000, 5_000_000])
def test_whoever_sends_endless_headers_reads_the_answer(url: str, size: int) -> None:
    with connected(url) as client, contextlib.suppress(ConnectionResetError):
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * size + b"\r\n\r\n")
        status, message = refused(everything(client))
    assert (status, "short headers" in message) == (400, True)


def test_a_header_a_second_is_not_in_time_either(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADERS", 0.5)
    with connected(url) as client:
        client.sendall(b"GET /health HTTP/1.1\r\n")
        with pytest.raises(OSError):
            for number in range(100):
                client.sendall(f"X-{number}: y\r\n".encode())
                time.sleep(0.1)


@pytest.mark.parametrize("drips", [False, True])
def test_bodies_that_make_no_progress(url: str, drips: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "PAUSE", 5.0 if drips else 0.4)
    monkeypatch.setattr(body, "SLOW_START", 0.5 if drips else 60.0)
    whole = request("/transcribe", recording_form())
    with connected(url) as client:
        client.sendall(whole[:1000])
        if drips:
            with pytest.raises(OSError):
                for piece in whole[1000:1600]:
                    client.sendall(bytes([piece]))
                    time.sleep(0.05)
        else:
            status, message = refused(everything(client))
            assert status == 408
            assert "did not come in time" in message
    assert httpx.get(f"{url}/health").status_code in (200, 503)


def test_a_slow_line_is_not_a_slow_sender(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "SLOW_START", 0.3)
    whole = request("/transcribe", recording_form())
    with connected(url) as client:
        for start in range(0, len(whole), 4096):
            client.sendall(whole[start : start + 4096])
            time.sleep(0.05)
        assert client.recv(1000).startswith(b"HTTP/1.1 200")


def test_a_body_that_drips_after_the_answer(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer to a GET does not wait for its body, and uvicorn then waits for the rest for ever."""
    monkeypatch.setattr(connections, "HEADERS", 0.4)
    with connected(url) as client:
        client.sendall(request("/health", method="GET", Content_Length="1000000"))
        with pytest.raises(OSError):
            for _ in range(100):
                client.sendall(b"y")
                time.sleep(0.1)


def test_idle_connections_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("specwhisper.server.serve.MOST", 20)
    settings = ServerSettings(max_waiting=5)
    with listening(create_server(fake_engine(Echo()), settings), settings) as url, ExitStack() as here:
        idle = [here.enter_context(connected(url)) for _ in range(60)]
        for client in idle[::2]:
            with contextlib.suppress(OSError):  # dropped already
                client.sendall(b"GET / HT")
        assert httpx.post(f"{url}/transcribe", files={"file": sound(1)}).status_code == 200
        open_ones = 0
        for client in idle:
            client.settimeout(0.01)
            try:
                client.recv(1)
            except TimeoutError:
                open_ones += 1
            except ConnectionResetError:
                pass
        assert open_ones <= 20


def test_where_no_connection_is_idle_the_next_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("specwhisper.server.serve.MOST", 10)
    settings = ServerSettings(max_waiting=5)
    with listening(create_server(fake_engine(Echo()), settings), settings) as url, ExitStack() as here:
        half = request("/transcribe", recording_form())[:5000]
        for _ in range(10):
            here.enter_context(connected(url)).sendall(half)
        time.sleep(0.3)
        answer = httpx.get(f"{url}/health")
        assert answer.status_code == 503
        assert "as many connections" in answer.json()["error"]["message"]
        assert int(answer.headers["retry-after"]) >= 1


_SERVE = """
import sys
from specwhisper.server import serve
from specwhisper.server.settings import ServerSettings
from tests.server.fakes import Echo, fake_engine
serve.build_engine = lambda settings: fake_engine(Echo())
serve.serve(ServerSettings(), host="127.0.0.1", port=int(sys.argv[1]))
"""


# A process of its own takes some seconds to start.
def test_half_a_body_does_not_hold_the_process_when_it_is_told_to_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen([sys.executable, "-c", _SERVE, str(port)], stderr=subprocess.PIPE) as child:
        try:
            url = f"http://127.0.0.1:{port}"
            assert until(lambda: answers(url), 60)
            with connected(url) as half, connected(url) as headers:
                half.sendall(request("/transcribe", recording_form())[:5000])
                headers.sendall(b"GET / HT")
                time.sleep(0.3)
                child.send_signal(signal.SIGTERM)
                child.wait(10)
        finally:
            child.kill()


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").status_code == 200
    except httpx.TransportError:
        return False


def test_a_full_disk_is_said_so(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no device that is always full")
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda *args, **options: full.open("r+b", buffering=0))
    large = part('name="file"; filename="a.wav"', os.urandom(3_000_000))
    answer = httpx.post(f"{url}/transcribe", content=form(large), headers={"Content-Type": FORM})
    assert answer.status_code == 507
    assert "disk of this server is full" in answer.json()["error"]["message"]
