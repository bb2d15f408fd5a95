"""Clients that leave, at every stage: their place is free at once, and nothing of them stays."""

from __future__ import annotations

import contextlib
import io
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from specwhisper.audio.decode import load_audio
from specwhisper.errors import GivenUpError
from specwhisper.server.app import create_server
from specwhisper.server.settings import ServerSettings
from specwhisper.server.work import Deadline, Recording
from specwhisper.web import connections
from tests.server.conftest import listening
from tests.server.fakes import Echo, fake_engine
from tests.server.raw import connected, recording_form, request, sound, until

FILES = Path("/proc/self/fd")
"""Open files of this process, the server's among them."""

STREAMED = "/v1/audio/transcriptions"


class Server:
    """A served API around an engine that echoes."""

    def __init__(self, url: str, echo: Echo, engine) -> None:
        self.url, self.echo, self.engine = url, echo, engine

    def empty(self) -> bool:
        return not self.engine.line.waiting and not self.engine.line._served and not self.echo.busy

    def transcribes(self) -> httpx.Response:
        return httpx.post(f"{self.url}/transcribe", files={"file": sound(1)}, timeout=20)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    echo, settings = Echo(), ServerSettings()
    engine = fake_engine(echo, most_waiting=settings.max_waiting)
    with listening(create_server(engine, settings)) as url:
        assert until(lambda: engine.ready)
        yield Server(url, echo, engine)


def streamed(seconds: float = 20) -> bytes:
    return request(STREAMED, recording_form(seconds, model="whisper-1", stream="true"))


def test_streaming_clients_that_leave_before_the_first_event_leave_the_line(server: Server) -> None:
    server.echo.delay = 0.3
    with ExitStack() as here:
        clients = [here.enter_context(connected(server.url)) for _ in range(30)]
        for client in clients:
            client.sendall(streamed())
        assert until(lambda: server.engine.line.waiting > 20)
    server.echo.delay = 0.05
    assert until(server.empty, 5)
    assert server.transcribes().status_code == 200


def test_one_that_leaves_is_not_counted_as_one_that_took_too_long(server: Server) -> None:
    server.echo.delay = 0.1
    with connected(server.url) as client:
        client.sendall(request("/transcribe", recording_form(20)))
        assert until(lambda: server.echo.busy == 1)

    def counted() -> str:
        return httpx.get(f"{server.url}/metrics").text

    assert until(lambda: 'route="/transcribe",status="499"' in counted(), 5), counted()
    assert 'status="504"' not in counted()


@pytest.mark.parametrize(("places", "short"), [(1, 1), (3, 2)])
def test_as_many_as_may_wait_and_work_are_let_in(places: int, short: int) -> None:
    """One of three places is for long recordings."""
    echo, settings = Echo(), ServerSettings(max_waiting=4)
    echo.delay = 0.5
    engine = fake_engine(echo, most_waiting=settings.max_waiting, places=places)
    with listening(create_server(engine, settings)) as url, ExitStack() as here:
        assert until(lambda: engine.ready)
        for _ in range(settings.max_waiting + short):
            here.enter_context(connected(url)).sendall(request("/transcribe", recording_form(5)))
        assert until(lambda: engine.line.waiting == settings.max_waiting)
        answer = httpx.post(f"{url}/transcribe", files={"file": sound(1)}, timeout=20)
        assert (answer.status_code, answer.headers["Retry-After"].isdecimal()) == (429, True)
        assert echo.worst == short
        echo.delay = 0.0


def test_one_that_leaves_with_a_second_request_under_way_leaves_the_line(server: Server) -> None:
    """Uvicorn stops reading where two requests lie in wait, and so does not see that the client is gone."""
    server.echo.delay = 0.1
    with connected(server.url) as client:
        client.sendall(streamed(25) + request("/health", method="GET") * 2000)
        assert until(lambda: server.echo.busy == 1)
    assert until(server.empty, 3)


# Two hundred clients that each wait a little take some seconds.
@pytest.mark.skipif(not FILES.exists(), reason="this system does not list open files")
def test_two_hundred_that_leave_at_every_stage_leave_nothing(server: Server, tmp_path: Path) -> None:
    server.echo.delay = 0.02
    whole, plain = streamed(10), request("/transcribe", recording_form(10))
    large = request("/transcribe", recording_form(100))  # past the megabyte that stays in memory
    assert server.transcribes().status_code == 200
    before = descriptors()

    def leave(stage: int) -> None:
        with connected(server.url) as client:
            if stage == 0:
                client.sendall(whole[:60])
            elif stage == 1:
                client.sendall(whole[: whole.index(b"\r\n\r\n") + 4])
            elif stage == 2:
                client.sendall(large[:2_000_000])
            elif stage == 3:
                client.sendall(plain)  # waits, or is served
                time.sleep(0.1)
            elif stage == 4:
                client.sendall(whole)
            elif stage == 5:
                client.sendall(plain)
                until(lambda: server.echo.busy > 0, 0.2)
            else:
                client.settimeout(0.3)
                client.sendall(whole)
                with contextlib.suppress(TimeoutError):
                    client.recv(2000)  # the first event, or a word that too many wait

    def several(first: int) -> None:
        for number in range(first, 200, 8):
            leave(number % 7)

    threads = [threading.Thread(target=several, args=(first,)) for first in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert until(server.empty, 10)
    assert until(lambda: descriptors() <= before + 2, 10), (before, descriptors())
    assert not list(tmp_path.iterdir())
    answer = server.transcribes()
    assert (answer.status_code, answer.json()["text"]) == (200, "part 0")


def descriptors() -> int:
    return len(list(FILES.iterdir()))


@pytest.mark.skipif(not FILES.exists(), reason="this system does not list open files")
def test_who_reads_nothing_is_dropped(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "READING", 0.3)
    question = request("/openapi.json", method="GET")
    none = descriptors()
    with connected(server.url) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(question)
        assert client.recv(1)  # the server has taken the connection, which is two open files from here on
        assert until(lambda: descriptors() == none + 2)
        client.settimeout(0.5)
        with contextlib.suppress(OSError):  # it hangs up while we send, or takes no more
            client.sendall(question * 3000)  # more than the buffers between us hold
        assert until(lambda: descriptors() == none + 1, 30)


@pytest.mark.parametrize("after", [0, 3, 10, 200])
def test_hearing_stops_when_nobody_waits(after: int) -> None:
    """Hearing tells nobody how far it is; what it reads from does."""
    patience = Deadline(60)
    reads = 0

    class Counted(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            nonlocal reads
            reads += 1
            if reads > after:
                patience.gone.set()
            return super().read(size)

    with pytest.raises(GivenUpError):
        load_audio(Recording(Counted(sound(600)), patience))
    assert reads <= after + 2
