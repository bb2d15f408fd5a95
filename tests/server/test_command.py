"""``python -m specwhisper serve``: options become settings; what cannot be served is one line, status 2."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from specwhisper.cli import main
from specwhisper.server.settings import ServerSettings
from tests.test_addresses import needs_ipv6


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[ServerSettings, str, int]]:
    calls: list[tuple[ServerSettings, str, int]] = []
    monkeypatch.setattr(
        "specwhisper.server.serve.serve",
        lambda settings, *, host, port: calls.append((settings, host, port)),
    )
    return calls


def test_the_defaults_are_the_settings_own(served) -> None:
    assert main(["serve"]) == 0
    assert served == [(ServerSettings(), "127.0.0.1", 8000)]


def test_options_and_keys_become_settings(served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPECWHISPER_API_KEYS", "one,two,")
    words = (
        "--port 9 --pair small+tiny --max-upload-mb 1.5 --max-waiting 3 --memory-gb 2 --cors-origin https://a"
    )
    assert main(["serve", *words.split()]) == 0
    settings, _, port = served[0]
    assert port == 9
    assert settings.pair == "small+tiny"
    assert settings.max_upload_bytes == 3 * 2**19
    assert settings.memory_budget == 2 * 2**30
    assert settings.api_keys == ("one", "two")
    assert settings.cors_origins == ("https://a",)


@pytest.mark.parametrize("words", ["--timeout 0", "--max-waiting 0", "--max-seconds -1"])
def test_impossible_settings_are_one_line(words: str, served, capsys) -> None:
    assert main(["serve", *words.split()]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not served


@needs_ipv6
@pytest.mark.parametrize("host", ["::1", "::"])
def test_ipv6_is_served_and_the_address_works(host: str, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    """The printed address is asked while the server would run."""
    reached: list[int] = []

    def run(server: object, sockets: list[socket.socket]) -> None:
        url = urlsplit(re.findall(r"http://\S+", capsys.readouterr().err)[0])
        with socket.create_connection((url.hostname, url.port), timeout=5):
            reached.append(sockets[0].family)

    monkeypatch.setattr("uvicorn.Server.run", run)
    assert main(["serve", "--host", host, "--port", "0"]) == 0
    assert reached == [socket.AF_INET6]


def test_a_taken_port_is_one_line(capsys) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["serve", "--port", str(taken.getsockname()[1])]) == 2
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    assert "choose another --host or --port" in printed


def test_pages_and_names_come_from_options_and_from_the_environment(served, monkeypatch) -> None:
    monkeypatch.setenv("SPECWHISPER_CORS_ORIGINS", "https://b, https://c")
    monkeypatch.setenv("SPECWHISPER_ALLOWED_HOSTS", "proxy.example")
    assert main(["serve", "--cors-origin", "https://a/", "--allowed-host", "other.example"]) == 0
    assert served[0][0].cors_origins == ("https://a", "https://b", "https://c")
    assert served[0][0].allowed_hosts == ("other.example", "proxy.example")


@pytest.mark.parametrize(
    "options",
    [
        ["serve", "--pair", "foo"],
        ["serve", "--pair", "base+base"],
        ["serve", "--precision", "fp17"],
        ["serve", "--device", "tpu"],
        ["serve", "--cors-origin", "foo"],
        ["serve", "--cors-origin", "https://example.org/page"],
        ["serve", "--max-waiting", "0"],
        ["serve", "--allowed-host", "http://x"],
        ["serve", "--allowed-host", "x/page"],
        ["serve", "--allowed-host", "*.example.org"],
        ["serve", "--allowed-host", "::1"],
        ["serve", "--allowed-host", ""],
        ["serve", "--max-upload-mb", "nan"],
        ["serve", "--max-upload-mb", "inf"],
        ["serve", "--memory-gb", "nan"],
        ["serve", "--memory-gb", "0"],
        ["app", "--port", "99999"],
        ["app", "--pair", "foo"],
        ["app", "--device", "tpu"],
    ],
)
def test_what_does_not_exist_does_not_start(options: list[str], monkeypatch, capsys) -> None:
    monkeypatch.setattr("uvicorn.Server.run", lambda self, sockets: pytest.fail("it listens"))
    monkeypatch.setattr("gradio.Blocks.launch", lambda self, **how: pytest.fail("it listens"))
    try:
        status = main([*options, *(() if "--port" in options else ("--port", "0"))])
    except SystemExit as end:
        status = end.code
    assert status == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("command", "variable"), [("serve", "SPECWHISPER_LOG_LEVEL"), ("app", "GRADIO_SERVER_PORT")]
)
def test_a_variable_that_means_nothing_does_not_start(command: str, variable: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "specwhisper", command],
        env={**os.environ, variable: "foo"}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert variable in done.stderr


def test_without_standard_output_nothing_is_begun() -> None:
    command = f"{shlex.quote(sys.executable)} -m specwhisper pairs >&-"
    done = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True, timeout=120)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr


@pytest.mark.parametrize("command", ["serve", "app"])
@pytest.mark.parametrize("keys", [" , ", "schlüssel"])
def test_keys_that_guard_nothing_do_not_start(command: str, keys: str, served, monkeypatch, capsys) -> None:
    monkeypatch.setenv("SPECWHISPER_API_KEYS", keys)
    assert main([command]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not served


@pytest.mark.parametrize("host", ["*", "proxy.example:8000", "PROXY", "[::1]:80", "10.0.0.1", "my_host"])
def test_names_of_hosts_are_taken(host: str) -> None:
    assert ServerSettings(allowed_hosts=(host,)).allowed_hosts == (host,)
