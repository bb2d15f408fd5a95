"""Over a real connection: who is refused while still sending is told why."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from specwhisper.server import gate
from specwhisper.server.app import create_server
from specwhisper.server.settings import ServerSettings
from tests.server.conftest import listening
from tests.server.fakes import Echo, fake_engine

PIECE = bytes(2**16)


@pytest.fixture
def url() -> Iterator[str]:
    settings = ServerSettings(max_upload_bytes=2**20)
    with listening(create_server(fake_engine(Echo()), settings)) as address:
        yield address


def pieces(count: int, pause: float = 0.0) -> Iterator[bytes]:
    yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    for _ in range(count):
        time.sleep(pause)
        yield PIECE


def refused(url: str, body: Iterator[bytes] | bytes) -> httpx.Response:
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    return httpx.post(f"{url}/transcribe", content=body, headers=kind, timeout=30)


@pytest.mark.parametrize("stated", [True, False])
def test_who_sends_too_much_hears_the_answer(url: str, stated: bool) -> None:
    whole = b"".join(pieces(500))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: refused(url, whole if stated else pieces(500)), range(24)))
    for answer in answers:
        assert answer.status_code == 413
        assert "larger than 1 MiB" in answer.json()["error"]["message"]
        assert "--max-upload-mb" in answer.json()["error"]["message"]


def test_who_never_ends_is_not_listened_to_for_ever(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "LINGER", 0.5)
    began = time.monotonic()
    try:
        answer = refused(url, pieces(2000, 0.02))
        assert answer.status_code == 413
    except httpx.TransportError:
        pass  # the connection was closed while we went on
    assert time.monotonic() - began < 10
