"""Progress on a terminal is a bar; elsewhere lines tell of what takes minutes, and nothing of the rest."""

from __future__ import annotations

import os
import pty
import sys
import termios
import time

import pytest

from specwhisper import terminal
from specwhisper.terminal import progress_bar


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "PATIENCE", 0.1)
    monkeypatch.setattr(terminal, "BETWEEN", 0.2)


def test_what_takes_long_is_told_where_there_is_no_terminal(soon, capsys) -> None:
    with progress_bar("loading", once=True) as tell:
        tell(0.1, "Loading base")
        tell(0.5, "Compiling")
        time.sleep(0.7)
        tell(0.9, "Warming up")
        time.sleep(0.3)
    assert capsys.readouterr().err == "loading: Compiling\nloading: Warming up\n"


def test_what_is_quick_or_frequent_is_not(soon, capsys) -> None:
    with progress_bar("loading", once=True) as tell:
        tell(0.5, "Loading base")
    with progress_bar("talk.mp3") as tell:
        tell(0.5, "1 of 2 s")
        time.sleep(0.3)
    assert capsys.readouterr().err == ""


def test_a_terminal_shows_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    os.set_blocking(ours, False)
    with os.fdopen(theirs, "w") as stream, monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", stream)
        with progress_bar("loading", once=True) as tell:
            time.sleep(0.4)
            tell(0.5, "Compiling")
        shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert "loading: Compiling:  50% |" in shown
