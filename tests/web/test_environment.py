"""What an operator may write for origins of web pages."""

from __future__ import annotations

import pytest

from specwhisper.errors import OptionError
from specwhisper.web.environment import checked_origins


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("https://example.org", "https://example.org"),
        ("https://Example.org/", "https://example.org"),
        ("https://example.org:443", "https://example.org"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("*", "*"),
    ],
)
def test_origins_are_taken_as_browsers_send_them(written: str, sent: str) -> None:
    assert checked_origins([written]) == (sent,)


@pytest.mark.parametrize(
    "wrong",
    ["foo", "example.org", "https://", "ftp://example.org", "https://example.org/page", "https://a:b@c.org",
     "https://example.org:port", "https://[::1", "null", ""],
)  # fmt: skip
def test_what_no_browser_sends_is_refused(wrong: str) -> None:
    with pytest.raises(OptionError, match="is no origin of web pages"):
        checked_origins([wrong])
