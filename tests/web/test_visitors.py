"""Which names and addresses are this machine's, and which pages are its own."""

from __future__ import annotations

import pytest

from specwhisper.web.visitors import Visitors, binds_all, is_loopback


@pytest.mark.parametrize(
    "name", ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]", "::ffff:127.0.0.1"]
)
def test_names_of_this_machine(name: str) -> None:
    assert is_loopback(name)


@pytest.mark.parametrize(
    "name", ["", "0.0.0.0", "::", "10.0.0.1", "localhost.example", "1.0.0.127", "0177.0.0.1"]
)
def test_other_names(name: str) -> None:
    assert not is_loopback(name)


@pytest.mark.parametrize(
    ("host", "all_of_them"),
    [
        ("0.0.0.0", True),
        ("::", True),
        ("[::]", True),
        ("", True),
        ("127.0.0.1", False),
        ("localhost", False),
        ("10.0.0.1", False),
    ],
)
def test_what_binds_to_all_addresses(host: str, all_of_them: bool) -> None:
    assert binds_all(host) is all_of_them


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        ("http://localhost:8000", "localhost:8000", True),
        ("https://me.hf.space", "me.hf.space", True),
        ("https://me.hf.space", "ME.hf.space:443", True),
        ("http://localhost", "localhost:80", True),
        ("http://localhost:8001", "localhost:8000", False),
        ("http://127.0.0.1:8000", "localhost:8000", False),
        ("null", "localhost:8000", False),
        ("http://", "", False),
    ],
)
def test_a_page_is_its_own_where_name_and_port_agree(origin: str, host: str, own: bool) -> None:
    headers = [(b"origin", origin.encode()), (b"host", host.encode())]
    scope = {"type": "http", "method": "POST", "headers": headers}
    assert (Visitors().foreign_page(scope) is None) is own
    assert Visitors(origins=(origin,)).foreign_page(scope) is None
    assert Visitors(origins=("*",)).foreign_page(scope) is None


@pytest.mark.parametrize(
    ("server", "answered"), [("127.0.0.1", False), ("10.0.0.1", True), ("/run/api.sock", True)]
)
def test_names_count_over_the_loopback(server: str, answered: bool) -> None:
    scope = {"type": "http", "method": "GET", "headers": [(b"host", b"evil.example")], "server": (server, 80)}
    assert (Visitors().wrong_name(scope) is None) is answered
    assert Visitors(hosts=("Evil.example:443",)).wrong_name(scope) is None
