"""Whatever the server logs is JSON: programs read it."""

from __future__ import annotations

import json
import logging

import pytest

from specwhisper.server.serve import LEVEL_VARIABLE, logs_on_stderr


@pytest.fixture(autouse=True)
def as_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """An app that was launched in this process has given uvicorn's log a way of its own."""
    monkeypatch.setattr(logging.getLogger("uvicorn"), "propagate", True)


def test_every_line_is_json(capsys) -> None:
    with logs_on_stderr():
        logging.getLogger("specwhisper.access").info('{"route": "/health"}')
        logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
        try:
            raise ValueError("two\nlines")
        except ValueError:
            logging.getLogger("specwhisper.service").exception("request failed")
        logging.getLogger("httpx").info("GET /")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert lines[0] == {"route": "/health"}
    assert lines[1]["message"] == "Invalid HTTP request received."
    assert lines[2]["level"] == "error"
    assert "ValueError: two" in lines[2]["trace"]
    assert len(lines) == 3


def test_a_level_holds_for_all(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv(LEVEL_VARIABLE, "ERROR")
    with logs_on_stderr():
        logging.getLogger("specwhisper.access").info("{}")
        logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    assert capsys.readouterr().err == ""
    assert logging.getLogger("specwhisper").level == logging.NOTSET
