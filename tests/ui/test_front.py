"""The app as it is served: names and pages of strangers, slow senders, a full disk, and the API beside it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file

from specwhisper.server.app import beside
from specwhisper.service.engine import AT_ONCE
from specwhisper.ui.build import build_app, build_engine
from specwhisper.ui.config import AppConfig
from specwhisper.ui.serve import launch
from specwhisper.web import connections
from tests.server.fakes import Echo, fake_engine
from tests.server.raw import connected, everything, form, part, request, sound, until

EVIL = {"Origin": "https://evil.example"}
UPLOAD = "/gradio_api/upload"


@contextmanager
def app(echo: Echo, host: str = "127.0.0.1", **config: object) -> Iterator[str]:
    settings = AppConfig(**config)
    engine = fake_engine(echo, most_waiting=settings.max_waiting + AT_ONCE)
    engine.warm_up().join()
    page = build_app(settings, engine)
    place = Path(os.environ["GRADIO_TEMP_DIR"])
    url = launch(page, settings, host=host, block=False, beside=beside(engine), uploads=place)
    yield url.rstrip("/")
    page.close(verbose=False)


@pytest.fixture(scope="module")
def url(uploads: None) -> Iterator[str]:
    with app(Echo()) as address:
        yield address


def status(url: str, path: str, method: str = "GET", **options: object) -> int:
    return httpx.request(method, f"{url}{path}", **options).status_code


def test_the_api_is_beside_the_page(url: str) -> None:
    for path in ("/api/", "/api/health", "/api/docs", "/api/v1/models"):
        assert status(url, path) == 200
    assert status(url, "/api", follow_redirects=True) == 200
    assert "/api/openapi.json" in httpx.get(f"{url}/api/docs").text
    assert status(url, "/") == 200
    assert status(url, "/apiary") != 200
    answer = httpx.post(f"{url}/api/transcribe", files={"file": sound()})
    assert answer.json()["text"] == "part 0 part 1"


def test_the_page_still_serves_its_clients(url: str, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(sound())
    client = Client(url, verbose=False)
    text, _ = client.predict(handle_file(str(tmp_path / "a.wav")), api_name="/transcribe")
    assert text == "part 0 part 1"


@pytest.mark.parametrize("path", ["/", "/api/", "/gradio_api/info"])
def test_other_names_are_not_answered(url: str, path: str) -> None:
    assert status(url, path, headers={"Host": "evil.example"}) == 403
    assert status(url, path, headers={"Host": "localhost:7860"}) == 200


@pytest.mark.parametrize("path", ["/api/transcribe", UPLOAD])
def test_pages_of_others_are_refused(url: str, path: str) -> None:
    files = {"file": sound(1)}
    answer = httpx.post(f"{url}{path}", files=files, headers=EVIL)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert "access-control-allow-credentials" not in answer.headers
    assert status(url, path, "POST", files=files, headers={"Sec-Fetch-Site": "cross-site"}) == 403


def test_a_link_to_the_page_may_stand_anywhere(url: str) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert status(url, "/", headers=link) == 200
    assert status(url, "/", headers={**link, "Sec-Fetch-Dest": "iframe"}) == 200  # a notebook shows it so


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_the_api_has_cors_of_its_own(host: str, uploads: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPECWHISPER_CORS_ORIGINS", "https://app.example")
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-stainless-os"}
    with app(Echo(), host) as url:
        for path in ("/api/transcribe", "/api/v1/audio/transcriptions"):
            allowed = httpx.options(f"{url}{path}", headers={"Origin": "https://app.example", **preflight})
            assert allowed.headers["access-control-allow-origin"] == "https://app.example"
            assert "access-control-allow-credentials" not in allowed.headers
            foreign = httpx.options(f"{url}{path}", headers={**EVIL, **preflight})
            assert "access-control-allow-origin" not in foreign.headers
            assert "access-control-allow-credentials" not in foreign.headers
        assert status(url, "/api/transcribe", "POST", files={"file": sound(1)}, headers=EVIL) == 403
        if host == "0.0.0.0":  # a Space: its proxy has a name of its own, and others may show the page
            assert status(url, "/", headers={"Host": "me-specwhisper.hf.space"}) == 200
            assert status(url, "/api/", headers={"Host": "me-specwhisper.hf.space"}) == 200
            assert status(url, "/config", headers=EVIL) == 200


def test_the_line_is_bounded(uploads: None) -> None:
    assert (
        build_engine(AppConfig(pair="base+tiny", device="cpu")).line.most == AppConfig().max_waiting + AT_ONCE
    )
    echo = Echo()
    with app(echo, max_waiting=2) as url:
        echo.delay = 1.0
        statuses: list[int] = []

        def ask() -> None:
            statuses.append(status(url, "/api/transcribe", "POST", files={"file": sound(2)}, timeout=30))

        threads = [threading.Thread(target=ask) for _ in range(10)]
        for thread in threads:
            thread.start()
        assert until(lambda: len(statuses) >= 7, 5)
        assert statuses == [429] * 7
        echo.delay = 0.0
        for thread in threads:
            thread.join(30)
        assert statuses.count(200) == 3


def test_keys_guard_the_api_but_not_its_health(uploads: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPECWHISPER_API_KEYS", "a, b")
    with app(Echo()) as url:
        assert status(url, "/api/health") == status(url, "/api/") == 200
        assert status(url, "/api/models") == 401
        assert status(url, "/api/models", headers={"Authorization": "Bearer b"}) == 200


def test_headers_that_never_end(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEADERS", 0.4)
    with connected(url) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: loc")
        began = time.monotonic()
        assert everything(client).startswith(b"HTTP/1.1 408")
    assert time.monotonic() - began < 8


def test_a_full_disk_is_said_so(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no device that is always full")
    monkeypatch.setattr(
        "gradio.route_utils.NamedTemporaryFile", lambda **options: full.open("r+b", buffering=0)
    )
    answer = httpx.post(f"{url}{UPLOAD}", files={"files": sound(30)})
    assert answer.status_code == 507
    assert "disk of this server is full" in answer.json()["error"]["message"]


def test_uploads_that_break_off_leave_nothing(url: str) -> None:
    place = Path(os.environ["GRADIO_TEMP_DIR"])
    finished = httpx.post(f"{url}{UPLOAD}", files={"files": ("tmpname", sound(1))}).json()[0]
    whole = request(UPLOAD, form(part('name="files"; filename="a.wav"', sound(60))))
    with connected(url) as client:
        client.sendall(whole[:1_000_000])
        assert until(lambda: list(place.glob("tmp*")))
    assert until(lambda: not list(place.glob("tmp*")))
    assert Path(finished).exists()
