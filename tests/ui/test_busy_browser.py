"""Buttons while a run is under way: one run for a double click, and an end for who asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.ui.browser import opened
from tests.ui.conftest import Served
from tests.ui.fakes import FakeTranscriber
from tests.ui.test_sessions_browser import within

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

TABS = [
    ("Compare", "#compare", "#recording", "#run", "#stop", "#verdict"),
    ("Transcribe", "#transcribe-tab", "#long-recording", "#long-run", "#long-stop", "#transcript"),
]


@pytest.fixture
def engine(fake_app: Served) -> FakeTranscriber:
    assert fake_app.loader
    assert within(20, lambda: fake_app.loader.transcriber.busy == 0)
    return fake_app.loader.transcriber


@pytest.fixture(params=[390, 1280])
def page(request: pytest.FixtureRequest, browser: Browser, fake_app: Served) -> Iterator[Page]:
    yield from opened(browser, fake_app.url, viewport={"width": request.param, "height": 900})


@pytest.mark.parametrize(("tab", "place", "recording", "run", "stop", "result"), TABS)
def test_a_double_click_starts_an_example_once(
    page: Page,
    engine: FakeTranscriber,
    tab: str,
    place: str,
    recording: str,
    run: str,
    stop: str,
    result: str,
) -> None:
    page.get_by_role("tab", name=tab).click()
    height = page.locator(recording).bounding_box()["height"]
    before = len(engine.calls)
    page.locator(f"{place} .sw-example").first.dblclick(delay=30)
    page.locator(f"{result} .sw-verdict, {result} .sw-transcript header").first.wait_for()
    page.locator(f"{run}:enabled").wait_for()
    page.wait_for_timeout(300)
    assert len(engine.calls) == before + 1
    assert page.locator(recording).bounding_box()["height"] == height


@pytest.mark.parametrize(("tab", "place", "recording", "run", "stop", "result"), TABS)
def test_nothing_can_be_started_twice_and_stop_ends_it(
    page: Page,
    engine: FakeTranscriber,
    monkeypatch: pytest.MonkeyPatch,
    tab: str,
    place: str,
    recording: str,
    run: str,
    stop: str,
    result: str,
) -> None:
    monkeypatch.setattr(engine, "delay", 6.0)
    finished = engine.finished
    page.get_by_role("tab", name=tab).click()
    assert not page.is_visible(stop)
    page.locator(f"{place} .sw-example").first.click()
    page.locator(stop).wait_for()
    assert within(10, lambda: engine.busy == 1)
    assert page.is_disabled(run)
    assert all(each.is_disabled() for each in page.locator(f"{place} .sw-example").all())
    page.click(stop)
    page.locator(f"{result} .sw-error").get_by_text("Stopped before").wait_for()
    page.locator(f"{run}:enabled").wait_for()
    assert not page.is_visible(stop)
    assert engine.finished == finished
    monkeypatch.setattr(engine, "delay", 0.05)
    page.click(run)
    page.locator(f"{result} .sw-verdict, {result} .sw-transcript header").first.wait_for()
