"""Progress on a terminal is a bar; elsewhere lines tell of what takes minutes, and nothing of the rest."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import termios
import time

import pytest

from specwhisper import terminal
from specwhisper.terminal import progress_bar, stop_when_asked


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


def test_where_standard_error_is_closed_nothing_lands_among_the_results(
    monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    terminal.complain("something is wrong")
    terminal.note("something is so")
    assert capsys.readouterr().out == ""


def test_the_first_ctrl_c_is_answered_and_where_standard_error_is_closed_no_file_is_written_to() -> None:
    script = (
        "import os, signal, sys, tempfile\n"
        "from specwhisper.terminal import stop_when_asked\n"
        "with tempfile.TemporaryFile() as file, stop_when_asked() as stop:\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    print(stop.asked, file.fileno(), file.seek(0, 2))\n"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stderr == terminal.STOPPING.decode()
    assert told.stdout.startswith("True ")
    shell = 'exec 2>&-; exec "$0" -c "$1"'
    closed = subprocess.run(
        ["sh", "-c", shell, sys.executable, script], stdout=subprocess.PIPE, text=True, check=True
    )
    assert closed.stdout == "True 2 0\n"


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_asks_for_an_end_is_heard_and_the_second_time_it_is_as_usual(number: int) -> None:
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    with stop_when_asked() as stop:
        assert not stop.asked
        signal.raise_signal(number)
        assert stop.asked
        assert signal.getsignal(number) == before[number]
    assert {each: signal.getsignal(each) for each in before} == before
