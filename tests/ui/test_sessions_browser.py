"""Several visitors at once: each gets what is theirs, and one who leaves gives up their place."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ui.browser import opened
from tests.ui.conftest import Served
from tests.ui.fakes import FakeTranscriber, write_wav

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

visitor = contextmanager(opened)


@pytest.fixture
def engine(fake_app: Served) -> FakeTranscriber:
    assert fake_app.loader
    return fake_app.loader.transcriber


def compare(page: Page, recording: Path) -> None:
    page.set_input_files("#recording input[type=file]", recording)
    page.wait_for_selector("#recording #waveform, #recording .waveform-container")
    page.click("#run")


def transcribe(page: Page, recording: Path) -> None:
    page.get_by_role("tab", name="Transcribe").click()
    page.set_input_files("#long-recording input[type=file]", recording)
    page.wait_for_selector("#long-recording #waveform, #long-recording .waveform-container")
    page.click("#long-run")


def text(page: Page) -> str:
    page.wait_for_selector("#verdict .sw-verdict")
    return page.inner_text(".sw-speculative .sw-text")


def within(seconds: float, true: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.05)
    return true()


def test_two_visitors_at_once_get_their_own_results(
    browser: Browser,
    fake_app: Served,
    engine: FakeTranscriber,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    one, other = write_wav(tmp_path / "one.wav", 1, 300), write_wav(tmp_path / "other.wav", 1, 400)
    with visitor(browser, fake_app.url) as alone:
        compare(alone, one)
        expected = text(alone)
    monkeypatch.setattr(engine, "delay", 1.0)
    with visitor(browser, fake_app.url) as first, visitor(browser, fake_app.url) as second:
        compare(first, one)
        compare(second, other)
        texts = text(first), text(second)
    assert texts[0] == expected
    assert texts[1] != expected
    assert engine.worst == 1


def test_a_closed_page_gives_the_models_back(
    browser: Browser, fake_app: Served, engine: FakeTranscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "delay", 6.0)
    with visitor(browser, fake_app.url) as leaves:
        compare(leaves, fake_app.recording)
        assert within(10, lambda: engine.busy == 1)
        finished = engine.finished
    assert within(5, lambda: engine.busy == 0)
    assert engine.finished == finished


def test_a_transcription_goes_on_when_its_page_is_opened_anew(
    browser: Browser, fake_app: Served, engine: FakeTranscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert within(20, lambda: engine.busy == 0)
    monkeypatch.setattr(engine, "delay", 4.0)
    begun, finished = len(engine.calls), engine.finished
    with visitor(browser, fake_app.url) as page:
        transcribe(page, fake_app.recording)
        page.wait_for_function("new URLSearchParams(location.search).get('run')?.startsWith('t-')")
        page.reload()
        page.wait_for_selector("#transcript .sw-live")
        page.wait_for_selector("#long-stop:visible")
        assert page.is_disabled("#long-run")
        page.wait_for_selector("#transcript .sw-player", state="attached")
        page.wait_for_selector("#long-run:enabled")
        assert not page.is_visible("#long-stop")
        assert page.is_visible("#long-txt")
    assert engine.finished == finished + 1
    assert len(engine.calls) == begun + 1


def test_a_closed_page_that_waited_gives_up_its_place(
    browser: Browser, fake_app: Served, engine: FakeTranscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Long enough for a busy machine to notice that a page is gone; nothing of an earlier test may count.
    monkeypatch.setattr(engine, "delay", 10.0)
    assert within(20, lambda: engine.busy == 0)
    finished = engine.finished
    with visitor(browser, fake_app.url) as first, visitor(browser, fake_app.url) as third:
        compare(first, fake_app.recording)
        assert within(10, lambda: engine.busy == 1)
        with visitor(browser, fake_app.url) as second:
            compare(second, fake_app.recording)
            second.wait_for_selector("#verdict .progress-text, #verdict .eta-bar, #verdict .wrap")
        monkeypatch.setattr(engine, "delay", 0.1)
        compare(third, fake_app.recording)
        assert text(first)
        assert text(third)
    assert engine.finished == finished + 2
