"""Addresses of both kinds are listened on, and spelled as a browser takes them."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from specwhisper.addresses import listen, url_of
from specwhisper.errors import OptionError


def ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not ipv6(), reason="this machine has no IPv6")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
        ("[::1]", "http://[::1]:8000"),
        ("::", "http://[::1]:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("localhost", "http://localhost:8000"),
    ],
)
def test_what_is_printed_can_be_typed_into_a_browser(host: str, url: str) -> None:
    assert url_of(host, 8000) == url


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", ""])
def test_ipv4_is_listened_on(host: str) -> None:
    with listen(host, 0) as listening:
        socket.create_connection(("127.0.0.1", listening.getsockname()[1]), timeout=5).close()


@needs_ipv6
@pytest.mark.parametrize(
    ("host", "reached"), [("::1", ["::1"]), ("[::1]", ["::1"]), ("::", ["::1", "127.0.0.1"])]
)
def test_ipv6_is_listened_on(host: str, reached: list[str]) -> None:
    with listen(host, 0) as listening:
        for address in reached:
            with closing(socket.create_connection((address, listening.getsockname()[1]), timeout=5)):
                pass


@pytest.mark.parametrize(
    ("host", "port"),
    [("no.such.host.invalid", 0), ("203.0.113.7", 0), ("::g", 0), ("a" * 300, 0), ("127.0.0.1", 70_000)],
)
def test_what_cannot_be_is_one_sentence(host: str, port: int) -> None:
    with pytest.raises(OptionError, match="choose") as refusal:
        listen(host, port)
    assert len(str(refusal.value)) < 350
    assert str(refusal.value).count(host) <= 1


def test_a_taken_port_is_said_once() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            OptionError, match=rf"^127.0.0.1:{port} cannot be used \(Address already in use\): "
        ):
            listen("127.0.0.1", port)
