"""What strangers sent cannot forge a line of the log, whoever writes it."""

from __future__ import annotations

import io
import logging
import sys
import traceback

import pytest

from specwhisper.web.escaped import Escaped, escaped, escaped_output

FORGED = 'a\r\n{"request_id": "forged"}\x1b[2J\u2028\u202eb\x9b'


def lines(text: str) -> list[str]:
    return text.splitlines()


@pytest.mark.parametrize("text", ["plain\n", "naïve 日本 🎉\n", "tab\there\n", "two\n  indented\n"])
def test_plain_text_stays(text: str) -> None:
    assert escaped(text) == text


def test_control_characters_are_spelled_out() -> None:
    written = escaped(f"{FORGED}\n")
    assert written == 'a\\r\n    {"request_id": "forged"}\\x1b[2J\\u2028\\u202eb\\x9b\n'


def test_a_progress_bar_returns_to_the_start_of_its_line() -> None:
    assert escaped("\r 50%") == "\r 50%"


def test_log_records_and_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    with escaped_output():
        handler = logging.StreamHandler(sys.stderr)
        log = logging.Logger("test")
        log.addHandler(handler)
        try:
            raise ValueError(FORGED)
        except ValueError:
            log.exception("no %s", FORGED)
            traceback.print_exc()
        assert sys.stderr.isatty() is False
    assert sys.stderr is out
    assert "\x1b" not in out.getvalue()
    assert "ValueError: a" in out.getvalue()
    forged = [line for line in lines(out.getvalue()) if "forged" in line]
    assert forged
    assert all(line.startswith("    ") for line in forged)


def test_the_length_that_was_written_is_told() -> None:
    assert Escaped(io.StringIO()).write("a\x00") == 2
