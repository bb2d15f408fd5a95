"""Names and pages of strangers, headers that are made up, labels without end."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator

import httpx
import pytest

from specwhisper.errors import OptionError
from specwhisper.server.app import create_server
from specwhisper.server.settings import ServerSettings, keys_from_environment
from tests.server.conftest import listening
from tests.server.fakes import Echo, fake_engine
from tests.server.raw import asked, connected, request, sound, until

EVIL = "https://evil.example"


def served(**settings: object) -> Iterator[str]:
    wanted = ServerSettings(**settings)
    with listening(create_server(fake_engine(Echo()), wanted), wanted) as address:
        yield address


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    yield from served()


@pytest.fixture(scope="module")
def allowing() -> Iterator[str]:
    yield from served(cors_origins=("https://app.example",), allowed_hosts=("proxy.example",))


def status(url: str, path: str = "/models", method: str = "GET", **headers: str) -> int:
    return int(asked(url, request(path, method=method, **headers)).split()[1])


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "0.0.0.0", "localhost.evil.example", "10.0.0.1"]
)
def test_other_names_are_not_answered(url: str, host: str) -> None:
    answer = asked(url, request("/models", method="GET", Host=host))
    assert answer.startswith(b"HTTP/1.1 403")
    message = json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["message"]
    assert "--allowed-host" in message


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:9", "127.0.0.1:8000", "127.3.2.1", "[::1]", "[::1]:80", "app.localhost"]
)
def test_names_of_the_loopback_are(url: str, host: str) -> None:
    assert status(url, Host=host) == 200


def test_other_names_that_are_allowed(allowing: str) -> None:
    assert status(allowing, Host="proxy.example:443") == 200
    assert status(allowing, Host="evil.example") == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Origin": "http://localhost:9"},
        {"Origin": EVIL, "Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"},
        {"Origin": "http://["},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_pages_of_others_are_refused(url: str, allowing: str, headers: dict[str, str], method: str) -> None:
    path = "/models" if method == "GET" else "/transcribe"
    assert status(url, path, method, **headers) == 403
    assert status(allowing, path, method, **headers) == 403


def test_a_form_that_a_page_sends_by_navigation_is_refused(url: str) -> None:
    form = {"Origin": EVIL, "Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    assert status(url, "/transcribe", "POST", **form) == 403


def test_own_pages_links_and_programs_are_answered(url: str) -> None:
    port = url.rsplit(":", 1)[1]
    own = {"Host": f"localhost:{port}", "Origin": f"http://localhost:{port}"}
    for headers in (
        {},
        own,
        {**own, "Sec_Fetch_Site": "same-origin"},
        {"Sec_Fetch_Site": "none", "Sec_Fetch_Mode": "navigate"},
        {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"},  # a link in a mail
    ):
        assert status(url, **headers) == 200


def test_an_allowed_page_asks_with_all_the_headers_of_openais_client(allowing: str) -> None:
    stainless = (
        "lang",
        "package-version",
        "os",
        "arch",
        "runtime",
        "runtime-version",
        "retry-count",
        "timeout",
    )
    wanted = ["authorization", "content-type", *(f"x-stainless-{name}" for name in stainless)]
    preflight = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": ",".join(wanted),
    }
    answer = httpx.options(f"{allowing}/v1/audio/transcriptions", headers=preflight)
    assert answer.status_code == 200
    allowed = {name.strip().lower() for name in answer.headers["access-control-allow-headers"].split(",")}
    assert allowed >= set(wanted)
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-credentials" not in answer.headers
    evil = httpx.options(f"{allowing}/v1/audio/transcriptions", headers={**preflight, "Origin": EVIL})
    assert "access-control-allow-origin" not in evil.headers
    asked = httpx.get(
        f"{allowing}/models", headers={"Origin": "https://app.example", "Sec-Fetch-Site": "cross-site"}
    )
    assert asked.headers["access-control-allow-origin"] == "https://app.example"


def test_invented_methods_and_paths_add_nothing_to_the_metrics(url: str, caplog) -> None:
    def names() -> set[str]:
        lines = httpx.get(f"{url}/metrics").text.splitlines()
        return {line.rpartition(" ")[0] for line in lines if line.startswith("specwhisper_requests")}

    with caplog.at_level(logging.INFO, "specwhisper.access"):
        status(url, "/nowhere", "GET")
        status(url, "/nowhere", "FIRST")
        before = names()
        for number in range(20):
            status(url, f"/path-{number}", f"METHOD{number}")
            status(url, f"/v1/models/model-{number}", f"METHOD{number}")
    after = names()
    assert 'method="other",route="other",status="404"' in str(after)
    assert len(after) <= len(before) + 4  # /metrics, and the models' route with methods that it does not have
    assert "METHOD" not in str(after) + caplog.text
    assert "path-" not in str(after) + caplog.text


def test_a_made_up_key_or_address_gives_no_turns_of_its_own() -> None:
    """One address with many names waits behind its own: another address comes after the first of them."""
    for by_key, expected in ((False, 1), (True, 4)):
        echo = Echo()
        keys = ("k0", "k1", "k2", "k3") if by_key else ()
        engine = fake_engine(echo)
        with listening(create_server(engine, ServerSettings(api_keys=keys))) as url:
            assert until(lambda engine=engine: engine.ready)
            echo.delay = 0.4

            def ask(number: int, url: str = url) -> None:
                made_up = {"Authorization": f"Bearer k{number}", "X-Forwarded-For": f"10.0.0.{number}"}
                httpx.post(f"{url}/transcribe", files={"file": sound(2)}, headers=made_up, timeout=30)

            threads = [threading.Thread(target=ask, args=(number % 4,)) for number in range(9)]
            for thread in threads:
                thread.start()
            assert until(lambda engine=engine: engine.line.waiting == 8)
            assert len(engine.line._short._clients) == expected
            echo.delay = 0.0
            for thread in threads:
                thread.join(30)


def test_more_than_may_wait_are_refused_before_anything_else() -> None:
    """Hearing comes before waiting, so a line that counts only who waits lets everybody in."""
    echo = Echo()
    echo.delay = 0.5
    settings = ServerSettings(max_waiting=2)
    engine = fake_engine(echo)  # whose own line takes everybody, as the app's did
    with listening(create_server(engine, settings), settings) as url:
        statuses: list[int] = []

        def ask() -> None:
            answer = httpx.post(f"{url}/transcribe", files={"file": sound(2)}, timeout=30)
            statuses.append(answer.status_code)
            if answer.status_code == 429:
                assert int(answer.headers["retry-after"]) >= 1

        threads = [threading.Thread(target=ask) for _ in range(10)]
        for thread in threads:
            thread.start()
        assert until(lambda: len(statuses) >= 7)
        half = request("/transcribe", method="POST", Content_Length="50000000")  # told before it is sent
        with connected(url) as client:
            client.sendall(half)
            assert client.recv(1000).startswith(b"HTTP/1.1 429")
        echo.delay = 0.0
        for thread in threads:
            thread.join(30)
    assert sorted(statuses) == [200] * 3 + [429] * 7


@pytest.mark.parametrize(
    ("value", "keys"), [("a, b", ("a", "b")), ("one,two,", ("one", "two")), (" k ", ("k",))]
)
def test_blanks_are_no_part_of_a_key(value: str, keys: tuple[str, ...], monkeypatch) -> None:
    monkeypatch.setenv("SPECWHISPER_API_KEYS", value)
    assert keys_from_environment() == keys


@pytest.mark.parametrize("value", [" , ", ",", "", " "])
def test_no_key_where_keys_are_meant_does_not_serve_openly(value: str, monkeypatch) -> None:
    monkeypatch.setenv("SPECWHISPER_API_KEYS", value)
    with pytest.raises(OptionError, match="SPECWHISPER_API_KEYS holds no key"):
        keys_from_environment()


@pytest.mark.parametrize("key", ["schlüssel", "ключ", "a\tb", "a\x00"])
def test_a_key_that_nobody_can_send_is_refused(key: str) -> None:
    with pytest.raises(OptionError, match="no header carries"):
        ServerSettings(api_keys=("good", key))
