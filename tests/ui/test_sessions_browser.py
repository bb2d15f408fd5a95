"""Several visitors at once: each gets what is theirs, and one who leaves gives up their place."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.ui.browser import opened
from tests.ui.conftest import GRACE, Served
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
    monkeypatch.setattr(engine, "delay", 3 * GRACE + 3)  # it notices in thirds of it
    with visitor(browser, fake_app.url) as leaves:
        compare(leaves, fake_app.recording)
        assert within(10, lambda: engine.busy == 1)
        finished = engine.finished
    assert within(10, lambda: engine.busy == 0)
    assert engine.finished == finished


def measure(page: Page, recording: Path) -> None:
    page.get_by_role("tab", name="Benchmark").click()
    page.click("#bench-run")


@dataclass(frozen=True)
class Tab:
    """Where a run starts, how it is named, what tells of it, and what there is at its end."""

    start: Callable[[Page, Path], None]
    kind: str
    run: str
    stop: str
    working: str
    done: str


TABS = (
    Tab(compare, "c-", "#run", "#stop", "#verdict .sw-live", "#share .sw-share"),
    Tab(transcribe, "t-", "#long-run", "#long-stop", "#transcript .sw-live", "#long-txt"),
    Tab(measure, "b-", "#bench-run", "#bench-stop", "#bench-status .sw-live", "#bench-saved"),
)


def opened_anew(page: Page, shows: str) -> None:
    """Load the page again. Once in some hundred times, on a busy machine, Gradio does not tell of the run in
    the address; then once more, as somebody would who sees nothing.
    """
    from playwright.sync_api import Error

    for tries_left in (2, 1, 0):
        page.reload()
        try:
            page.wait_for_selector(shows, timeout=15_000)
            return
        except Error:
            if not tries_left:
                raise


@pytest.mark.parametrize("tab", TABS, ids=lambda tab: tab.kind)
def test_a_run_goes_on_when_its_page_is_opened_anew(
    browser: Browser, patient_app: Served, monkeypatch: pytest.MonkeyPatch, tab: Tab
) -> None:
    assert patient_app.loader
    engine = patient_app.loader.transcriber
    monkeypatch.setattr(engine, "delay", 90.0)  # until the page is there again, however long that takes
    begun, finished = len(engine.calls), engine.finished
    with visitor(browser, patient_app.url) as page:
        tab.start(page, patient_app.recording)
        page.wait_for_function(f"new URLSearchParams(location.search).get('run')?.startsWith('{tab.kind}')")
        opened_anew(page, tab.working)
        page.wait_for_selector(f"{tab.stop}:visible")
        assert page.is_disabled(tab.run)
        monkeypatch.setattr(engine, "delay", 0.1)
        page.wait_for_selector(f"{tab.done}:visible")
        page.wait_for_selector(f"{tab.run}:enabled", state="attached")
        assert not page.is_visible(tab.stop)
        opened_anew(page, f"{tab.done}:visible")  # and its result is there again
    once = tab.kind != "b-"
    assert engine.finished == finished + once
    assert len(engine.calls) == begun + once


def test_a_closed_page_that_waited_gives_up_its_place(
    browser: Browser, fake_app: Served, engine: FakeTranscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Long enough for a busy machine to notice that a page is gone; nothing of an earlier test may count.
    monkeypatch.setattr(engine, "delay", 10.0 + GRACE)
    assert within(20, lambda: engine.busy == 0)
    finished = engine.finished
    with visitor(browser, fake_app.url) as first, visitor(browser, fake_app.url) as third:
        compare(first, fake_app.recording)
        assert within(10, lambda: engine.busy == 1)
        with visitor(browser, fake_app.url) as second:
            compare(second, fake_app.recording)
            second.locator("#verdict .sw-live").get_by_text("Queued: 1 job ahead").wait_for()
        time.sleep(GRACE + 1.5)  # its place is kept for a reload
        monkeypatch.setattr(engine, "delay", 0.1)
        compare(third, fake_app.recording)
        assert text(first)
        assert text(third)
    assert engine.finished == finished + 2
